"""Fixtures that tests of engines share with others."""

from tests.postgresql import cluster as cluster

"""What holds for all tests: whether a process tests in a network of its own."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests import network

# How long an example takes says nothing on a machine that does other work too.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--own-network",
        action="store_true",
        help="each process tests in a network of its own, so that several can (needs root)",
    )


def pytest_configure(config: pytest.Config) -> None:
    hands_out = config.getoption("numprocesses", default=None) and not hasattr(
        config, "workerinput"
    )
    if config.getoption("--own-network") and not hands_out:
        network.enter()

"""Databases to test on: a SQLite file, and a private PostgreSQL server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from controlplane.model.change_set import ChangeSet
from controlplane.store.store import Store
from tests.postgresql import Cluster
from tests.postgresql import cluster as cluster

AT = dt.datetime(2026, 7, 1, 12, 0, 0, tzinfo=dt.UTC)


NAMES = count()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema; on SQLite not even its file."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: Cluster = request.getfixturevalue("cluster")
    name = f"store_{next(NAMES)}"
    server.run(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url(empty_url: str) -> str:
    Store.create(empty_url).close()
    return empty_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url, lock_seconds=1) as opened:
        yield opened


@pytest.fixture
def put(store: Store) -> Callable[..., int]:
    """Commit documents of `acme` (None removes one), as if just read: `put({"lines/101": {}})`.
    `restores=True`: what is added is what was there."""
    secrets = (f"secret-{number}" for number in count())

    def commit(objects: dict[str, Any], author: str = "ada", reason: str = "", **more: Any) -> int:
        tenant = more.pop("tenant", "acme")
        now = store.load(tenant)
        wanted = {**now.documents, **{f"{tenant}/{key}": value for key, value in objects.items()}}
        wanted = {address: value for address, value in wanted.items() if value is not None}
        change_set = ChangeSet.between(
            tenant, now.revision, now.documents, wanted, now.documents, author=author, reason=reason
        )
        change_set = replace(change_set, restores=more.pop("restores", False))
        return store.commit(change_set, more.pop("at", AT), lambda: next(secrets), **more)

    return commit

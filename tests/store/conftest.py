"""Databases to test on: a SQLite file, and a private PostgreSQL server where one is installed."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from controlplane.model.change_set import ChangeSet
from controlplane.store.store import Store

AT = dt.datetime(2026, 7, 1, 12, 0, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of our own on a unix socket, with passwords required."""

    folder: Path
    password: str = "in the tests"

    def url(self, name: str, password: str | None = None) -> str:
        secret = (password or self.password).replace(" ", "%20")
        return f"postgresql://owner:{secret}@/{name}?host={self.folder}"

    def run(self, statement: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        where: dict[str, Any] = {
            "host": str(self.folder),
            "user": "owner",
            "password": self.password,
        }
        with psycopg.connect(dbname=name, autocommit=True, **where) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Its server refuses to run as root, so it then runs as the user that Debian made for it."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        who = {"user": "postgres", "group": "postgres", "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="store-pg-"))
    server = Cluster(folder)
    secret = folder / "password"
    secret.write_text(server.password)
    if who:
        shutil.chown(folder, "postgres")
        shutil.chown(secret, "postgres")

    def call(program: str, *arguments: str) -> None:
        command = [str(binaries.parent / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **who)

    call("initdb", "-U", "owner", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    call("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield server
    finally:
        call("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


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
    """Commit documents of `acme` (None removes one), as if just read: `put({"lines/101": {}})`."""
    secrets = (f"secret-{number}" for number in count())

    def commit(objects: dict[str, Any], author: str = "ada", reason: str = "", **more: Any) -> int:
        tenant = more.pop("tenant", "acme")
        now = store.load(tenant)
        wanted = {**now.documents, **{f"{tenant}/{key}": value for key, value in objects.items()}}
        wanted = {address: value for address, value in wanted.items() if value is not None}
        change_set = ChangeSet.between(
            tenant, now.revision, now.documents, wanted, now.documents, author=author, reason=reason
        )
        return store.commit(change_set, more.pop("at", AT), lambda: next(secrets), **more)

    return commit

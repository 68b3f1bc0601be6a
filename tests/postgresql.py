"""A private PostgreSQL server, where one is installed; import `cluster` in a conftest."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest


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

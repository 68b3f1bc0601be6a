"""Connection: opens SQLite or PostgreSQL and gives transactions for reading and for writing.

SQLite runs with a write-ahead log, so that readers never wait for the writer, and with
`synchronous=FULL`: in that mode a commit returns once its log is on the disk, so a power cut
loses nothing that was reported as committed. `NORMAL` would save that one flush (a few
milliseconds a commit, of which people make one at a time) and may lose the last commits, after
which an engine runs a revision that the store has never heard of.

PostgreSQL flushes at commit by itself. Commits there take one advisory lock, as SQLite's have
one write lock: revisions then become visible in their order, and nobody who follows them can
miss one that was numbered earlier and committed later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from controlplane.diagnostics import fault
from controlplane.store.faults import clear_faults

_WRITER_LOCK = 7_203_114_905
"""Any number, the same in every process: the advisory lock of commits and migrations."""


class Database:
    """`place` names it in diagnostics, without its password; `lock_seconds` bounds any wait."""

    def __init__(self, url: str, lock_seconds: float = 5.0) -> None:
        self.url = _url(url)
        self.place = shown(self.url)
        self.lock_seconds = lock_seconds
        self.embedded = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, lock_seconds)

    @property
    def path(self) -> Path | None:
        """The file of an embedded database."""
        return Path(self.url.database or "") if self.embedded else None

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout."""
        options: dict[str, Any] = {}
        if not self.embedded:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            clear_faults(self.place),
            self.engine.connect() as connection,
            connection.execution_options(**options).begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The only writing transaction there is now: commits at the end, or leaves no trace."""
        with (
            clear_faults(self.place),
            self.engine.connect() as connection,
            connection.execution_options(begin="BEGIN IMMEDIATE").begin(),
        ):
            if not self.embedded:
                wait = {"wait": str(int(self.lock_seconds * 1000))}
                connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), wait)
                lock = {"lock": _WRITER_LOCK}
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), lock)
            yield connection

    def check_file(self) -> None:
        """Faults where an embedded database is not there or cannot be read and written."""
        if (path := self.path) is None:
            return
        try:
            with path.open("r+b"):
                pass
        except FileNotFoundError as error:
            raise fault("there is no database", str(path), "make it with `ctl init`") from error
        except OSError as error:
            raise fault(f"the database cannot be opened: {error.strerror}", str(path)) from error
        if not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True):
            raise fault(
                "the database's directory cannot be written",
                str(path),
                "SQLite keeps its log beside the file: permit its user to write there",
            )

    def create_file(self) -> None:
        """An empty embedded database that only its owner may read; keeps one that exists."""
        if (path := self.path) is None:
            return
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise fault(f"the database cannot be made: {error.strerror}", str(path)) from error

    def keep_log(self) -> None:
        """Put SQLite into WAL mode, which stays with the file; no transaction may be open then."""
        if not self.embedded:
            return
        with clear_faults(self.place), self.engine.connect() as connection:
            connection.execution_options(begin="").exec_driver_sql("PRAGMA journal_mode=WAL")


def shown(url: str | URL) -> str:
    """The URL for people: its password hidden, and no parameter but the server's place.

    PostgreSQL takes passwords as parameters too.
    """
    whole = make_url(url)
    where = {name: value for name, value in whole.query.items() if name in ("host", "port")}
    name = whole.get_backend_name()
    return whole.set(drivername=name, query=where).render_as_string(hide_password=True)


def _url(given: str) -> URL:
    try:
        url = make_url(given)
    except (SQLAlchemyError, ValueError) as error:
        raise fault(
            "is not a database URL", "", "write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from error
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
    raise fault(
        f"is not a database URL this can use: {shown(url):.80}",
        "",
        "write sqlite:///FILE or postgresql://USER@HOST/NAME",
    )


def _engine(url: URL, lock_seconds: float) -> Engine:
    if url.get_backend_name() == "postgresql":
        arguments = {"connect_timeout": max(2, int(lock_seconds)), "client_encoding": "utf8"}
        return create_engine(url, pool_pre_ping=True, connect_args=arguments)
    engine = create_engine(url, connect_args={"timeout": lock_seconds})

    @event.listens_for(engine, "connect")
    def _settings(raw: Any, _record: Any) -> None:
        # The driver would begin transactions of its own, late and never IMMEDIATE.
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if statement := connection.get_execution_options().get("begin", "BEGIN"):
            connection.exec_driver_sql(statement)

    return engine

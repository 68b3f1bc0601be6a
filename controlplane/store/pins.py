"""PINs: the hash of each line's own one, and how many attempts in a row were wrong.

An attempt is counted before it is looked at, so that no more than MOST_FAILURES can be under way
or wrong, however many come at once and from however many controllers, and a controller that dies
in the midst of one has used it up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from controlplane.diagnostics import fault
from controlplane.store.connection import Database
from controlplane.store.schema import pins

MOST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class StoredPin:
    """`hash` None: the line still has its default PIN."""

    hash: str | None = None
    failures: int = 0
    changed_at: dt.datetime | None = None

    @property
    def locked(self) -> bool:
        return self.failures >= MOST_FAILURES


class Pins:
    """Methods raise Faults where the database refuses, also for a line that is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, tenant: str, line: str) -> StoredPin:
        with self._database.read() as connection:
            return _row(connection, tenant, line) or StoredPin()

    def begin_attempt(self, tenant: str, line: str) -> StoredPin | None:
        """The PIN to compare with, and one more failure until `succeeded`; None: locked."""
        with self._database.write() as connection:
            found = _row(connection, tenant, line)
            if found is None:
                found = StoredPin()
                _insert(connection, tenant, line, failures=1)
                return found
            if found.locked:
                return None
            _update(connection, tenant, line, failures=found.failures + 1)
            return found

    def succeeded(self, tenant: str, line: str) -> None:
        """The attempt was right: no failure in a row any more."""
        with self._database.write() as connection:
            _update(connection, tenant, line, failures=0)

    def change(self, tenant: str, line: str, hashed: str | None, at: dt.datetime) -> None:
        """Give the line this PIN, None for the default one; it is not locked any more."""
        values = {"hash": hashed, "failures": 0, "changed_at": at}
        with self._database.write() as connection:
            if _row(connection, tenant, line) is None:
                _insert(connection, tenant, line, **values)
            else:
                _update(connection, tenant, line, **values)


def _row(connection: Connection, tenant: str, line: str) -> StoredPin | None:
    asked = select(pins.c.hash, pins.c.failures, pins.c.changed_at).where(*_is(tenant, line))
    found = connection.execute(asked).first()
    return StoredPin(*found) if found else None


def _update(connection: Connection, tenant: str, line: str, **values: Any) -> None:
    connection.execute(update(pins).where(*_is(tenant, line)).values(**values))


def _insert(connection: Connection, tenant: str, line: str, **values: Any) -> None:
    row = {"tenant": tenant, "line": line, "hash": None, "failures": 0, **values}
    try:
        connection.execute(insert(pins), row)
    except IntegrityError:
        raise fault("there is no such line", f"{tenant}/lines/{line}") from None


def _is(tenant: str, line: str) -> tuple[Any, ...]:
    return pins.c.tenant == tenant, pins.c.line == line

"""PINs: the hash of each line's own one, how many attempts in a row were wrong, what happened.

An attempt is counted before it is looked at, so that no more than MOST_FAILURES can be under way
or wrong, however many come at once and from however many controllers, and a controller that dies
in the midst of one has used it up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from controlplane.diagnostics import fault
from controlplane.store.connection import Database
from controlplane.store.schema import pin_events, pins

MOST_FAILURES = 3


class PinEvent(StrEnum):
    CHANGED = "changed"
    LOCKED = "locked"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class PinHistory:
    """`at` is in UTC. `author`: who did it, or `phone`: whoever had one."""

    tenant: str
    line: str
    at: dt.datetime
    author: str
    event: PinEvent
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoredPin:
    """`hash` None: the line still has its default PIN. `initial`: that one, where it was made here
    because the line has none of its own."""

    hash: str | None = None
    failures: int = 0
    changed_at: dt.datetime | None = None
    initial: str | None = None

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

    def change(self, hashed: str | None, entry: PinHistory) -> None:
        """Give the line this PIN, None for the default one; it is not locked any more."""
        values = {"hash": hashed, "failures": 0, "changed_at": entry.at}
        with self._database.write() as connection:
            _put(connection, entry.tenant, entry.line, **values)
            _note(connection, entry)

    def initial(self, tenant: str, line: str, made: str) -> str:
        """The default PIN that was made for the line; `made` from now on, where there is none."""
        with self._database.write() as connection:
            found = _row(connection, tenant, line)
            if found is not None and found.initial is not None:
                return found.initial
            _put(connection, tenant, line, initial=made)
        return made

    def note(self, entry: PinHistory) -> None:
        with self._database.write() as connection:
            _note(connection, entry)

    def history(self, tenant: str, line: str, limit: int) -> tuple[PinHistory, ...]:
        """What happened, newest first; "": to all tenants, to all lines."""
        asked = select(*(pin_events.c[name] for name in _ENTRY)).order_by(pin_events.c.id.desc())
        if tenant:
            asked = asked.where(pin_events.c.tenant == tenant)
        if line:
            asked = asked.where(pin_events.c.line == line)
        with self._database.read() as connection:
            rows = connection.execute(asked.limit(limit)).all()
        return tuple(
            PinHistory(it.tenant, it.line, it.at, it.author, PinEvent(it.event), it.reason)
            for it in rows
        )


_ENTRY = ("tenant", "line", "at", "author", "event", "reason")


def _note(connection: Connection, entry: PinHistory) -> None:
    row = {name: getattr(entry, name) for name in _ENTRY}
    connection.execute(insert(pin_events), {**row, "event": entry.event.value})


def _put(connection: Connection, tenant: str, line: str, **values: Any) -> None:
    if _row(connection, tenant, line) is None:
        _insert(connection, tenant, line, **values)
    else:
        _update(connection, tenant, line, **values)


def _row(connection: Connection, tenant: str, line: str) -> StoredPin | None:
    columns = (pins.c.hash, pins.c.failures, pins.c.changed_at, pins.c.initial)
    asked = select(*columns).where(*_is(tenant, line))
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

"""Call log: the rows of ended calls, and how far each engine's spool has been read.

Rows, what could not be read, and the position in the spool are written in one transaction, and
only from the position that is stored: whoever else reads the same spool finds it moved.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from controlplane.store.schema import call_places, calls, spool_faults, spools


class Direction(StrEnum):
    INTERNAL = "internal"
    IN = "in"
    OUT = "out"
    EMERGENCY = "emergency"


class CallOutcome(StrEnum):
    """How a call ended. GONE: the caller left unanswered; FAILED: released for another reason.

    FLIPPED: it was a feature code, and was taken. SERVED: a mailbox's owner heard it, or changed
    the PIN.
    """

    ANSWERED = "answered"
    FLIPPED = "flipped"
    SERVED = "served"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    OFFLINE = "offline"
    GONE = "gone"
    UNKNOWN = "unknown-number"
    BARRED = "barred"
    FAILED = "failed"


class Decided(StrEnum):
    """By whom: BOTH where a controller was lost on the way, NOBODY where the caller left before."""

    LIVE = "live"
    STATIC = "static"
    BOTH = "both"
    NOBODY = "nobody"


class Role(StrEnum):
    """Of a place in a call: it called, the call came to it, its phones rang, it answered."""

    FROM = "from"
    TO = "to"
    RANG = "rang"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call that has ended. `call` is unique on its engine; times are aware.

    `number`, `name`, `line`, `handset` or `trunk`: who called. `called` is what was dialled as
    E.164, or the extension. `path`: the places it came to (`line/101`), `reached` the last.
    `rang`: what rang together, stage by stage. `answered_by`: a handset, or a number outside.
    `code`: the name of the authorisation code that let it out.
    `recording`: the files, joined by a blank, below the folder that the engine keeps them in, and
    `recording_fault` what is wrong with them. `places`: the lines and groups that had to do with
    it.
    """

    engine: str
    call: str
    tenant: str
    direction: Direction
    began: dt.datetime
    answered: dt.datetime | None
    ended: dt.datetime
    number: str
    name: str
    line: str | None
    handset: str | None
    trunk: str | None
    dialled: str
    called: str
    path: tuple[str, ...]
    rang: tuple[dict[str, Any], ...]
    reached: str | None
    answered_by: str | None
    answered_line: str | None
    outcome: CallOutcome
    cause: int | None
    decided: Decided
    mailbox: str | None
    code: str | None
    recording: str | None
    recording_fault: str | None
    places: frozenset[tuple[str, Role]]

    @property
    def wait(self) -> dt.timedelta:
        """Until somebody or the mailbox answered, or the call ended."""
        return (self.answered or self.ended) - self.began

    @property
    def talk(self) -> dt.timedelta:
        return self.ended - self.answered if self.answered else dt.timedelta(0)


@dataclass(frozen=True, slots=True)
class SpoolFault:
    """A line at `position` (bytes) of a spool that is no call."""

    position: int
    reason: str
    line: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one spool file: from `start` to `end`, in bytes.

    `file` is its identity, whatever its `name` is now.
    """

    engine: str
    file: str
    name: str
    start: int
    end: int
    rows: Sequence[CallRow]
    faults: Sequence[SpoolFault]


def position(connection: Connection, engine: str, file: str) -> int:
    """How many bytes of a spool file have been read."""
    asked = select(spools.c.position).where(spools.c.engine == engine, spools.c.file == file)
    return int(connection.execute(asked).scalar() or 0)


def take(connection: Connection, reading: Reading, at: dt.datetime) -> int | None:
    """Store what was read and how far: how many rows are new; None where it was read by another.

    In a writing transaction, of which there is one at a time.
    """
    if position(connection, reading.engine, reading.file) != reading.start:
        return None
    _move(connection, reading)
    # The same file under a new identity (copied, restored) has calls that are known.
    rows = {row.call: row for row in reading.rows}
    for call in _known(connection, reading.engine, tuple(rows)):
        del rows[call]
    if rows:
        first = int(connection.execute(select(func.max(calls.c.id))).scalar() or 0) + 1
        numbered = list(enumerate(rows.values(), first))
        connection.execute(insert(calls), [_values(number, row) for number, row in numbered])
        if places := [place for number, row in numbered for place in _places(number, row)]:
            connection.execute(insert(call_places), places)
    if reading.faults:
        connection.execute(insert(spool_faults), [_fault(reading, it, at) for it in reading.faults])
    return len(rows)


@dataclass(frozen=True, slots=True)
class PlaceOfCall:
    """A place that a call came to, and what was dialled."""

    call_id: int
    tenant: str
    dialled: str
    place: str


def places_behind(connection: Connection, call_id: int, begins: str) -> tuple[PlaceOfCall, ...]:
    """Of the calls stored after that one, in their order; only places that begin so."""
    place = call_places.c
    asked = (
        select(place.call_id, place.tenant, calls.c.dialled, place.place)
        .join(calls, calls.c.id == place.call_id)
        .where(place.call_id > call_id, place.role == Role.TO, place.place.startswith(begins))
        .order_by(place.call_id)
    )
    return tuple(PlaceOfCall(*row) for row in connection.execute(asked))


def recorded(
    connection: Connection, tenant: str, limit: int | None = None
) -> list[Mapping[str, Any]]:
    """Calls with a recording, newest first: columns of `calls` by name."""
    asked = select(calls).where(calls.c.tenant == tenant, calls.c.recording.is_not(None))
    asked = asked.order_by(calls.c.began.desc(), calls.c.id.desc()).limit(limit)
    return [dict(row._mapping) for row in connection.execute(asked)]


def recordings_gone(
    connection: Connection, tenant: str, fault: str, *, call: int = 0,
    before: dt.datetime | None = None,
) -> int:  # fmt: skip
    """Note what became of the recording of a call, or of all that ended before: how many."""
    which = calls.c.id == call if before is None else calls.c.ended < before
    there = calls.c.recording_fault.is_(None) | (calls.c.recording_fault != fault)
    chosen = update(calls).where(
        calls.c.tenant == tenant, calls.c.recording.is_not(None), which, there
    )
    return int(connection.execute(chosen.values(recording_fault=fault)).rowcount)


def forget_before(connection: Connection, moment: dt.datetime) -> int:
    """Remove the calls that began before `moment`: how many."""
    old = select(calls.c.id).where(calls.c.began < moment)
    connection.execute(delete(call_places).where(call_places.c.call_id.in_(old)))
    return int(connection.execute(delete(calls).where(calls.c.began < moment)).rowcount)


def faults(connection: Connection, limit: int = 100) -> tuple[tuple[str, str, int, str, str], ...]:
    """What could not be read, newest first: engine, file name, position, reason, line."""
    table = spool_faults.c
    names = (table.engine, table.name, table.position, table.reason, table.line)
    asked = select(*names).order_by(table.at.desc()).limit(limit)
    return tuple((row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(asked))


def _move(connection: Connection, reading: Reading) -> None:
    key = {"engine": reading.engine, "file": reading.file}
    new = {"name": reading.name, "position": reading.end}
    chosen = update(spools).where(*(spools.c[name] == value for name, value in key.items()))
    if not connection.execute(chosen.values(new)).rowcount:
        connection.execute(insert(spools), {**key, **new})


_AT_ONCE = 500
"""Values of one question: SQLite takes 999 in its older versions."""


def _known(connection: Connection, engine: str, wanted: Sequence[str]) -> Iterator[str]:
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        asked = select(calls.c.call).where(calls.c.engine == engine, calls.c.call.in_(some))
        yield from connection.execute(asked).scalars().all()


_PLAIN = tuple(
    field.name for field in fields(CallRow) if field.name not in ("path", "rang", "places")
)


def _values(number: int, row: CallRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _PLAIN}
    values |= {
        "id": number,
        "path": json.dumps(row.path),
        "rang": json.dumps(row.rang),
        "wait_ms": _milliseconds(row.wait),
        "talk_ms": _milliseconds(row.talk),
    }
    return values


def _places(number: int, row: CallRow) -> Iterator[dict[str, Any]]:
    shared = {"call_id": number, "tenant": row.tenant, "began": row.began}
    return ({**shared, "place": place, "role": role} for place, role in row.places)


def _fault(reading: Reading, fault: SpoolFault, at: dt.datetime) -> dict[str, Any]:
    return {
        "engine": reading.engine,
        "file": reading.file,
        "position": fault.position,
        "name": reading.name,
        "reason": fault.reason,
        "line": fault.line,
        "at": at,
    }


def _milliseconds(span: dt.timedelta) -> int:
    return span // dt.timedelta(milliseconds=1)


def decoded(path_or_rang: str) -> Iterable[Any]:
    """A stored `path` or `rang`."""
    found: list[Any] = json.loads(path_or_rang)
    return found

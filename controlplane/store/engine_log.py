"""Engine log: which revision each engine was given, how that ended, and what it then ran."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from controlplane.store.schema import applied


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """`outcome` is a word (`applied`, `rolled back`, `failed`), `detail` says why.

    `bundle` is the hash of the files the engine was last seen with, empty where unknown.
    `at` is in UTC.
    """

    engine: str
    revision: int
    at: dt.datetime
    outcome: str
    detail: str = ""
    bundle: str = ""


def record(connection: Connection, entry: EngineRecord) -> None:
    if entry.at.tzinfo is None:
        raise ValueError("the time needs its zone")
    values = {name: getattr(entry, name) for name in EngineRecord.__slots__}
    values["detail"] = entry.detail.replace("\x00", "").encode(errors="replace").decode()
    connection.execute(insert(applied), values)


def last(connection: Connection, engine: str, outcome: str | None = None) -> EngineRecord | None:
    """The newest entry of an engine; with `outcome`, the newest that ended so."""
    names = EngineRecord.__slots__
    asked = select(*(applied.c[name] for name in names)).where(applied.c.engine == engine)
    if outcome is not None:
        asked = asked.where(applied.c.outcome == outcome)
    found = connection.execute(asked.order_by(applied.c.id.desc()).limit(1)).first()
    return EngineRecord(**dict(zip(names, found, strict=True))) if found else None

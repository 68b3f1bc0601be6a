"""Report of calls: one row a call, newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from controlplane.reports.report import Asked, Report, chosen, seconds
from controlplane.store.call_log import decoded
from controlplane.store.schema import calls
from controlplane.store.store import Store

COLUMNS = (
    "began",
    "direction",
    "number",
    "name",
    "line",
    "handset",
    "trunk",
    "dialled",
    "called",
    "path",
    "rang",
    "answered_by",
    "answered_line",
    "mailbox",
    "outcome",
    "cause",
    "wait",
    "talk",
    "answered",
    "ended",
    "decided",
    "code",
    "recording",
    "recording_fault",
    "engine",
    "call",
)
"""Times in the zone asked for; `wait` and `talk` in seconds; `rang` stage by stage."""


def report(store: Store, asked: Asked) -> Report:
    question = select(calls).where(*chosen(asked)).order_by(calls.c.began.desc(), calls.c.id.desc())
    if asked.limit:
        question = question.limit(asked.limit)
    with store.database.read() as connection:
        rows = connection.execute(question).all()
    return Report(COLUMNS, [_cells(row, asked.zone) for row in rows])


def _cells(row: Row[Any], zone: ZoneInfo) -> list[Any]:
    found = dict(row._mapping)
    found |= {name: _shown(found[name], zone) for name in ("began", "answered", "ended")}
    found["path"] = list(decoded(found["path"]))
    found["rang"] = [" ".join(_stage(stage)) for stage in decoded(found["rang"])]
    found["wait"], found["talk"] = seconds(found["wait_ms"]), seconds(found["talk_ms"])
    return [found[name] for name in COLUMNS]


def _shown(time: dt.datetime | None, zone: ZoneInfo) -> str | None:
    return time.astimezone(zone).isoformat(timespec="milliseconds") if time else None


def _stage(stage: dict[str, Any]) -> Iterator[str]:
    """`102 (B1) 103 (C1): no-answer`."""
    legs: Sequence[dict[str, str]] = stage["legs"]
    yield from (_leg(leg) for leg in legs)
    if stage["outcome"]:
        yield f"- {stage['outcome']}"


def _leg(leg: dict[str, str]) -> str:
    if "handset" in leg:
        return f"{leg['line']} ({leg['handset']})" if "line" in leg else leg["handset"]
    return leg["number"] or leg["trunk"]

"""Report: what is asked for, and the table that comes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from controlplane.store.call_log import CallOutcome
from controlplane.store.schema import call_places, calls


@dataclass(frozen=True, slots=True)
class Asked:
    """Calls that began from `start` on and before `end`; all of a tenant where nothing is given.

    `line` and `group` are those that had to do with the call, `number` who called or was called.
    """

    tenant: str
    zone: ZoneInfo
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    line: str | None = None
    group: str | None = None
    number: str | None = None
    outcome: CallOutcome | None = None
    limit: int | None = None

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(
            f"{kind}/{key}" for kind, key in (("line", self.line), ("group", self.group)) if key
        )


@dataclass(frozen=True, slots=True)
class Report:
    """`rows` have a JSON value for each column."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def chosen(asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions on `calls`."""
    found: list[ColumnElement[bool]] = [calls.c.tenant == asked.tenant]
    if asked.start:
        found.append(calls.c.began >= asked.start)
    if asked.end:
        found.append(calls.c.began < asked.end)
    if asked.outcome:
        found.append(calls.c.outcome == asked.outcome)
    if asked.number:
        found.append((calls.c.number == asked.number) | (calls.c.called == asked.number))
    for place in asked.places:
        there = select(call_places.c.call_id).where(
            call_places.c.tenant == asked.tenant, call_places.c.place == place
        )
        found.append(calls.c.id.in_(there))
    return found


def seconds(milliseconds: int | float | None) -> float | None:
    return None if milliseconds is None else round(float(milliseconds) / 1000, 3)


def mean(total: int | float | None, count: int | None) -> float | None:
    """In seconds, of a total in milliseconds; None of nothing."""
    return seconds(float(total or 0) / count) if count else None

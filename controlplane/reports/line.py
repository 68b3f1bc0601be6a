"""Report of lines: what each called, what came to it, and what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from controlplane.reports.report import Asked, Report, chosen, mean, seconds
from controlplane.store.call_log import Role
from controlplane.store.schema import call_places, calls
from controlplane.store.store import Store

COLUMNS = ("line", "made", "received", "rang", "answered", "missed", "talk", "mean_ring")
"""`received`: came to the line, dialled or forwarded; `rang`: its phones rang, also for a group;
`missed`: came to it and was not answered by it. `talk`: seconds in all; `mean_ring`: until it
answered."""


def report(store: Store, asked: Asked) -> Report:
    place, role = call_places.c.place, call_places.c.role
    its_own = func.coalesce("line/" + calls.c.answered_line, "") == place
    question = (
        select(
            place,
            _count(role == Role.FROM),
            _count(role == Role.TO),
            _count(role == Role.RANG),
            _count(role == Role.ANSWERED),
            _count((role == Role.TO) & ~its_own),
            _sum(role.in_((Role.FROM, Role.ANSWERED)), calls.c.talk_ms),
            _sum(role == Role.ANSWERED, calls.c.wait_ms),
        )
        .join(calls, calls.c.id == call_places.c.call_id)
        .where(*chosen(asked), place.like("line/%"))
        .group_by(place)
        .order_by(place)
    )
    if asked.line:
        question = question.where(place == f"line/{asked.line}")
    with store.database.read() as connection:
        rows = connection.execute(question).all()
    return Report(COLUMNS, [_cells(tuple(row)) for row in rows])


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _sum(condition: ColumnElement[bool], value: ColumnElement[int]) -> ColumnElement[Any]:
    return func.sum(case((condition, value), else_=0))


def _cells(row: Sequence[Any]) -> list[Any]:
    place, made, received, rang, answered, missed, talk, ringing = row
    line = place.removeprefix("line/")
    return [
        line,
        made,
        received,
        rang,
        answered,
        missed,
        seconds(talk),
        mean(ringing, answered),
    ]

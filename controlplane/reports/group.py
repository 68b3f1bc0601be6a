"""Report of hunt groups: what came to each, who answered, and how long callers waited."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, select

from controlplane.reports.report import Asked, Report, chosen, mean, seconds
from controlplane.store.call_log import CallOutcome, Role
from controlplane.store.schema import call_places, calls
from controlplane.store.store import Store

COLUMNS = ("group", "calls", "answered", "answered_by", "missed", "mean_wait", "talk")
"""`answered`: by one of the group, whose lines are counted in `answered_by`; `missed`: all others,
also those that its overflow took. `mean_wait` and `talk` in seconds; all callers waited."""


def report(store: Store, asked: Asked) -> Report:
    place = call_places.c.place
    by_group = (calls.c.outcome == CallOutcome.ANSWERED) & (calls.c.reached == place)
    sums = _of_groups(
        select(
            place,
            func.count(),
            func.count(case((by_group, 1))),
            func.sum(calls.c.wait_ms),
            func.sum(case((by_group, calls.c.talk_ms), else_=0)),
        ),
        asked,
    )
    members = _of_groups(select(place, calls.c.answered_line, func.count()), asked)
    members = members.where(by_group).group_by(calls.c.answered_line)
    with store.database.read() as connection:
        rows = connection.execute(sums).all()
        who: dict[str, dict[str, int]] = {}
        for group, line, count in connection.execute(members):
            who.setdefault(group, {})[line or "outside"] = count
    found: list[list[Any]] = []
    for group, count, answered, wait, talk in rows:
        members_of = dict(sorted(who.get(group, {}).items()))
        name = group.removeprefix("group/")
        missed = count - answered
        found.append([name, count, answered, members_of, missed, mean(wait, count), seconds(talk)])
    return Report(COLUMNS, found)


def _of_groups(question: Select[Any], asked: Asked) -> Select[Any]:
    place = call_places.c.place
    found = (
        question.select_from(call_places)
        .join(calls, calls.c.id == call_places.c.call_id)
        .where(*chosen(asked), place.like("group/%"), call_places.c.role == Role.TO)
        .group_by(place)
        .order_by(place)
    )
    return found.where(place == f"group/{asked.group}") if asked.group else found

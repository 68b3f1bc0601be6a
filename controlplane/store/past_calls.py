"""Past calls: what is stored of who took and placed them, summed up from a row on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true

from controlplane.store.call_log import CallOutcome, Role
from controlplane.store.schema import call_places, calls

_GROUP = "group/"


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one tenant. `came`: calls that came to each group; `took`: calls of a group, the last
    place of their path, that a line answered; `ended`: when a line's last answered call did,
    whether it took it or placed it."""

    came: dict[str, int] = field(default_factory=dict)
    took: dict[tuple[str, str], int] = field(default_factory=dict)
    ended: dict[str, dt.datetime] = field(default_factory=dict)


def newest(connection: Connection) -> int:
    """The number of the newest row; 0 where there is none."""
    return int(connection.execute(select(func.max(calls.c.id))).scalar() or 0)


def summed(
    connection: Connection, tenants: Sequence[str], after: int, upto: int
) -> dict[str, Sums]:
    """By tenant, of the rows behind `after` and not behind `upto`; a few hundred tenants at most.

    From the first row on, the database reads all rows of these tenants; from a later one on, only
    those behind it.
    """
    found = {tenant: Sums() for tenant in tenants}
    # Asked for tenants too, SQLite would go by them and read all there ever were.
    only = list(tenants) if after == 0 else []
    for tenant, place, count in connection.execute(_came(only, after, upto)):
        if sums := found.get(tenant):
            sums.came[place.removeprefix(_GROUP)] = count
    for tenant, place, line, count in connection.execute(_took(only, after, upto)):
        if sums := found.get(tenant):
            sums.took[line, place.removeprefix(_GROUP)] = count
    for asked in _ended(only, after, upto):
        for tenant, line, at in connection.execute(asked):
            if sums := found.get(tenant):
                sums.ended[line] = max(at, sums.ended.get(line, at))
    return found


def _came(only: Sequence[str], after: int, upto: int) -> Select[Any]:
    table = call_places.c
    return (
        select(table.tenant, table.place, func.count())
        .where(_between(table.call_id, after, upto), _of(table.tenant, only))
        .where(table.role == Role.TO, table.place.startswith(_GROUP))
        .group_by(table.tenant, table.place)
    )


def _took(only: Sequence[str], after: int, upto: int) -> Select[Any]:
    table = calls.c
    return (
        select(table.tenant, table.reached, table.answered_line, func.count())
        .where(_between(table.id, after, upto), _of(table.tenant, only))
        .where(table.outcome == CallOutcome.ANSWERED, table.answered_line.is_not(None))
        .where(table.reached.startswith(_GROUP))
        .group_by(table.tenant, table.reached, table.answered_line)
    )


def _ended(only: Sequence[str], after: int, upto: int) -> Iterator[Select[Any]]:
    table = calls.c
    for line in (table.answered_line, table.line):
        yield (
            select(table.tenant, line, func.max(table.ended))
            .where(_between(table.id, after, upto), _of(table.tenant, only))
            .where(line.is_not(None), table.answered.is_not(None))
            .group_by(table.tenant, line)
        )


def _between(number: ColumnElement[int], after: int, upto: int) -> ColumnElement[bool]:
    return and_(number > after, number <= upto)


def _of(tenant: ColumnElement[str], only: Sequence[str]) -> ColumnElement[bool]:
    return tenant.in_(only) if only else true()

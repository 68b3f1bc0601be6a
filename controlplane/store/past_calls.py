"""Past calls: what is stored of who took and placed them, summed up from a row on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

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

    From the first row on, the database reads all rows of these tenants once.
    """
    found = {tenant: Sums() for tenant in tenants}
    for tenant, place, count in connection.execute(_came(tenants, after, upto)):
        found[tenant].came[place.removeprefix(_GROUP)] = count
    for tenant, place, line, count in connection.execute(_took(tenants, after, upto)):
        found[tenant].took[line, place.removeprefix(_GROUP)] = count
    for asked in _ended(tenants, after, upto):
        for tenant, line, at in connection.execute(asked):
            ended = found[tenant].ended
            ended[line] = max(at, ended.get(line, at))
    return found


def _came(tenants: Sequence[str], after: int, upto: int) -> Select[Any]:
    table = call_places.c
    return (
        select(table.tenant, table.place, func.count())
        .where(table.call_id > after, table.call_id <= upto, table.tenant.in_(tenants))
        .where(table.role == Role.TO, table.place.startswith(_GROUP))
        .group_by(table.tenant, table.place)
    )


def _took(tenants: Sequence[str], after: int, upto: int) -> Select[Any]:
    table = calls.c
    return (
        select(table.tenant, table.reached, table.answered_line, func.count())
        .where(table.id > after, table.id <= upto, table.tenant.in_(tenants))
        .where(table.outcome == CallOutcome.ANSWERED, table.answered_line.is_not(None))
        .where(table.reached.startswith(_GROUP))
        .group_by(table.tenant, table.reached, table.answered_line)
    )


def _ended(tenants: Sequence[str], after: int, upto: int) -> Iterator[Select[Any]]:
    table = calls.c
    of_these = and_(table.id > after, table.id <= upto, table.tenant.in_(tenants))
    for line in (table.answered_line, table.line):
        yield (
            select(table.tenant, line, func.max(table.ended))
            .where(of_these, line.is_not(None), table.answered.is_not(None))
            .group_by(table.tenant, line)
        )

"""Staleness: refuses a change set where somebody else was there first, and says who."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from controlplane.diagnostics import Diagnostic, Faults, fault
from controlplane.model.change import Change
from controlplane.model.change_set import ChangeSet
from controlplane.store import schema
from controlplane.store.schema import tables

_AGAIN = "look at it as it is now and plan again"
_SHOWN = 20
_FEW = 500


def refuse_stale(connection: Connection, change_set: ChangeSet, now: int) -> dict[str, str]:
    """Faults unless every object is as the change set knew it; else those stored, as JSON."""
    if change_set.revision > now:
        raise fault(
            f"the change set was made at revision {change_set.revision}, this store is at {now}",
            change_set.tenant,
            "it was made for another store: plan again with this one",
        )
    _refuse_stale_source(connection, change_set)
    by_collection: dict[str, list[Change]] = {}
    for change in change_set.changes:
        by_collection.setdefault(change.address.split("/")[1], []).append(change)
    stored: dict[str, str] = {}
    stale: list[str] = []
    for collection, changes in by_collection.items():
        rows = _rows(connection, change_set.tenant, collection, changes)
        for change in changes:
            row = rows.get(change.address)
            if (row is None) != (change.before is None) or (
                row is not None and row.revision > change_set.revision
            ):
                stale.append(change.address)
            elif row is not None:
                stored[change.address] = row.document
    if stale:
        raise Faults(_refusals(connection, stale))
    return stored


def _rows(
    connection: Connection, tenant: str, collection: str, changes: list[Change]
) -> dict[str, Any]:
    table = tables[collection]
    if collection == "settings":
        mine = select(table.c.tenant, table.c.revision, table.c.document)
        found = connection.execute(mine.where(table.c.tenant == tenant))
        return {f"{tenant}/settings": row for row in found}
    mine = select(table.c.key, table.c.revision, table.c.document)
    mine = mine.where(table.c.tenant == tenant)
    if len(changes) <= _FEW:
        keys = [change.address.split("/", 2)[2] for change in changes]
        mine = mine.where(table.c.key.in_(keys))
    return {f"{tenant}/{collection}/{row.key}": row for row in connection.execute(mine)}


def _refusals(connection: Connection, addresses: list[str]) -> Iterable[Diagnostic]:
    commits, audit = schema.commits, schema.audit
    for address in addresses[:_SHOWN]:
        last = connection.execute(
            select(commits, audit.c.before, audit.c.after)
            .join(audit, audit.c.revision == commits.c.revision)
            .where(audit.c.address == address)
            .order_by(commits.c.revision.desc())
            .limit(1)
        ).first()
        if last is None:
            yield Diagnostic("is not what the change set was made against", address, _AGAIN)
            continue
        verb = "changed"
        if last.before is None or last.after is None:
            verb = "added" if last.before is None else "removed"
        who = last.author or "somebody"
        when = f"{last.at:%Y-%m-%d %H:%M:%S} UTC, revision {last.revision}"
        yield Diagnostic(f"was {verb} by {who} meanwhile ({when})", address, _AGAIN)
    if (more := len(addresses) - _SHOWN) > 0:
        yield Diagnostic(f"and {more} more objects were changed meanwhile", "", _AGAIN)


def _refuse_stale_source(connection: Connection, change_set: ChangeSet) -> None:
    """Its base has moved: the same file was applied meanwhile, perhaps by another person."""
    table = schema.sources
    applied = connection.execute(
        select(table.c.revision).where(
            table.c.tenant == change_set.tenant, table.c.source == change_set.source
        )
    ).scalar()
    if change_set.source and applied is not None and applied > change_set.revision:
        raise fault(
            f"{change_set.source} was applied meanwhile, as revision {applied}",
            change_set.tenant,
            _AGAIN,
        )

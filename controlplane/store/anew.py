"""Anew: a handset that is added has nothing of one that was called so before.

What a removed handset had stays stored, its password and its tokens, so that undoing the removal
does not lock out the phone on the desk. But a phone that was removed because it is lost must not be
let in again when another one is given its name.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, Table, delete, select

from controlplane.model.change_set import ChangeSet
from controlplane.store.handset_tokens import TokenEnd, end_tokens
from controlplane.store.schema import handset_secrets, handset_seen, handset_tokens
from controlplane.store.writing import many, same


def begin_anew(connection: Connection, change_set: ChangeSet, at: dt.datetime) -> None:
    """Whatever handsets of those names had ends, for those that the change set adds."""
    prefix = f"{change_set.tenant}/handsets/"
    added = {
        change.address.removeprefix(prefix)
        for change in change_set.changes
        if change.before is None and change.address.startswith(prefix)
    }
    if not added:
        return
    tenant = change_set.tenant
    for table in (handset_secrets, handset_seen):
        old = sorted(added & _names(connection, table, tenant))
        rows = [{"its_tenant": tenant, "its_handset": name} for name in old]
        many(connection, delete(table).where(same(table)), rows)
    for name in sorted(added & _names(connection, handset_tokens, tenant)):
        end_tokens(connection, tenant, name, at, TokenEnd.REVOKED, change_set.author)


def _names(connection: Connection, table: Table, tenant: str) -> set[str]:
    """Of handsets that have something there."""
    asked = select(table.c.handset).where(table.c.tenant == tenant).distinct()
    if "ended" in table.c:
        asked = asked.where(table.c.ended.is_(None))
    return set(connection.execute(asked).scalars())

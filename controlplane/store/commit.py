"""Commit: one transaction that executes a change set, or refuses it and changes nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection, and_, delete, insert, select, update

from controlplane.diagnostics import Diagnostic, Faults, fault
from controlplane.model.change import Change, Documents
from controlplane.model.change_set import ChangeSet
from controlplane.model.texts import encoded
from controlplane.store import schema
from controlplane.store.anew import begin_anew
from controlplane.store.reading import latest, stored_documents
from controlplane.store.schema import tables
from controlplane.store.staleness import refuse_stale
from controlplane.store.writing import add, identity, many, same, write_objects

Check = Callable[[str, Documents], object]
_FEW = 500
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ADDRESS = re.compile(rf"([a-z0-9-]+)/(?:settings|({'|'.join(list(tables)[1:])})/([^/]+))")


def commit(
    connection: Connection,
    change_set: ChangeSet,
    at: dt.datetime,
    new_secret: Callable[[], str],
    check: Check | None = None,
) -> int:
    """Write it all and return the revision it got; Faults where it is unfit or stale.

    Without changes there is no new revision; only what the source last applied is kept.
    `check` raises Faults where the tenant's documents do not go together. It is asked only if
    others committed to the tenant since: what each found in order may not be so together.
    """
    _refuse_unfit(change_set, at)
    now = latest(connection)
    stored_now = refuse_stale(connection, change_set, now)
    if not change_set.changes:
        _write_source(connection, change_set, now)
        return now
    if check and latest(connection, change_set.tenant) > change_set.revision:
        stored = stored_documents(connection, change_set.tenant)
        check(change_set.tenant, change_set.applied_to(stored))
    revision = now + 1
    connection.execute(
        insert(schema.commits),
        {
            "revision": revision,
            "tenant": change_set.tenant,
            "author": change_set.author,
            "reason": change_set.reason,
            "source": change_set.source,
            "at": at,
        },
    )
    write_objects(connection, change_set.changes, revision)
    if not change_set.restores:
        begin_anew(connection, change_set, at)
    _write_secrets(connection, change_set.changes, new_secret)
    _write_audit(connection, change_set.changes, stored_now, revision)
    _write_source(connection, change_set, revision)
    return revision


def _refuse_unfit(change_set: ChangeSet, at: dt.datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("a commit's time needs its zone")
    if change_set.conflicts:
        raise Faults(
            Diagnostic(
                f"changed here and elsewhere: {conflict}",
                conflict.place,
                "write what is stored into the file, or settle it for the file",
            )
            for conflict in change_set.conflicts
        )
    for name in ("author", "reason", "source"):
        if _UNSTORABLE.search(getattr(change_set, name)):
            raise fault(f"the {name} holds a character that no database keeps", "", "leave it out")
    found = []
    for change in (*change_set.changes, *change_set.source_changes):
        match = _ADDRESS.fullmatch(change.address)
        if not match or match[1] != change_set.tenant or _UNSTORABLE.search(match[3] or ""):
            found.append(Diagnostic(f"is no object of {change_set.tenant}", repr(change.address)))
    if found:
        raise Faults(found)


def _write_secrets(
    connection: Connection, changes: Iterable[Change], new_secret: Callable[[], str]
) -> None:
    """A SIP password for every handset that brings none and has none from before."""
    bare = [
        identity(change)
        for change in changes
        if change.address.split("/")[1] == "handsets"
        and change.after is not None
        and change.after.get("sip_password") is None
    ]
    if not bare:
        return
    table = schema.handset_secrets
    mine = select(table.c.handset).where(table.c.tenant == bare[0]["its_tenant"])
    if len(bare) <= _FEW:
        mine = mine.where(table.c.handset.in_([one["its_key"] for one in bare]))
    has = set(connection.execute(mine).scalars())
    rows = [
        {"tenant": one["its_tenant"], "handset": one["its_key"], "sip_password": new_secret()}
        for one in bare
        if one["its_key"] not in has
    ]
    add(connection, table, rows)


def _write_audit(
    connection: Connection,
    changes: Iterable[Change],
    stored: Mapping[str, str],
    revision: int,
) -> None:
    """`before` is what was really stored, to the letter: what is undone comes back the same."""
    rows = [
        {
            "revision": revision,
            "address": change.address,
            "before": stored.get(change.address),
            "after": None if change.after is None else encoded(change.after),
        }
        for change in changes
    ]
    add(connection, schema.audit, rows)


def _write_source(connection: Connection, change_set: ChangeSet, revision: int) -> None:
    """What its source has now applied: one row an object, so that a small change stays small."""
    if not change_set.source:
        return
    mine = {"tenant": change_set.tenant, "source": change_set.source}
    table, documents = schema.sources, schema.source_documents
    here = and_(table.c.tenant == mine["tenant"], table.c.source == mine["source"])
    if connection.execute(update(table).where(here).values(revision=revision)).rowcount:
        key = {f"its_{name}": value for name, value in mine.items()}
        old = [{**key, "its_address": change.address} for change in change_set.source_changes]
        many(connection, delete(documents).where(same(documents)), old)
    elif any(change.after is None for change in change_set.changes if _is_tenant(change)):
        return
    else:
        connection.execute(insert(table), {**mine, "revision": revision})
    new = [
        {**mine, "address": change.address, "document": encoded(change.after)}
        for change in change_set.source_changes
        if change.after is not None
    ]
    add(connection, documents, new)


def _is_tenant(change: Change) -> bool:
    return change.address.endswith("/settings")

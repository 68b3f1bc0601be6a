"""History: who changed what and when, and a tenant as it was at an earlier revision."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from controlplane.diagnostics import fault
from controlplane.model.change import Change, Document
from controlplane.store import schema
from controlplane.store.reading import latest, stored_documents


@dataclass(frozen=True, slots=True)
class Commit:
    """`at` is in UTC; `objects` counts those it changed."""

    revision: int
    tenant: str
    author: str
    reason: str
    source: str
    at: dt.datetime
    objects: int


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One object's change in a commit. Show `change.display()`: the documents hold secrets."""

    commit: Commit
    change: Change


def history(connection: Connection, target: str, limit: int) -> tuple[Commit, ...]:
    """Newest first, of everything (`""`), a tenant (`acme`) or what stands at an address."""
    rows = connection.execute(_commits(target).limit(limit))
    return tuple(_commit(row) for row in rows)


def audit_rows(connection: Connection, target: str, limit: int) -> tuple[AuditRow, ...]:
    """As `history`, one row an object; newest first, in a commit by address."""
    audit = schema.audit
    asked = _commits(target).add_columns(audit.c.address, audit.c.before, audit.c.after)
    if _object_address(target) is None:
        asked = asked.join(audit, audit.c.revision == schema.commits.c.revision)
    return tuple(
        AuditRow(_commit(row), _change(row))
        for row in connection.execute(asked.order_by(audit.c.address).limit(limit))
    )


def changes_since(
    connection: Connection, revision: int, tenant: str | None = None
) -> tuple[tuple[int, Change], ...]:
    """Every change after `revision` with its own revision, oldest first."""
    audit, commits = schema.audit, schema.commits
    asked = select(audit).where(audit.c.revision > revision)
    if tenant is not None:
        asked = asked.join(commits, commits.c.revision == audit.c.revision)
        asked = asked.where(commits.c.tenant == tenant)
    rows = connection.execute(asked.order_by(audit.c.revision, audit.c.address))
    return tuple((row.revision, _change(row)) for row in rows)


def documents_at(connection: Connection, tenant: str, revision: int) -> dict[str, Document]:
    """The tenant's documents as they were once `revision` was committed; 0: before the first."""
    newest = latest(connection)
    if not 0 <= revision <= newest:
        raise fault(f"there is no revision {revision}; the newest is {newest}", tenant)
    documents = stored_documents(connection, tenant).decoded()
    for _, change in reversed(changes_since(connection, revision, tenant)):
        if change.before is None:
            documents.pop(change.address, None)
        else:
            documents[change.address] = change.before
    return documents


def _commits(target: str) -> Select[Any]:
    commits, audit = schema.commits, schema.audit
    counted = audit.alias("counted")
    objects = (
        select(func.count())
        .select_from(counted)
        .where(counted.c.revision == commits.c.revision)
        .scalar_subquery()
        .label("objects")
    )
    asked = select(commits, objects).order_by(commits.c.revision.desc())
    if address := _object_address(target):
        asked = asked.join(audit, audit.c.revision == commits.c.revision)
        return asked.where(audit.c.address == address)
    return asked.where(commits.c.tenant == target) if target else asked


def _object_address(target: str) -> str | None:
    """`acme/lines/101` of `acme/lines/101/voicemail`; None for all or for a tenant."""
    parts = target.split("/")
    if len(parts) < 2:
        return None
    return "/".join(parts[: 2 if parts[1] == "settings" else 3])


def _commit(row: Row[Any]) -> Commit:
    names = ("revision", "tenant", "author", "reason", "source", "at", "objects")
    return Commit(**{name: getattr(row, name) for name in names})


def _change(row: Row[Any]) -> Change:
    before, after = (None if text is None else json.loads(text) for text in (row.before, row.after))
    return Change(row.address, before, after)

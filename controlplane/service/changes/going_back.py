"""Going back: the change sets that undo what was committed."""

from __future__ import annotations

from controlplane.diagnostics import fault
from controlplane.model.change_set import ChangeSet
from controlplane.model.three_way import two_way
from controlplane.store.store import Store


def backwards(
    store: Store, revision: int, *, tenant: str = "", author: str = "", reason: str = ""
) -> tuple[ChangeSet, ...]:
    """What makes the tenant, or every tenant changed since, what it was at `revision`: one change
    set a tenant. Raises Faults where there is no such revision."""
    newest = store.latest_revision()
    if not 0 <= revision <= newest:
        raise fault(f"there is no revision {revision}; the newest is {newest}")
    since = store.changes_since(revision, tenant or None)
    tenants = sorted({change.address.split("/")[0] for _, change in since})
    made = []
    for name in tenants:
        now = store.load(name)
        was = store.documents_at(name, revision)
        text = reason or f"back to revision {revision}"
        changes = two_way(now.documents, was)
        made.append(
            ChangeSet(name, now.revision, changes, author=author, reason=text, restores=True)
        )
    return tuple(item for item in made if item.changes)


def taking_back(change_set: ChangeSet, revision: int, why: str) -> ChangeSet:
    """The inverse of what was committed as `revision`: also its file counts as not applied."""
    return ChangeSet(
        change_set.tenant,
        revision,
        tuple(change.inverse() for change in change_set.changes),
        author=change_set.author,
        reason=f"taken back: {why}"[:500],
        source=change_set.source,
        source_changes=tuple(change.inverse() for change in change_set.source_changes),
        restores=True,
    )

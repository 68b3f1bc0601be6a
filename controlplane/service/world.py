"""World: every tenant as it is stored, as systems and as what the renderers are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controlplane.diagnostics import Diagnostic, Faults, Severity, Unavailable
from controlplane.model.change import Documents
from controlplane.model.change_set import ChangeSet
from controlplane.model.checks import check
from controlplane.model.documents import COLLECTIONS, from_documents
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from controlplane.store.reading import Snapshot
from controlplane.store.store import Store

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Tenant:
    """At a revision of the store. `secrets`: SIP passwords made by the store, by handset."""

    revision: int
    system: PhoneSystem
    secrets: Mapping[str, str]

    def view(self) -> TenantView:
        """The same for the same objects, in whatever order they were read."""
        sorted_collections: dict[str, Any] = {
            name: dict(sorted(getattr(self.system, name).items(), key=_by_key))
            for name in COLLECTIONS
        }
        system = self.system.model_copy(update=sorted_collections)
        own = {
            name: handset.sip_password
            for name, handset in system.handsets.items()
            if handset.sip_password
        }
        passwords = {**self.secrets, **own}
        return TenantView(system, compile_plan(system), state_of(system), passwords)


@dataclass(frozen=True, slots=True)
class World:
    """All tenants at one revision."""

    revision: int
    tenants: Mapping[str, Tenant]

    def views(self) -> tuple[TenantView, ...]:
        return tuple(self.tenants[name].view() for name in sorted(self.tenants))


def load(store: Store, known: Tenant | None = None) -> World:
    """Everything, at one revision. A tenant that is `known` at that revision is not read."""
    for _ in range(_ATTEMPTS):
        revision = store.latest_revision()
        tenants = {}
        for name in store.tenants():
            if known is not None and known.revision == revision and known.system.tenant == name:
                tenants[name] = known
            else:
                tenants[name] = _tenant(store.load(name))
        if all(tenant.revision == revision for tenant in tenants.values()):
            return World(revision, tenants)
    raise Unavailable([Diagnostic("the store is being changed all the time", "", "try again")])


def following(
    before: Snapshot, change_set: ChangeSet, revision: int, system: PhoneSystem
) -> Tenant | None:
    """The tenant that a commit made of `before`; None where the store may know more of it.

    That is: others committed in between, or the store may have made passwords for handsets.
    """
    handsets = f"{change_set.tenant}/handsets/"
    if revision != before.revision + 1 or not _is_there(before, change_set):
        return None
    if any(change.address.startswith(handsets) for change in change_set.changes):
        return None
    return Tenant(revision, system, before.secrets)


def _is_there(before: Snapshot, change_set: ChangeSet) -> bool:
    """Whether the tenant is there before and after."""
    settings = f"{change_set.tenant}/settings"
    gone = any(it.address == settings and it.after is None for it in change_set.changes)
    return settings in before.documents and not gone


def refuse_unsound(system: PhoneSystem) -> None:
    """Faults where its objects do not go together."""
    found = [item for item in check(system) if item.severity is Severity.ERROR]
    if found:
        raise Faults(found)


def check_documents(tenant: str, documents: Documents) -> None:
    """The store's question: do these documents go together?"""
    if documents:
        refuse_unsound(from_documents(tenant, documents))


def _by_key(item: tuple[str, Any]) -> str:
    return item[0]


def _tenant(snapshot: Snapshot) -> Tenant:
    system = from_documents(snapshot.tenant, snapshot.documents)
    return Tenant(snapshot.revision, system, snapshot.secrets)

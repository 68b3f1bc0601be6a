"""World: every tenant as it is stored, as systems and as what the renderers are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controlplane.diagnostics import Faults, Severity, fault
from controlplane.model.change import Documents
from controlplane.model.change_set import ChangeSet
from controlplane.model.checks import check
from controlplane.model.documents import COLLECTIONS, from_documents
from controlplane.model.phone_system import KINDS, PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.state import state_of
from controlplane.store.store import Store

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Tenant:
    """`secrets`: SIP passwords made by the store, by handset; `system` does not hold them."""

    documents: Documents
    system: PhoneSystem
    secrets: Mapping[str, str]

    def view(self) -> TenantView:
        own = {
            name: handset.sip_password
            for name, handset in self.system.handsets.items()
            if handset.sip_password
        }
        passwords = {**self.secrets, **own}
        return TenantView(self.system, compile_plan(self.system), state_of(self.system), passwords)


@dataclass(frozen=True, slots=True)
class World:
    """All tenants at one revision."""

    revision: int
    tenants: Mapping[str, Tenant]

    def views(self) -> tuple[TenantView, ...]:
        return tuple(self.tenants[name].view() for name in sorted(self.tenants))

    def tenant(self, name: str) -> Tenant:
        """One that holds nothing, where there is none of that name."""
        empty = Tenant({}, PhoneSystem.model_construct(tenant=name), {})
        return self.tenants.get(name, empty)

    def after(self, change_set: ChangeSet, revision: int, system: PhoneSystem) -> World:
        """As it is once the change set is committed; `system` is its tenant from then on.

        Only for change sets that make no secret.
        """
        name = change_set.tenant
        old = self.tenant(name)
        documents = change_set.applied_to(old.documents)
        tenants = {key: value for key, value in self.tenants.items() if key != name}
        if documents:
            tenants[name] = replace(old, documents=documents, system=system)
        return World(revision, tenants)


def load(store: Store, known: Iterable[tuple[Documents, PhoneSystem]] = ()) -> World:
    """Everything, at one revision.

    `known` are systems with their documents that need not be validated again.
    """
    for _ in range(_ATTEMPTS):
        revision = store.latest_revision()
        snapshots = [store.load(name) for name in store.tenants()]
        if all(item.revision == revision for item in snapshots):
            break
    else:
        raise fault("the store is being changed all the time", "", "try again")
    ready = {system.tenant: (documents, system) for documents, system in known}
    tenants = {}
    for item in snapshots:
        documents, system = ready.get(item.tenant, (None, None))
        if system is None or documents != item.documents:
            system = from_documents(item.tenant, item.documents)
        tenants[item.tenant] = Tenant(item.documents, system, item.secrets)
    return World(revision, tenants)


def system_after(tenant: Tenant, change_set: ChangeSet) -> PhoneSystem:
    """The tenant's system with the changes made; only what changed is validated."""
    changed: dict[str, dict[str, object]] = {}
    touched = {change.address: change.after for change in change_set.changes}
    only = {address: item for address, item in touched.items() if item is not None}
    partial = from_documents(change_set.tenant, only)
    settings = tenant.system.settings
    for address, document in touched.items():
        parts = address.split("/", 2)
        if len(parts) == 2:
            settings = partial.settings if document is not None else KINDS["settings"]()  # type: ignore[assignment]
            continue
        _, collection, key = parts
        if collection not in changed:
            changed[collection] = dict(getattr(tenant.system, collection))
        if document is None:
            changed[collection].pop(key, None)
        else:
            # A key may be spelled in several ways in a document's address; it is stored in one.
            changed[collection][key] = getattr(partial, collection)[key]
    collections = {name: changed.get(name, getattr(tenant.system, name)) for name in COLLECTIONS}
    ordered: dict[str, Any] = {
        name: dict(sorted(value.items())) for name, value in collections.items()
    }
    return PhoneSystem.model_construct(tenant=change_set.tenant, settings=settings, **ordered)


def refuse_unsound(system: PhoneSystem) -> None:
    """Faults where its objects do not go together."""
    found = [item for item in check(system) if item.severity is Severity.ERROR]
    if found:
        raise Faults(found)


def check_documents(tenant: str, documents: Documents) -> None:
    """The store's question: do these documents go together?"""
    if documents:
        refuse_unsound(from_documents(tenant, documents))

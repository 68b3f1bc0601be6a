"""Planned: a change set with what it was made against and what it leads to."""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.model.change_set import ChangeSet
from controlplane.model.documents import from_documents
from controlplane.model.phone_system import PhoneSystem
from controlplane.service import world
from controlplane.store.reading import Snapshot


@dataclass(frozen=True, slots=True)
class Planned:
    """A change set, the tenant it was made against, and the sound phone system it leads to."""

    change_set: ChangeSet
    before: Snapshot
    system: PhoneSystem


def judged(change_set: ChangeSet, before: Snapshot) -> Planned:
    """Faults where it leads to no sound phone system."""
    documents = change_set.applied_to(before.documents)
    if documents:
        system = from_documents(change_set.tenant, documents)
        world.refuse_unsound(system)
    else:
        system = PhoneSystem.model_construct(tenant=change_set.tenant)
    return Planned(change_set, before, system)


def following(planned: Planned | ChangeSet, revision: int) -> world.Tenant | None:
    """Its tenant once it is committed as `revision`, where that is known without reading it."""
    if isinstance(planned, ChangeSet):
        return None
    return world.following(planned.before, planned.change_set, revision, planned.system)

"""One setting at an address, changed: as a change set of one object."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from controlplane.diagnostics import Faults, fault
from controlplane.model.change_set import Change, ChangeSet
from controlplane.model.checks.nearest import nearest
from controlplane.model.checks.words import faults_of
from controlplane.model.documents import SETTINGS, document
from controlplane.model.phone_system import KINDS
from controlplane.store.store import Store


def changed_setting(
    store: Store,
    address: str,
    value: Any,
    author: str,
    reason: str,
    based_on: int | None = None,
) -> ChangeSet:
    """`acme/lines/101/forward/busy`; None puts a setting back to its default.

    `based_on` is the revision at which the person looked whose value it is: where the object was
    changed since, the change set is refused when it is committed.

    Raises Faults where there is no such object or setting, or it does not take the value.
    """
    tenant, _, rest = address.partition("/")
    collection, _, inner = rest.partition("/")
    if not collection:
        raise fault("names no setting", address, "write TENANT/KIND/KEY/SETTING")
    kind = KINDS.get(collection)
    if kind is None:
        near = nearest(collection, KINDS)
        mend = f"did you mean {near!r}?" if near else f"there are {', '.join(KINDS)}"
        raise fault(f"there is no collection {collection!r}", address, mend)
    key, _, path = ("", "", inner) if collection == SETTINGS else inner.partition("/")
    if not path:
        raise fault("names no setting", address, "write TENANT/KIND/KEY/SETTING")
    place = f"{tenant}/{collection}" + (f"/{key}" if key else "")
    revision, before = store.object_at(place)
    if before is None:
        raise fault("there is no such object", place)
    wanted = _with(before, path.split("/"), value, address)
    try:
        after = document(kind.model_validate(wanted))
    except ValidationError as error:
        raise Faults(faults_of(error, kind, place, wanted)) from None
    changes = () if after == before else (Change(place, before, after),)
    text = reason or f"set {path}"
    seen = revision if based_on is None else min(based_on, revision)
    return ChangeSet(tenant, seen, changes, author=author, reason=text)


def _with(before: dict[str, Any], path: list[str], value: Any, address: str) -> dict[str, Any]:
    first, *rest = path
    made = dict(before)
    if rest:
        inner = made.get(first) or {}
        if not isinstance(inner, dict):
            raise fault(f"{first} has no settings below it", address)
        made[first] = _with(inner, rest, value, address)
    elif value is None:
        made.pop(first, None)
    else:
        made[first] = value
    return made

"""What stands at an address, at any depth, defaults included; and which addresses there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controlplane.diagnostics import Faults, fault
from controlplane.model.checks.nearest import nearest
from controlplane.model.documents import COLLECTIONS, SETTINGS
from controlplane.model.part import Part
from controlplane.model.phone_system import KINDS
from controlplane.service.changes.setting import place_in

Documents = Mapping[str, Mapping[str, Any]]


def value_at(address: str, tenant: str, documents: Documents, defaults: bool = False) -> Any:
    """The JSON value at `address`; what is not set has its default where it is asked for itself.

    `defaults` adds the settings at their defaults to whole objects. Raises Faults, with the
    nearest known word, where there is no such place.
    """
    _, *path = address.strip("/").split("/")
    if not path:
        return _tenant(tenant, documents, defaults)
    collection, *path = path
    if collection == SETTINGS:
        return _inside(KINDS[SETTINGS], documents[f"{tenant}/{SETTINGS}"], path, address, defaults)
    if collection not in COLLECTIONS:
        raise _unknown("collection", collection, (*COLLECTIONS, SETTINGS), address)
    objects = dict(_objects(tenant, collection, documents))
    kind = KINDS[collection]
    if not path:
        return {key: _whole(kind, it) if defaults else it for key, it in objects.items()}
    key, *path = path
    if key not in objects:
        raise _unknown(collection, key, objects, address)
    return _inside(kind, objects[key], path, address, defaults)


def _tenant(tenant: str, documents: Documents, defaults: bool) -> dict[str, Any]:
    whole: dict[str, Any] = {"tenant": tenant}
    whole[SETTINGS] = value_at(f"{tenant}/{SETTINGS}", tenant, documents, defaults)
    for collection in COLLECTIONS:
        if objects := value_at(f"{tenant}/{collection}", tenant, documents, defaults):
            whole[collection] = objects
    return whole


def _objects(
    tenant: str, collection: str, documents: Documents
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    prefix = f"{tenant}/{collection}/"
    return ((at[len(prefix) :], it) for at, it in documents.items() if at.startswith(prefix))


def _whole(kind: type[Part], document: Mapping[str, Any]) -> dict[str, Any]:
    return kind.model_validate(document).model_dump(mode="json", by_alias=True)


def _inside(
    kind: type[Part], document: Mapping[str, Any], path: list[str], address: str, defaults: bool
) -> Any:
    if not path and not defaults:
        return document
    value: Any = _whole(kind, document)
    for step in path:
        if isinstance(value, dict):
            if step not in value:
                raise _unknown("setting", step, value, address)
            value = value[step]
        elif isinstance(value, list) and (index := place_in(value, step)) is not None:
            value = value[index]
        else:
            raise fault(f"has nothing in it called {step!r}", address, "shorten the address")
    return value


def _unknown(what: str, word: str, known: Iterable[str], address: str) -> Faults:
    names = list(known)
    near = nearest(word, names) if len(names) < 20_000 else None
    if near:
        mend = f"did you mean {near!r}?"
    else:
        mend = f"there are {', '.join(names[:12])}" if names else "there are none"
    kind = {"setting": "setting", "collection": "collection"}.get(what, f"object in {what}:")
    return fault(f"there is no {kind} {word!r}", address, mend)

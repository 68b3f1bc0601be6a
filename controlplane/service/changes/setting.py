"""Settings at an address, changed: as a change set of one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from controlplane.diagnostics import Faults, fault
from controlplane.model.change import Document
from controlplane.model.change_set import Change, ChangeSet
from controlplane.model.checks.nearest import nearest
from controlplane.model.checks.words import faults_of
from controlplane.model.documents import SETTINGS, document
from controlplane.model.part import Part
from controlplane.model.phone_system import KINDS
from controlplane.store.store import Store

_FORM = "write TENANT/KIND/KEY/SETTING"


@dataclass(frozen=True, slots=True)
class Put:
    """None puts the setting back to its default."""

    value: Any


@dataclass(frozen=True, slots=True)
class Items:
    """Of a list; what is to be added and is in it already stays where it is. An item of several
    settings is named by its `name`, or by its `to`."""

    add: tuple[Any, ...] = ()
    remove: tuple[Any, ...] = ()


Edit = Put | Items


def changed_setting(
    store: Store,
    address: str,
    edit: Edit,
    author: str,
    reason: str,
    based_on: int | None = None,
) -> ChangeSet:
    """`acme/lines/101/forward/busy`; an item of a list is named or counted from 0:
    `acme/lines/101/rules/office/ring`. See `changed_object`."""
    place, path = split(address)
    if not path:
        raise fault("names no setting", address, _FORM)
    return changed_settings(store, place, {"/".join(path): edit}, author, reason, based_on)


def changed_settings(
    store: Store,
    address: str,
    edits: Mapping[str, Edit],
    author: str,
    reason: str,
    based_on: int | None = None,
) -> ChangeSet:
    """Several settings of what stands at `address`, by their path within it, at once."""
    place, base = split(address)

    def edited(before: Document) -> Document:
        for path, edit in edits.items():
            before = with_edit(before, [*base, *path.split("/")], edit, f"{address}/{path}")
        return before

    text = reason or f"set {', '.join('/'.join([*base, path]) for path in edits)}"
    return changed_object(store, place, edited, author, text[:500], based_on)


def changed_object(
    store: Store,
    place: str,
    edit: Callable[[Document], Document],
    author: str,
    reason: str,
    based_on: int | None = None,
) -> ChangeSet:
    """`based_on` is the revision at which the person looked whose change it is: where the object
    was changed since, the change set is refused when it is committed.

    Raises Faults where there is no such object or setting, or it does not take the value.
    """
    tenant, collection = place.split("/")[:2]
    revision, before = store.object_at(place)
    if before is None:
        raise fault("there is no such object", place)
    after = sound(place, KINDS[collection], edit(before))
    changes = () if after == before else (Change(place, before, after),)
    seen = revision if based_on is None else min(based_on, revision)
    return ChangeSet(tenant, seen, changes, author=author, reason=reason)


def added_object(
    store: Store, place: str, edits: Mapping[str, Edit], author: str, reason: str
) -> ChangeSet:
    """A new object at `place` with these settings. Raises Faults where there is one already, or
    there is no such tenant or setting."""
    tenant, collection = place.split("/")[:2]
    revision, there = store.object_at(place)
    if there is not None:
        raise fault("is there already", place, "choose another key, or edit it")
    if store.object_at(f"{tenant}/{SETTINGS}")[1] is None:
        raise fault(f"there is no tenant {tenant!r}", place, "`ctl get` lists the tenants")
    wanted: Document = {}
    for path, edit in edits.items():
        wanted = with_edit(wanted, path.split("/"), edit, f"{place}/{path}")
    after = sound(place, KINDS[collection], wanted)
    return ChangeSet(tenant, revision, (Change(place, None, after),), author=author, reason=reason)


def removed_object(
    store: Store, place: str, author: str, reason: str, based_on: int | None = None
) -> ChangeSet:
    """Raises Faults where there is none; what refers to it is found as it is applied."""
    revision, before = store.object_at(place)
    if before is None:
        raise fault("there is no such object", place)
    seen = revision if based_on is None else min(based_on, revision)
    changes = (Change(place, before, None),)
    return ChangeSet(place.split("/")[0], seen, changes, author=author, reason=reason)


def sound(place: str, kind: type[Part], wanted: Document) -> Document:
    """As it is stored. Raises Faults, one for each setting that is not as its kind has it."""
    try:
        return document(kind.model_validate(wanted))
    except ValidationError as error:
        raise Faults(faults_of(error, kind, place, wanted)) from None


def split(address: str) -> tuple[str, list[str]]:
    """The object that an address is in, and the path within it. Raises Faults."""
    tenant, _, rest = address.partition("/")
    collection, _, inner = rest.partition("/")
    if not collection:
        raise fault("names no setting", address, _FORM)
    if collection not in KINDS:
        near = nearest(collection, KINDS)
        mend = f"did you mean {near!r}?" if near else f"there are {', '.join(KINDS)}"
        raise fault(f"there is no collection {collection!r}", address, mend)
    if collection == SETTINGS:
        place, path = f"{tenant}/{SETTINGS}", inner
    else:
        key, _, path = inner.partition("/")
        if not key:
            raise fault("names no setting", address, _FORM)
        place = f"{tenant}/{collection}/{key}"
    return place, path.split("/") if path else []


def place_in(items: list[Any], step: str) -> int | None:
    """The index of the item that is called `step`, or is the `step`th from 0."""
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    if step in names:
        return names.index(step)
    return int(step) if step.isdecimal() and int(step) < len(items) else None


def item_at(items: list[Any], step: str, address: str) -> int:
    """As `place_in`. Raises Faults, with the nearest name, where there is none."""
    found = place_in(items, step)
    if found is None:
        names = [str(it["name"]) for it in items if isinstance(it, dict) and "name" in it]
        near = nearest(step, names)
        there = f"there are {', '.join(names)}" if names else "there are none"
        raise fault(f"there is no {step!r}", address, f"did you mean {near!r}?" if near else there)
    return found


def with_edit(before: Document, path: list[str], edit: Edit, address: str) -> Document:
    """The document with one setting edited. Raises Faults."""
    first, *rest = path
    made = dict(before)
    if not rest:
        made[first] = _edited(made.get(first), edit, address)
        if made[first] is None:
            del made[first]
        return made
    inner = made.get(first) or {}
    if isinstance(inner, list):
        index = item_at(inner, rest[0], address)
        if len(rest) == 1 or not isinstance(inner[index], dict):
            mend = "change a setting in it, or add to the list and remove from it"
            raise fault("is an item of a list", address, mend)
        changed = with_edit(inner[index], rest[1:], edit, address)
        made[first] = [*inner[:index], changed, *inner[index + 1 :]]
    elif isinstance(inner, dict):
        made[first] = with_edit(inner, rest, edit, address)
    else:
        raise fault(f"{first} has no settings below it", address)
    return made


def _edited(value: Any, edit: Edit, address: str) -> Any:
    if isinstance(edit, Put):
        return edit.value
    items = [] if value is None else value
    if not isinstance(items, list):
        raise fault("is not a list", address, "set its value")
    there = [_called(item) for item in items]
    gone = {_called(item) for item in edit.remove}
    if unknown := sorted(gone - set(there)):
        near = nearest(unknown[0], there)
        raise fault(
            f"{unknown[0]!r} is not in it", address, f"did you mean {near!r}?" if near else ""
        )
    kept = [item for item in items if _called(item) not in gone]
    return [*kept, *_new(edit.add, (_called(item) for item in kept))]


def _new(items: Iterable[Any], there: Iterable[str]) -> list[Any]:
    """Those that are not there, each once."""
    seen = set(there)
    made = []
    for item in items:
        if _called(item) not in seen:
            seen.add(_called(item))
            made.append(item)
    return made


def _called(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("name", item.get("to", item)))
    return str(item)

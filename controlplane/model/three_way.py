"""Three-way difference: what a source last applied, what is stored, and what it wants now.

Per setting, and inside settings that hold settings:

* wanted as in base: what is stored stays, whoever wrote it;
* stored as in base: what is wanted is taken, a removal included;
* both changed alike: nothing to do; differently: a conflict, and the stored value stays.

Lists are one value. Objects that never came from the source are left alone. A source applied
for the first time has no base: the objects it names become as it says, and it removes nothing,
for what it does not name may be another source's or the portal's. Settings of the tenant that
say nothing at all are not taken as a wish to reset those stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controlplane.model.change import (
    ABSENT,
    Change,
    Conflict,
    Document,
    Documents,
    none_if_absent,
)
from controlplane.model.phone_system import KINDS
from controlplane.model.texts import Texts

_ORDER = {collection: place for place, collection in enumerate(KINDS)}
_Clash = tuple[str, Any, Any, Any]


def diff(
    stored: Documents,
    wanted: Documents,
    base: Documents | None,
    *,
    prefer_wanted: bool = False,
) -> tuple[tuple[Change, ...], tuple[Conflict, ...]]:
    """Changes of `stored` and conflicts, both in the order of the model's kinds.

    `prefer_wanted` settles every conflict in favour of the source.
    """
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    addresses, now, then = _differing(stored, wanted)
    applied = None if base is None else Texts.of(base).looked_at(addresses)
    for address in addresses:
        have, want = now.get(address), then.get(address)
        was = applied.get(address) if applied else None
        if want is None and was is None:
            continue
        if applied is None:
            become = _first(address, have, want)
        elif want == was:
            continue
        else:
            clashes: list[_Clash] = []
            become = _merged_object(was, have, want, prefer_wanted, clashes)
            conflicts += [Conflict(address, *clash) for clash in clashes]
        if become != have:
            changes.append(Change(address, have, become))
    return _in_order(changes), tuple(sorted(conflicts, key=lambda it: (it.address, it.field)))


def two_way(before: Documents, after: Documents) -> tuple[Change, ...]:
    """Every object that differs, in the order of the model's kinds."""
    addresses, was, become = _differing(before, after)
    return _in_order(
        Change(address, was.get(address), become.get(address)) for address in addresses
    )


def _differing(one: Documents, other: Documents) -> tuple[list[str], Documents, Documents]:
    """The addresses at which they differ, and what is there in the one and in the other."""
    mine, others = Texts.of(one), Texts.of(other)
    addresses = mine.differing(others)
    return addresses, mine.looked_at(addresses), others.looked_at(addresses)


def _first(address: str, have: Document | None, want: Document | None) -> Document | None:
    says_nothing = address.endswith("/settings") and not want
    return have if says_nothing and have is not None else want


def _merged_object(
    base: Document | None,
    stored: Document | None,
    wanted: Document | None,
    prefer: bool,
    clashes: list[_Clash],
) -> Document | None:
    was, have, want = (ABSENT if item is None else item for item in (base, stored, wanted))
    merged: Document | None = none_if_absent(_merged("", (was, have, want), prefer, clashes))
    return merged


def _merged(path: str, versions: tuple[Any, Any, Any], prefer: bool, clashes: list[_Clash]) -> Any:
    base, stored, wanted = versions
    if wanted in (base, stored):
        return stored
    if stored == base:
        return wanted
    if isinstance(stored, dict) and isinstance(wanted, dict):
        was = base if isinstance(base, dict) else {}
        merged = {}
        for key in {**stored, **wanted}:
            inner = (was.get(key, ABSENT), stored.get(key, ABSENT), wanted.get(key, ABSENT))
            value = _merged(f"{path}/{key}" if path else key, inner, prefer, clashes)
            if value is not ABSENT:
                merged[key] = value
        return merged
    if prefer:
        return wanted
    clashes.append((path, none_if_absent(base), none_if_absent(stored), none_if_absent(wanted)))
    return stored


def _in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    def place(change: Change) -> tuple[int, str]:
        collection = change.address.split("/", 2)[1]
        return _ORDER.get(collection, len(_ORDER)), change.address

    return tuple(sorted(changes, key=place))

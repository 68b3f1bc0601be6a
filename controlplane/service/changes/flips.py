"""Flips: change sets that change state only, such as do not disturb, and need no rendering."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controlplane.apply.store_keys import Delta
from controlplane.diagnostics import Severity
from controlplane.model.answering import Answering, NumberList
from controlplane.model.change import Change, Documents
from controlplane.model.change_set import ChangeSet
from controlplane.model.checks import check
from controlplane.model.documents import COLLECTIONS, SETTINGS, from_documents
from controlplane.model.line import Line
from controlplane.model.phone_system import KINDS, PhoneSystem
from controlplane.routing.stored import state_of

Stored = Callable[[str, str, str], Mapping[str, str]]
"""A tenant, a state key and its value, as keys and values of an engine's own store."""


@dataclass(frozen=True, slots=True)
class Flips:
    """State key -> value, of the keys that differ: `before`, where they were on, and `after`,
    None for one that is off now."""

    before: Mapping[str, str]
    after: Mapping[str, str | None]


STATE_SETTINGS: Mapping[str, frozenset[str]] = {
    "lines": frozenset(
        {
            *Answering.model_fields,
            *("rules", "ring", "allowed", "blocked", "block_anonymous", "blocked_hear"),
            *("call_waiting", "call_paths", "authorisation_code", "record_calls"),
        }
    ),
    "handsets": frozenset({"record_calls", "login"}),
    "groups": frozenset({"members", "logged_out", "caller_name_prefix"}),
    "number_lists": frozenset(NumberList.model_fields),
}
"""Settings that are state, and nothing but state, by collection."""

_BY_NAME = STATE_SETTINGS["lines"] - {"forward"}
"""Those of a line that lead nowhere by themselves, so that no loop can come of them."""

_OF_EXTENSIONS = frozenset({"extension_digits", "emergency_numbers"})
"""Settings of the tenant that those of a line above have nothing to do with."""

_ALONE: Mapping[str, frozenset[str]] = {
    "lines": frozenset({"do_not_disturb"}),
    "handsets": frozenset({"login", "record_calls"}),
}
"""Those of which any value goes with all others, or is refused by the store itself: that a line is
there, and logged in once. Nothing else need be looked at."""

_MOST = 50
_MOST_KEYS = 100
"""More is not announced one by one."""


Around = Callable[[str, Collection[str], Collection[str]], Documents]
"""What the state of some of a tenant's handsets and lines depends on: documents by address."""


def of(change_set: ChangeSet, around: Around | None = None) -> Flips | None:
    """None where more than state changes; without `around` a login is taken for more."""
    if not change_set.changes or len(change_set.changes) > _MOST:
        return None
    for change in change_set.changes:
        collection = change.address.split("/")[1]
        if not _settings(change) <= STATE_SETTINGS.get(collection, frozenset()):
            return None
    logins = [change for change in change_set.changes if "login" in _settings(change)]
    if logins and around is None:
        return None
    was: dict[str, str] = {}
    found: dict[str, str | None] = {}
    for before, after in _states(change_set, logins, around):
        for key in {**before, **after}:
            if before.get(key) != after.get(key):
                found[key] = after.get(key)
                was |= {key: before[key]} if key in before else {}
    return Flips(was, found) if len(found) <= _MOST_KEYS else None


def harmless(change_set: ChangeSet) -> bool:
    """Whether it cannot make an unsound phone system of a sound one."""
    return all(
        _settings(change) <= _ALONE.get(change.address.split("/")[1], frozenset())
        for change in change_set.changes
    )


def sound_alone(change_set: ChangeSet, keys: Callable[[str], Collection[str]]) -> bool:
    """Whether it is seen from the changed lines, and from what else there is by name alone, that
    a sound phone system stays one. False says nothing: the whole has to be looked at.

    `keys` gives those of a collection, read after the revision that the change set was made for.
    """
    lines: dict[str, Line] = {}
    for change in change_set.changes:
        _, collection, key = change.address.split("/", 2)
        if collection != "lines" or not _settings(change) <= _BY_NAME or _to_mailbox(change.after):
            return False
        lines[key] = Line.model_validate(change.after)
    # What is there by name counts as the checks count what is written and not sound.
    there = {name: keys(name) for name in COLLECTIONS} | {SETTINGS: _OF_EXTENSIONS}
    system = PhoneSystem.model_construct(tenant=change_set.tenant).model_copy(
        update={"lines": lines}
    )
    return not any(it.severity is Severity.ERROR for it in check(system, there))


def _to_mailbox(document: dict[str, Any] | None) -> bool:
    """Whether something leads to a mailbox: it may be there by name and be off."""
    return '"mailbox/' in json.dumps(document)


def delta(stored: Stored, tenant: str, flips: Flips) -> Delta:
    """The flips as changes of an engine's stored keys."""
    put: dict[str, str] = {}
    delete: list[str] = []
    for name, value in flips.after.items():
        before = stored(tenant, name, flips.before[name]) if name in flips.before else {}
        after = stored(tenant, name, value) if value else {}
        put |= {key: text for key, text in after.items() if before.get(key) != text}
        delete += [key for key in before if key not in after]
    return Delta(put, tuple(delete))


def _settings(change: Change) -> set[str]:
    """The settings that differ; a name that is no state where an object comes or goes."""
    if change.verb != "change":
        return {"*"}
    return {path.split("/")[0] for path, _, _ in change.fields()}


def _states(
    change_set: ChangeSet, logins: Sequence[Change], around: Around | None
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Before and after, of each change, and of all logins together."""
    for change in change_set.changes:
        if change not in logins:
            yield _state(change, change.before), _state(change, change.after)
    if logins and around:
        yield _bound(change_set.tenant, logins, around)


def _bound(
    tenant: str, logins: Sequence[Change], around: Around
) -> tuple[dict[str, str], dict[str, str]]:
    documents = [it for change in logins for it in (change.before, change.after) if it]
    lines = {it[name] for it in documents for name in ("line", "login") if name in it}
    known = dict(around(tenant, [it.address.rpartition("/")[2] for it in logins], lines))
    before = {it.address: it.before or {} for it in logins}
    after = {it.address: it.after or {} for it in logins}
    return _state_with(tenant, known, before), _state_with(tenant, known, after)


def _state_with(tenant: str, known: Documents, changed: Documents) -> dict[str, str]:
    return state_of(from_documents(tenant, {**known, **changed}))


def _state(change: Change, document: dict[str, Any] | None) -> dict[str, str]:
    """Of this object alone: what it takes from others is the same before and after."""
    tenant, collection, key = change.address.split("/", 2)
    made = KINDS[collection].model_validate(document or {})
    system = PhoneSystem.model_construct(tenant=tenant)
    return state_of(system.model_copy(update={collection: {key: made}}))

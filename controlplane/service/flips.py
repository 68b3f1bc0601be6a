"""Flips: change sets that change state only, such as do not disturb, and need no rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from controlplane.apply.store_keys import Delta
from controlplane.model.change import Change
from controlplane.model.change_set import ChangeSet
from controlplane.model.line import Line
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.stored import state_of

StateKey = Callable[[str, str, str], tuple[str, str]]
"""A tenant, a state key and its value, as key and value of an engine's own store."""

STATE_SETTINGS = frozenset({"do_not_disturb", "forward"})
"""Settings of a line that are state, and nothing but state."""

_ALONE = frozenset({"do_not_disturb"})
"""Those of which any value goes with all others, so that nothing else need be looked at."""

_MOST = 50


def of(change_set: ChangeSet) -> dict[str, str | None] | None:
    """State key -> value, None for one that is off; None where more than state changes."""
    if not change_set.changes or len(change_set.changes) > _MOST:
        return None
    found: dict[str, str | None] = {}
    for change in change_set.changes:
        if not _settings(change) <= STATE_SETTINGS:
            return None
        before, after = (_state(change, item) for item in (change.before, change.after))
        for key in {**before, **after}:
            if before.get(key) != after.get(key):
                found[key] = after.get(key)
    return found


def harmless(change_set: ChangeSet) -> bool:
    """Whether it cannot make an unsound phone system of a sound one."""
    return all(_settings(change) <= _ALONE for change in change_set.changes)


def delta(state_key: StateKey, tenant: str, flips: Mapping[str, str | None]) -> Delta:
    """The flips as changes of an engine's stored keys."""
    put: dict[str, str] = {}
    delete: list[str] = []
    for name, value in flips.items():
        key, stored = state_key(tenant, name, value or "")
        if value:
            put[key] = stored
        else:
            delete.append(key)
    return Delta(put, tuple(delete))


def _settings(change: Change) -> set[str]:
    """The settings of a line that differ; for all else a name that is no state."""
    parts = change.address.split("/")
    if change.verb != "change" or len(parts) != 3 or parts[1] != "lines":
        return {"*"}
    return {path.split("/")[0] for path, _, _ in change.fields()}


def _state(change: Change, document: dict[str, Any] | None) -> dict[str, str]:
    """Of this line alone: what it takes from others is the same before and after."""
    tenant, _, key = change.address.split("/", 2)
    line = Line.model_validate(document or {})
    return state_of(PhoneSystem.model_construct(tenant=tenant, lines={key: line}))

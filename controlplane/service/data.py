"""What the service says, as plain data for programs: the same keys at every face, secrets hidden.

Functions that take a change set, an outcome, a diagnostic or audit rows, and give what JSON and
YAML can hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from controlplane.apply.applier import Applied
    from controlplane.diagnostics import Diagnostic
    from controlplane.model.change_set import ChangeSet
    from controlplane.service.changes.door import Outcome
    from controlplane.store.history import AuditRow
    from controlplane.store.pins import PinHistory

Data = dict[str, Any]


def diagnostic_data(item: Diagnostic) -> Data:
    """`file`, `line` and `column` (from 1) are null where it stands in no file."""
    source = item.source
    return {
        "severity": item.severity.value,
        "address": item.address,
        "message": item.message,
        "mend": item.mend,
        "file": source.file if source else None,
        "line": source.line if source else None,
        "column": source.column if source else None,
    }


def change_set_data(change_set: ChangeSet) -> Data:
    """`changes` (address, verb, and each setting from what to what), `conflicts`, a summary."""
    return {
        "tenant": change_set.tenant,
        "revision": change_set.revision,
        "changes": [
            {
                "address": change.address,
                "verb": change.verb,
                "settings": [
                    {"setting": path, "from": before, "to": after}
                    for path, before, after in change.display()
                ],
            }
            for change in change_set.changes
        ],
        "conflicts": [
            dict(zip(("address", "base", "stored", "wanted"), row, strict=True))
            for row in conflict_rows(change_set)
        ],
        "summary": counts(change_set),
    }


def conflict_rows(change_set: ChangeSet) -> Iterator[tuple[str, str, str, str]]:
    """Address, and what stood there, stands there now, and is wanted there."""
    return ((it.place, *it.display()) for it in change_set.conflicts)


def counts(change_set: ChangeSet) -> dict[str, int]:
    """Objects to `add`, `change` and `remove`, and conflicts to `settle`."""
    found = {"add": 0, "change": 0, "remove": 0}
    for change in change_set.changes:
        found[change.verb] += 1
    return {**found, "settle": len(change_set.conflicts)}


def outcome_data(outcome: Outcome, change_sets: list[ChangeSet]) -> Data:
    """`change_sets` are those that were executed."""
    return {
        "revision": outcome.revision,
        "committed": outcome.committed,
        "change_sets": [change_set_data(it) for it in change_sets],
        "engines": {name: _applied_data(it) for name, it in outcome.engines.items()},
    }


def _applied_data(applied: Applied) -> Data:
    return {
        "revision": applied.revision,
        "previous": applied.previous,
        "bundle": applied.bundle,
        "files_changed": applied.files_changed,
        "keys_changed": applied.keys_changed,
        "reloads": list(applied.reloads),
        "needs_restart": list(applied.needs_restart),
    }


def audit_data(row: AuditRow, address: str = "") -> Iterator[Data]:
    """One a setting under `address`; an object that came or went without settings is one too.

    `at` is ISO 8601 with the offset of the machine's own time zone.
    """
    commit, change = row.commit, row.change
    common = {
        "revision": commit.revision,
        "at": commit.at.astimezone().isoformat(timespec="seconds"),
        "author": commit.author,
        "reason": commit.reason,
        "source": commit.source,
        "verb": change.verb,
    }
    fields = [(f"{change.address}/{path}", *values) for path, *values in change.display()]
    if change.verb != "change" and not fields:
        fields = [(change.address, None, None)]
    for place, before, after in fields:
        if _goes_with(place, address):
            yield {**common, "address": place, "from": before, "to": after}


def pin_data(entry: PinHistory) -> Data:
    """As `audit_data`, of what happened to a PIN: it has no revision."""
    return {
        "revision": None,
        "at": entry.at.astimezone().isoformat(timespec="seconds"),
        "author": entry.author,
        "reason": entry.reason,
        "source": "",
        "verb": "change",
        "address": f"{entry.tenant}/lines/{entry.line}/pin",
        "from": None,
        "to": entry.event.value,
    }


def _goes_with(place: str, address: str) -> bool:
    """Whether a change at `place` is about `address`, something in it, or what it is a part of."""
    at, asked = f"{place}/", f"{address}/"
    return not address or at.startswith(asked) or asked.startswith(at)

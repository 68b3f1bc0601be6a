"""Change set: what a commit would change, as inert data that can be shown, saved and applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from controlplane.diagnostics import fault
from controlplane.model.change import Change, Conflict, Document, Documents, masked
from controlplane.model.texts import Texts, all_encoded
from controlplane.model.three_way import diff, two_way

__all__ = ["Change", "ChangeSet", "Conflict", "Document", "Documents", "diff", "masked"]

_FORMAT = "controlplane change set"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What `plan` shows and `apply` executes.

    `revision` is the stored one it was computed against. `source` identifies the file behind
    it, empty for a person or a program; `source_changes` is how that file differs from what it
    last applied, and makes its next base. `restores`: what it adds is what was there before, and
    has its passwords and tokens again; it is not written into a file.
    """

    tenant: str
    revision: int
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    author: str = ""
    reason: str = ""
    source: str = ""
    source_changes: tuple[Change, ...] = ()
    restores: bool = False

    @classmethod
    def between(
        cls,
        tenant: str,
        revision: int,
        stored: Documents,
        wanted: Documents,
        base: Documents | None = None,
        *,
        author: str = "",
        reason: str = "",
        source: str = "",
        prefer_wanted: bool = False,
    ) -> Self:
        """Compare all documents of a tenant; `base` is what `source` last applied. See `diff`."""
        stored, wanted = Texts.of(stored), Texts.of(wanted)
        changes, conflicts = diff(stored, wanted, base, prefer_wanted=prefer_wanted)
        news = two_way(base or {}, wanted) if source else ()
        return cls(tenant, revision, changes, conflicts, author, reason, source, news)

    def __bool__(self) -> bool:
        """Whether anything stored would change, or cannot because of a conflict."""
        return bool(self.changes or self.conflicts)

    def applied_to(self, stored: Documents) -> Texts:
        """The documents as they are once this is committed; `stored` itself stays."""
        after = {it.address: it.after for it in self.changes if it.after is not None}
        texts = {**Texts.of(stored).texts, **all_encoded(after)}
        for change in self.changes:
            if change.after is None:
                texts.pop(change.address, None)
        return Texts(texts)

    def inverse(self, revision: int, author: str, reason: str) -> ChangeSet:
        """What undoes this once it is committed as `revision`.

        The base of its source stays: an unchanged file does not bring back what was undone.
        """
        changes = tuple(change.inverse() for change in self.changes)
        return ChangeSet(
            self.tenant, revision, changes, author=author, reason=reason, restores=True
        )

    def to_json(self) -> str:
        """For a file. It holds secrets in the clear: write it readable by its owner only."""
        body = {
            "tenant": self.tenant,
            "revision": self.revision,
            "changes": [_written(change) for change in self.changes],
            "conflicts": [_written(conflict) for conflict in self.conflicts],
            "author": self.author,
            "reason": self.reason,
            "source": self.source,
            "source_changes": [_written(change) for change in self.source_changes],
        }
        head = {"format": _FORMAT, "version": _VERSION, "digest": _digest(body)}
        return json.dumps({**head, "change_set": body}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, file: str = "") -> ChangeSet:
        """Read what `to_json` wrote; Faults where it is damaged, edited or of another version.

        `file` is its name, for the diagnostic.
        """
        again = "make it again with `ctl plan --out`"
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise fault("is not a change set: not JSON, or cut short", file, again) from error
        if not isinstance(whole, dict) or whole.get("format") != _FORMAT:
            raise fault("is not a change set", file, again)
        if (version := whole.get("version")) != _VERSION:
            raise fault(f"is a change set of version {version}, not {_VERSION}", file, again)
        body = whole.get("change_set")
        if not isinstance(body, dict) or whole.get("digest") != _digest(body):
            raise fault("is damaged or was edited: its digest does not match", file, again)
        try:
            return _change_set(body)
        except (KeyError, TypeError, ValueError) as error:
            raise fault("is damaged: a part is missing or of a wrong type", file, again) from error


def _written(part: Change | Conflict) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__slots__}


def _change_set(body: Mapping[str, Any]) -> ChangeSet:
    return ChangeSet(
        tenant=str(body["tenant"]),
        revision=int(body["revision"]),
        changes=tuple(_change(**part) for part in body["changes"]),
        conflicts=tuple(Conflict(**part) for part in body["conflicts"]),
        author=str(body["author"]),
        reason=str(body["reason"]),
        source=str(body["source"]),
        source_changes=tuple(_change(**part) for part in body["source_changes"]),
    )


def _change(address: str, before: Any, after: Any) -> Change:
    if not isinstance(address, str) or "/" not in address:
        raise ValueError(address)
    if not all(version is None or isinstance(version, dict) for version in (before, after)):
        raise TypeError(address)
    return Change(address, before, after)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

"""Change: one object before and after, the conflict of two changes, and how both are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Document = dict[str, Any]
"""An object as `model_dump(mode="json", by_alias=True, exclude_defaults=True)` writes it."""

Documents = Mapping[str, Document]
"""By address: `acme/lines/101`, and `acme/settings` for the tenant's own."""

HIDDEN = "(hidden)"
_SECRET = re.compile(r"password|passwd|secret|token|(?:^|[^a-z])pin$", re.IGNORECASE)


_CODES = "authorisation_codes"
"""Secrets by name."""


class Absent:
    """No value at all, which null is not."""


ABSENT = Absent()


def none_if_absent(value: Any) -> Any:
    return None if value is ABSENT else value


def masked(value: Any, field: str = "") -> Any:
    """`value` with every secret in it hidden, at any depth; `field` names the value itself."""
    parent, _, name = field.rpartition("/")
    if isinstance(value, dict) and name != _CODES:
        return {key: masked(inner, key) for key, inner in value.items()}
    if value is not None and (_CODES in (name, parent) or _SECRET.search(name)):
        return HIDDEN
    return [masked(inner) for inner in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Change:
    """One object before and after: None where it does not exist."""

    address: str
    before: Document | None
    after: Document | None

    @property
    def verb(self) -> Literal["add", "change", "remove"]:
        if self.before is None:
            return "add"
        return "remove" if self.after is None else "change"

    def fields(self) -> Iterator[tuple[str, Any, Any]]:
        """Each setting that differs: path (`forward/busy`), before, after; None where absent."""
        return _differing("", self.before or {}, self.after or {})

    def display(self) -> Iterator[tuple[str, Any, Any]]:
        """As `fields`, with secrets hidden: the only form to show, log or send."""
        for path, before, after in self.fields():
            yield path, masked(before, path), masked(after, path)

    def inverse(self) -> Change:
        return Change(self.address, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting that the source and somebody else changed differently.

    `field` is empty where the object as a whole is meant: removed here, changed there.
    """

    address: str
    field: str
    base: Any
    stored: Any
    wanted: Any

    @property
    def place(self) -> str:
        return f"{self.address}/{self.field}" if self.field else self.address

    def display(self) -> tuple[str, str, str]:
        """Base, stored and wanted as text, with secrets hidden."""
        base, stored, wanted = (
            "absent" if value is None else json.dumps(masked(value, self.field), ensure_ascii=False)
            for value in (self.base, self.stored, self.wanted)
        )
        return base, stored, wanted

    def __str__(self) -> str:
        base, stored, wanted = self.display()
        return f"{self.place}: was {base}, is now {stored}, and {wanted} is wanted"


def _differing(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    for key in {**before, **after}:
        was, become = before.get(key, ABSENT), after.get(key, ABSENT)
        if was == become:
            continue
        here = f"{path}/{key}" if path else key
        if _descends(was) and _descends(become):
            yield from _differing(here, none_if_absent(was) or {}, none_if_absent(become) or {})
        else:
            yield here, none_if_absent(was), none_if_absent(become)


def _descends(value: Any) -> bool:
    """Whether its settings say it all: an empty one is itself a value, as `voicemail: {}`."""
    return value is ABSENT or (isinstance(value, dict) and bool(value))

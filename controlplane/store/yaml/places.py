"""Where in a tenant's file the settings stand, found only when somebody asks."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from pydantic import TypeAdapter, ValidationError

from controlplane.diagnostics import Source, printable
from controlplane.model.documents import SETTINGS
from controlplane.model.part import E164
from controlplane.store.yaml.blocks import Entries, Section, Sections
from controlplane.store.yaml.syntax import Path, Place
from controlplane.store.yaml.text import load

_E164: TypeAdapter[str] = TypeAdapter(E164)
_Places = dict[str, Place]
"""The path of a key or list item, joined by /, -> its place."""


@dataclass(frozen=True)
class Places:
    """With `sections` only the entry asked about is parsed, else the whole file once."""

    text: str
    file: str
    sections: Sections | None = None

    def source(self, address: str) -> Source:
        """Where the longest known part of `acme/lines/101/ring` or `acme/settings/name` is."""
        steps = address.split("/")[1:]
        if steps and steps[0] == SETTINGS:
            steps = steps[1:]
        if len(steps) > 1 and steps[0] == "numbers":
            steps[1] = self._written_numbers.get(steps[1], steps[1])
        known, lines_before = self._around(steps)
        while steps:
            if place := known.get("/".join(steps)):
                return Source(self.file, place[0] + lines_before, place[1])
            steps.pop()
        return Source(self.file, 1, 1)

    def _around(self, steps: list[str]) -> tuple[_Places, int]:
        """The places of the text around a path, and how many lines come before that text."""
        section = self._by_name.get(steps[0]) if steps else None
        entries = section.entries if section else None
        if section is None or entries is None:
            return ({} if self._by_name else self._whole), 0
        index = self._indexes(section.name, entries).get(steps[1]) if len(steps) > 1 else None
        if index is None:
            return _joined(entries.head), self._line(section.offset)
        header = f"{section.name}:\n"
        return _joined(header + entries.texts[index]), self._line(entries.offsets[index]) - 1

    @cached_property
    def _whole(self) -> _Places:
        return _joined(self.text)

    @cached_property
    def _by_name(self) -> dict[str, Section]:
        return {section.name: section for section in self.sections or ()}

    @cached_property
    def _key_indexes(self) -> dict[str, dict[str, int]]:
        return {}

    def _indexes(self, name: str, entries: Entries) -> dict[str, int]:
        known = self._key_indexes
        if name not in known:
            known[name] = {key: index for index, key in enumerate(entries.keys)}
        return known[name]

    @cached_property
    def _written_numbers(self) -> dict[str, str]:
        """`+442071838750` -> `+44 20 7183 8750`, where a number is written with spaces."""
        numbers = self._by_name.get("numbers")
        if numbers and numbers.entries and numbers.entries.keys:
            return {}
        paths = (path.split("/") for path in self._whole if path.startswith("numbers/"))
        written = {path[1] for path in paths}
        return {plain: key for key in written if (plain := _plain(key)) not in written}

    @cached_property
    def _line_ends(self) -> list[int]:
        return [index for index, character in enumerate(self.text) if character == "\n"]

    def _line(self, offset: int) -> int:
        """How many lines end before `offset`."""
        return bisect_right(self._line_ends, offset - 1)


def _plain(key: str) -> str:
    try:
        return _E164.validate_python(key)
    except ValidationError:
        return key


def _joined(text: str) -> _Places:
    places: dict[Path, Place] = {}
    load(text, places)
    joined = (("/".join(path), place) for path, place in places.items())
    return {path if path.isprintable() else printable(path): at for path, at in joined}

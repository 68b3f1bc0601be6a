"""A tenant's file cut into the text of each section and entry, where that is safe beyond doubt.

A section's text means the same whatever stands around it, and an entry's wherever it stands, as
long as it starts on a line of its own at its own indentation, nothing in the file reaches from
one into another (anchors, aliases, tags, merge keys), and the parser has seen it begin and end
there. Everything else is left to the whole parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from controlplane.model.documents import COLLECTIONS

_REACHING = re.compile(r"[&*!](?=\S)(?<![^\s\[{,:?-].)")
_ELSEWHERE = ("\t", "\r", "\x85", "\u2028", "\u2029", "\ufeff", "<<")
_TEXT_LINE = re.compile(r"\n *[^ \n#]")
_TOP_LINE = re.compile(r"\n([^ \n#].*)")
_TOP_KEY = re.compile(r"([a-z_]+):(?: (.*))?")
_COMMENT = re.compile(r"\s*(#.*)?")
_FIRST_ENTRY = re.compile(r"\n( +)(?=[^ \n#])")


@dataclass(frozen=True, slots=True)
class Entries:
    """`keys` as written, without quotes, with their `texts` and `offsets` in the file.

    `head` is all text of the section before them.
    """

    head: str
    keys: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    offsets: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """A top-level key with all its `text`; `offset` is in the file.

    The comments at the start of the file belong to the first section.
    """

    name: str
    text: str
    offset: int
    is_collection: bool

    @cached_property
    def entries(self) -> Entries | None:
        """Those of a collection; none where there are none; None where they cannot be cut."""
        return _entries(self) if self.is_collection else Entries(self.text)


Sections = tuple[Section, ...]


def cut(text: str) -> Sections | None:
    """The sections of a file in plain block style; None where it is anything else."""
    if any(part in text for part in _ELSEWHERE):
        return None
    if any(mark in text for mark in "&*!") and _REACHING.search(text):
        return None
    # A line starts in `text` where its line break stands in `body`, so every search can
    # begin with a literal character, which is several times as fast.
    body = "\n" + text
    tops = list(_TOP_LINE.finditer(body))
    if not tops or _TEXT_LINE.search(body, 0, tops[0].start() + 1):
        return None
    starts = [0, *(top.start() for top in tops[1:]), len(text)]
    sections: list[Section] = []
    for number, top in enumerate(tops):
        found = _TOP_KEY.fullmatch(top[1])
        if not found:
            return None
        start, end = starts[number], starts[number + 1]
        is_collection = found[1] in COLLECTIONS and bool(_COMMENT.fullmatch(found[2] or ""))
        sections.append(Section(found[1], text[start:end], start, is_collection))
    names = {section.name for section in sections}
    return tuple(sections) if len(names) == len(sections) else None


def _entries(section: Section) -> Entries | None:
    body = "\n" + section.text
    top = _TOP_LINE.search(body)
    assert top is not None
    first = _FIRST_ENTRY.search(body, top.end())
    if first is None:
        return Entries(section.text)
    indent = len(first[1])
    if indent > 1 and re.compile(rf"\n {{1,{indent - 1}}}[^ \n#]").search(body, top.end()):
        return None
    entry = re.compile(
        rf"\n {{{indent}}}(?=[^ \n#])(?:([\"']?)([A-Za-z0-9+][A-Za-z0-9_+-]*)\1:(?=[ \n]|\Z))?"
    )
    found = list(entry.finditer(body, first.start()))
    keys = tuple(match[2] for match in found)
    if None in keys or len(set(keys)) < len(keys):
        return None
    starts = [match.start() for match in found]
    ends = (*starts[1:], len(section.text))
    texts = tuple(body[a + 1 : b + 1] for a, b in zip(starts, ends, strict=True))
    offsets = tuple(section.offset + start for start in starts)
    return Entries(section.text[: starts[0]], keys, texts, offsets)


def agrees(expected: Iterable[tuple[str, Entries | None]], value: Any) -> bool:
    """Whether the parser found just these top-level keys and entries, in this order.

    Entries of a block mapping start at its indentation, each on a line of its own, so equal
    keys mean that every entry starts and ends where the text was cut.
    """
    wanted = dict(expected)
    if not isinstance(value, dict) or list(value) != list(wanted):
        return False
    for name, entries in wanted.items():
        if entries is None:
            return False
        if entries.keys:
            found = value[name]
            if not isinstance(found, dict) or tuple(found) != entries.keys:
                return False
    return True

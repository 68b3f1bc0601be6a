"""A tenant's file cut into the text of each entry, where that is safe beyond doubt.

An entry's text means the same wherever it stands as long as it starts on a line of its own at
its collection's indentation, nothing in the file reaches from one entry into another (anchors,
aliases, tags, merge keys), and the parser has seen it begin and end there. Everything else is
left to the whole parse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
class Section:
    """A top-level key. `head` is all its text but that of its entries; `offset` is in the file.

    The comments at the start of the file belong to the first section.

    A collection's entries stand in `keys` (as written, without quotes), `texts` and `offsets`.
    """

    name: str
    head: str
    offset: int
    keys: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    offsets: tuple[int, ...] = ()


Sections = tuple[Section, ...]


def cut(text: str) -> Sections | None:
    """The sections of a file in plain block style; None where it is anything else."""
    if any(part in text for part in _ELSEWHERE) or _REACHING.search(text):
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
        section: Section | None = Section(found[1], text[start:end], start)
        if section and section.name in COLLECTIONS and _COMMENT.fullmatch(found[2] or ""):
            section = _entries(section, body, top.end(), end)
        if section is None:
            return None
        sections.append(section)
    names = {section.name for section in sections}
    return tuple(sections) if len(names) == len(sections) else None


def _entries(whole: Section, body: str, start: int, end: int) -> Section | None:
    """The section with its entries, whose lines start from `start` to before `end`."""
    first = _FIRST_ENTRY.search(body, start, end + 1)
    if first is None:
        return whole
    indent = len(first[1])
    if indent > 1 and re.compile(rf"\n {{1,{indent - 1}}}[^ \n#]").search(body, start, end + 1):
        return None
    entry = re.compile(
        rf"\n {{{indent}}}(?=[^ \n#])(?:([\"']?)([A-Za-z0-9+][A-Za-z0-9_+-]*)\1:(?=[ \n]|\Z))?"
    )
    found = list(entry.finditer(body, first.start(), end + 1))
    keys = tuple(match[2] for match in found)
    if None in keys or len(set(keys)) < len(keys):
        return None
    offsets = tuple(match.start() for match in found)
    ends = (*offsets[1:], end)
    texts = tuple(body[a + 1 : b + 1] for a, b in zip(offsets, ends, strict=True))
    head = whole.head[: offsets[0] - whole.offset]
    return Section(whole.name, head, whole.offset, keys, texts, offsets)


def agrees(sections: Sections, value: Any) -> bool:
    """Whether the parser found just these top-level keys and entries, in this order.

    Entries of a block mapping start at its indentation, each on a line of its own, so equal
    keys mean that every entry starts and ends where the text was cut.
    """
    if not isinstance(value, dict) or list(value) != [section.name for section in sections]:
        return False
    for section in sections:
        if section.keys:
            entries = value[section.name]
            if not isinstance(entries, dict) or tuple(entries) != section.keys:
                return False
    return True

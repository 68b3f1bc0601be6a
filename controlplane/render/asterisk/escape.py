"""The one place where text is made safe for Asterisk's files, dialplan and stored keys.

Identifiers are let through or refused, never altered; free text is escaped or packed. Free
text stands in no dialplan line: a call reads it from the stored keys, or is handed it packed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

_WORD = re.compile(r"[A-Za-z0-9+*#_./@~-]*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9@_.'-]+(?: [A-Za-z0-9@_.'-]+)*")
_PLAIN = "+*#_./@&~-"
_NEARLY = re.compile(r"[A-Za-z0-9+*#_./@&~ -]*")
"""Packed once its blanks are: what nearly every name is made of."""


def word(text: str) -> str:
    """An identifier, unchanged. ValueError where it could mean anything to the dialplan."""
    if not (text.isascii() and text.isalnum()) and not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no identifier")
    return text


def text(free: str) -> str:
    """Free text as phones are to show it: control characters are left out."""
    # What is printable holds none of them, and that is told much faster.
    return free if free.isprintable() else _CONTROL.sub("", free)


def value(free: str) -> str:
    """Free text as the value of a setting in a configuration file.

    ValueError where blanks at an end would be lost; the message does not show the text.
    """
    if free != free.strip() or (not free.isprintable() and _CONTROL.search(free)):
        raise ValueError("begins or ends with a blank, or holds a control character")
    # `;` begins a comment wherever it stands; the parser takes the backslash away.
    return free.replace(";", "\\;")


def field(free: str) -> str:
    """Free text as one field of a mailbox: fields end at commas, options at bars."""
    if _PLAIN_WORDS.fullmatch(free):
        return free
    plain = _DIRECTION.sub("", text(free))
    return value(re.sub(r"[,|]+", " ", plain).strip())


def packed(free: str) -> str:
    """Free text as one field of a record that Asterisk splits at commas: percent-encoded."""
    if _NEARLY.fullmatch(free):
        return free.replace(" ", "%20")
    return quote(text(free), safe=_PLAIN)


def packed_fields(fields: Sequence[str], separator: str) -> str:
    """The fields of a record, each `packed`. A call waits for it: nearly all are plain, and then
    one look is enough."""
    plain = "".join(fields)
    if _NEARLY.fullmatch(plain):
        return separator.join(fields).replace(" ", "%20")
    return separator.join(map(packed, fields))


def unpacked(packed_text: str) -> str:
    return unquote(packed_text, errors="replace") if "%" in packed_text else packed_text

"""The one place where text is made safe for FreeSWITCH's XML, dialplan and stored keys.

Identifiers are let through or refused, never altered; free text is escaped or packed. Free text
stands in no dialplan: FreeSWITCH expands the value of a variable again wherever it is named,
so a call carries free text packed, and unpacks it only where nothing expands it any more.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_WORD = re.compile(r"[A-Za-z0-9+*#_./@~-]*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_PLAIN = "_.~-"
_META = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\n": "&#10;"}
_SPECIAL = re.compile("[&<>\"'\n]")


def word(text: str) -> str:
    """An identifier, unchanged. ValueError where it could mean anything to the dialplan."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no identifier")
    return text


def text(free: str) -> str:
    """Free text as phones are to show it: control characters are left out."""
    return _CONTROL.sub("", free)


def attribute(expression: str) -> str:
    """An expression of our own, as what stands between the quotes of an attribute.

    What FreeSWITCH expands in it stays as it is; see `value` for what others have written.
    """
    return _SPECIAL.sub(lambda found: _META[found[0]], expression)


def value(free: str) -> str:
    """Free text as what stands between the quotes of an attribute.

    All but letters and digits are numbered: FreeSWITCH looks for `$${`, comments and its own
    `X-PRE-PROCESS` in lines before it reads them as XML. ValueError for control characters.
    """
    if _CONTROL.search(free):
        raise ValueError("holds a control character")
    return re.sub(r"[^A-Za-z0-9._@]", lambda found: f"&#{ord(found[0])};", free)


def pattern(literal: str) -> str:
    """An identifier as part of a regular expression that matches only itself.

    Without backslashes, which FreeSWITCH takes away where it expands an expression.
    """
    return re.sub(r"[+*.#]", lambda found: f"[{found[0]}]", word(literal))


def packed(free: str) -> str:
    """Free text as the value of a channel variable or a stored key: percent-encoded.

    Before that it is written as the inside of a quoted string of SIP (RFC 3261, 25.1), which
    is the form in which names reach the engine and leave it. There any character may have a
    backslash: one keeps `${` apart, which FreeSWITCH lets no variable hold.
    """
    quoted = re.sub(r'["\\]|(?<=\$)\{', r"\\\g<0>", text(free))
    return quote(quoted, safe=_PLAIN)


def unpacked(packed_text: str) -> str:
    return re.sub(r"\\(.)", r"\1", unquote(packed_text, errors="replace"))

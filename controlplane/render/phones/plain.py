"""Plain text: what may stand in any file of a phone, before its format escapes the rest (pure)."""

from __future__ import annotations

import re
from typing import Any

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def plain(value: Any) -> str:
    """`value` as one line of text. Characters that are none of it are left out: controls, line
    and paragraph separators, what overrides the direction of writing, and no characters at all.

    Letters of scripts written from right to left stay as they are.
    """
    text = str(value)
    return text if text.isprintable() else _UNSEEN.sub("", text)

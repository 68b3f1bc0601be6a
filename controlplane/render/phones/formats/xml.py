"""The one place where text is made safe for XML of phones (pure)."""

from __future__ import annotations

import re

_MARKUP = re.compile("[&<>\"']")
_REFERENCES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def text(plain: str) -> str:
    """Plain text (see `plain`), between tags or quotes: none of it is markup."""
    return plain.translate(_REFERENCES) if _MARKUP.search(plain) else plain

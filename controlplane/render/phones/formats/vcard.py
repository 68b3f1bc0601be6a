"""The one place where text is made safe for vCards (pure)."""

from __future__ import annotations

import re


def text(plain: str) -> str:
    """Plain text as the value of a property (RFC 6350, 3.4)."""
    return re.sub(r"[\\,;]", r"\\\g<0>", plain)

"""The one gate through which text goes to an engine: control characters stop here."""

from __future__ import annotations

import re

from controlplane.live.errors import CommandRefused

# C0, DEL, C1 and lone surrogates. CR and LF start a new AMI header or action; NUL ends
# a C string early; a surrogate cannot be encoded at all.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def checked(what: str, text: str) -> str:
    """`text` unchanged. Raises CommandRefused, naming `what` and the character, never the text."""
    # What is printable holds none of them, and that is told much faster.
    if not text.isprintable() and (found := _FORBIDDEN.search(text)):
        raise CommandRefused(f"{what} contains the character U+{ord(found[0]):04X}")
    return text


def checked_name(what: str, text: str) -> str:
    """Like `checked`, for identifiers: not empty either."""
    if not text:
        raise CommandRefused(f"{what} is empty")
    return checked(what, text)

"""Conditions and ranges of requests (RFC 9110, 13 and 14)."""

from __future__ import annotations

import re

_RANGE = re.compile(rb"bytes=(\d{0,18})-(\d{0,18})")


def matches(condition: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names this one: compared weakly, as it asks for."""
    if condition == etag:
        return True
    if condition.strip() == b"*":
        return True
    return etag in [it.strip().removeprefix(b"W/") for it in condition.split(b",")]


def wanted(header: bytes, size: int) -> tuple[int, int] | None:
    """Start and length of the one range that is asked for. None: all of it, for what is no range
    or several is not honoured. ValueError where it lies beyond the end."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[1] == found[2] == b"":
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        if not length:
            raise ValueError("an empty range")
        return size - length, length
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise ValueError("beyond the end")
    return first, last - first + 1

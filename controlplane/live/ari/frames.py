"""Frames: text messages of a WebSocket client as bytes (RFC 6455, 5.2); no I/O."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_TEXT = 0x81
"""Final frame, opcode 1."""

_MASKED = 0x80
_SHORT = 126
_LONG = 0x10000


def text_frames(texts: Sequence[bytes], mask: bytes) -> bytes:
    """One frame for each of `texts`, one behind the other, so that a single write sends them.

    `mask` has four bytes that nobody can guess, for all of them. ValueError for a text of 64 KiB
    or more: Asterisk takes none.
    """
    return b"".join([_head(len(text)) + mask + _masked(text, mask) for text in texts])


def _head(size: int) -> bytes:
    if size < _SHORT:
        return bytes((_TEXT, _MASKED | size))
    if size >= _LONG:
        raise ValueError(f"a message of {size} bytes is too long")
    return struct.pack("!BBH", _TEXT, _MASKED | _SHORT, size)


def _masked(text: bytes, mask: bytes) -> bytes:
    """Each byte XOR that of the mask in turn, done at once as one large number."""
    size = len(text)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(text) ^ int.from_bytes(key)).to_bytes(size)

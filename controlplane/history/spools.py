"""Spool files: which there are, which is which, and their lines from a position on.

A file is known by its first line, which no other file has: it stays the same one when it is
renamed, and is another when it was cut and begun anew. A last line without its end waits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_LONGEST = 64 * 1024
"""Bytes of a line; what is longer is no line of ours."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Complete lines, each with its position, from `start` to `end` of a file. `more`: at once."""

    lines: tuple[tuple[int, bytes], ...]
    start: int
    end: int
    more: bool


class Spool:
    """One file, opened by `opened`; who renames it meanwhile does not disturb."""

    def __init__(self, path: Path, file: BinaryIO, identity: str) -> None:
        self.path = path
        self.identity = identity
        self._file = file

    def read(self, start: int, most: int) -> Chunk:
        """At most `most` bytes, but for a line that is longer."""
        self._file.seek(start)
        data = self._file.read(max(most, _LONGEST))
        end = data.rfind(b"\n") + 1
        if not end and len(data) >= _LONGEST:
            # No line, and none to wait for.
            end = len(data)
        lines, at = [], start
        for line in data[:end].splitlines(keepends=True) if end else ():
            lines.append((at, line))
            at += len(line)
        more = start + end < self._file.seek(0, 2) and bool(end)
        return Chunk(tuple(lines), start, start + end, more)


def spool_paths(folder: Path) -> tuple[Path, ...]:
    """The one written longest ago first; none where the folder is not there."""
    found = []
    for path in folder.glob("calls*.spool*"):
        try:
            found.append((path.stat().st_mtime, path))
        except FileNotFoundError:
            continue
    return tuple(path for _, path in sorted(found))


def opened(path: Path) -> Iterator[Spool]:
    """The file if it is there and has a first line; it is closed behind."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        first = file.readline(_LONGEST)
        if first.endswith(b"\n") or len(first) == _LONGEST:
            yield Spool(path, file, _identity(path, first))


def _identity(path: Path, first: bytes) -> str:
    known = b"cp-" in first
    return hashlib.sha256(first if known else path.name.encode() + b"\0" + first).hexdigest()[:32]

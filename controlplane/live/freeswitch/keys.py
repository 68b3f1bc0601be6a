"""Which stored keys a FreeSWITCH has: its store answers for a key, but cannot list many.

`db list` ends after 4 KB. So every key is noted in a file beside the bundles before it is first
written; what is noted is asked for. A key that somebody else put is seen only in a short list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 16 * 2**20


class NotedKeys:
    """The file may name keys that are gone, never lack one that is there. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "store.keys"

    def all(self) -> set[str]:
        try:
            return set(self._path.read_text().split("\n")) - {""}
        except FileNotFoundError:
            return set()

    def add(self, keys: Iterable[str]) -> None:
        """Before they are written; only while the folder is locked."""
        # Whoever was killed here may have left half a line.
        lines = "".join(f"\n{key}" for key in keys) + "\n"
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        with os.fdopen(file, "w") as stream:
            stream.write(lines)
            stream.flush()
            os.fsync(file)
            size = stream.tell()
        if size > MOST_BYTES:
            self._write_anew()

    def _write_anew(self) -> None:
        """Each key once: flips name the same few again and again."""
        new = self._path.with_suffix(".new")
        new.write_text("".join(f"{key}\n" for key in sorted(self.all())))
        new.chmod(0o640)
        new.rename(self._path)

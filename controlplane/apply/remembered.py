"""Remembered keys: what we last wrote to an engine's store, so that it need not be read again.

A file of JSON lines beside the bundles: the first is the whole store, each further one a change
and the digest after it. It is only ever trusted when that digest is the one the engine itself
holds, so it needs no flush and no repair: whatever happens to it costs one full comparison.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from controlplane.apply.bundle_folder import clear_faults
from controlplane.apply.store_keys import Delta, apply_delta, digest_of

_MOST_CHANGES = 200
"""Changes before the file is written anew as a whole."""

_MOST_BYTES = 64 * 2**20
"""A file that flips alone have made longer is not used, and so written anew."""

_DIGEST = re.compile(rb'{"digest":"([0-9a-f]+)"')


class RememberedKeys:
    """`digest` is "" where nothing is remembered."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.jsonl"
        self.keys: dict[str, str] = {}
        self.digest = ""
        self._changes = 0

    def load(self) -> None:
        """Read the file; nothing is remembered where it is missing or damaged."""
        self.keys, self.digest, self._changes = {}, "", 0
        try:
            lines = self.path.read_text().splitlines()
            for line in lines:
                entry: dict[str, Any] = json.loads(line)
                apply_delta(self.keys, Delta(entry["put"], tuple(entry["delete"])))
                self.digest = str(entry["digest"])
                self._changes += 1
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.keys, self.digest, self._changes = {}, "", 0

    def last_digest(self) -> str:
        """The digest after the last change, without reading all; "" where it cannot be told."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return ""
        if len(content) > _MOST_BYTES or not content.endswith(b"}\n"):
            return ""
        start = content.rfind(b"\n", 0, len(content) - 1) + 1
        found = _DIGEST.match(content, start)
        return found[1].decode() if found else ""

    def replace(self, keys: dict[str, str]) -> None:
        """Remember exactly these. Raises Faults."""
        self.keys, self.digest, self._changes = dict(keys), digest_of(keys), 1
        self._write(_line(Delta(self.keys), self.digest), os.O_TRUNC)

    def change(self, change: Delta, digest: str) -> None:
        """Remember what was changed; `digest` is that of all keys after it. Raises Faults."""
        if self._changes >= _MOST_CHANGES or len(change) > 1000 or not self.digest:
            apply_delta(self.keys, change)
            self.replace(self.keys)
            return
        apply_delta(self.keys, change)
        self.digest = digest
        self._changes += 1
        self.append(change, digest)

    def append(self, change: Delta, digest: str) -> None:
        """As `change`, where `last_digest` was all that was read. Raises Faults."""
        self._write(_line(change, digest), os.O_APPEND)

    def _write(self, line: str, how: int) -> None:
        with clear_faults(self.path.parent):
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o640)
            with os.fdopen(file, "wb") as stream:
                stream.write(line.encode())


def _line(change: Delta, digest: str) -> str:
    entry = {"digest": digest, "put": dict(change.put), "delete": list(change.delete)}
    return json.dumps(entry, separators=(",", ":")) + "\n"

"""Manifest: what a bundle on disk holds, so that unchanged files need not be read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controlplane.diagnostics import fault

MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was written: SHA-256 of its bytes, its size, its time of change in ns."""

    digest: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """`name` is the bundle's folder below `bundles/`; `files` by path in it."""

    name: str
    revision: int
    files: Mapping[str, Entry]

    def digests(self) -> dict[str, str]:
        return {path: entry.digest for path, entry in self.files.items()}

    def to_json(self) -> str:
        body = {
            "format": _FORMAT,
            "revision": self.revision,
            "files": {p: [e.digest, e.size, e.mtime_ns] for p, e in sorted(self.files.items())},
        }
        return json.dumps(body, indent=0) + "\n"


def encoded(path: str, text: str) -> bytes:
    """What is written for `text`. Raises Faults where it is no Unicode."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        character = f"U+{ord(text[error.start]):04X}"
        raise fault(f"{path} would hold {character}, which no file can") from None


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """None where there is none that can be used: the bundle is then written anew."""
    try:
        body = json.loads((folder / MANIFEST).read_bytes())
        if body["format"] != _FORMAT:
            return None
        files = {path: Entry(str(d), int(s), int(m)) for path, (d, s, m) in body["files"].items()}
        return Manifest(folder.name, int(body["revision"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def untouched(path: Path, entry: Entry) -> bool:
    """Whether the file is as it was written, judged by its size and time alone."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_size == entry.size and found.st_mtime_ns == entry.mtime_ns


def differences(folder: Path, manifest: Manifest) -> list[tuple[str, str]]:
    """Each file that is not as it was written, and how; every byte is read."""
    found: list[tuple[str, str]] = []
    for path, entry in sorted(manifest.files.items()):
        try:
            content = (folder / path).read_bytes()
        except FileNotFoundError:
            found.append((path, "is missing"))
        except OSError as error:
            found.append((path, f"cannot be read: {error.strerror}"))
        else:
            if digest_of(content) != entry.digest:
                found.append((path, "was edited"))
    written = {*manifest.files, MANIFEST}
    for item in sorted(folder.rglob("*")):
        path = item.relative_to(folder).as_posix()
        if not item.is_dir() and path not in written:
            found.append((path, "is not ours"))
    return found

"""Reading a tenant's file, fast where it was read before: what was made of it is kept on disk."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from controlplane.diagnostics import Faults, Severity
from controlplane.render.phones.lacking import lacking as phones_lack
from controlplane.service.files import write_whole
from controlplane.store.yaml.cache import ReadCache
from controlplane.store.yaml.reader import Reading, read_file

_DIGEST = 32


@contextmanager
def read_tenant(path: Path, state_folder: Path) -> Iterator[Reading]:
    """The sound phone system of a file, and its warnings.

    Raises Faults with every fault. What was made of the file is kept in `state_folder` when the
    context ends, for its owner only, as it may hold secrets; nothing depends on it.
    """
    folder = state_folder / "read-cache"
    kept = folder / hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:24]
    before, cache = _load(kept)
    reading = _with_phones(read_file(path, cache))
    yield reading
    with contextlib.suppress(OSError):
        now = _digest(path)
        if now != before:
            folder.mkdir(mode=0o700, exist_ok=True)
            write_whole(kept, now + cache.to_bytes(), secret=True, lasting=False)


def _with_phones(reading: Reading) -> Reading:
    """What handsets cannot do is said by the file, too. Raises Faults where they would not work."""
    lacks = [replace(it, source=reading.source(it.address)) for it in phones_lack(reading.system)]
    if any(it.severity is Severity.ERROR for it in lacks):
        raise Faults((*reading.warnings, *lacks))
    return replace(reading, warnings=(*reading.warnings, *lacks)) if lacks else reading


def _load(kept: Path) -> tuple[bytes, ReadCache]:
    try:
        content = kept.read_bytes()
    except OSError:
        return b"", ReadCache()
    return content[:_DIGEST], ReadCache.from_bytes(content[_DIGEST:])


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()

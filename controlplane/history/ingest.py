"""Ingest: what is new in the spools of the engines becomes rows, each call exactly once.

Rows and the position behind them are stored in one transaction. Whatever ends this process, or
reads the same file beside it, a call is neither lost nor counted twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from controlplane.history.entry import Known, entry
from controlplane.history.recordings import fault_in
from controlplane.history.spools import Chunk, Spool, opened, spool_paths
from controlplane.routing.recording import FOLDER
from controlplane.routing.spool import SpoolError, pieces, read_spool_line
from controlplane.store import call_log
from controlplane.store.call_log import CallRow, Reading, SpoolFault
from controlplane.store.store import Store

CHUNK_BYTES = 256 * 1024
"""About a thousand calls: the store's writer is held for some ten milliseconds."""

_KEPT = 1000
"""Characters of a line that is no call."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """`calls` are new; `faults` are lines that are none, kept with their reason. `unrecorded`:
    calls whose recording is not as it should be, and what is wrong."""

    calls: int = 0
    faults: int = 0
    unrecorded: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Ingested) -> Ingested:
        unrecorded = self.unrecorded + other.unrecorded
        return Ingested(self.calls + other.calls, self.faults + other.faults, unrecorded)


class Ingester:
    """`folders`: where each engine's spool is. `known`: what is known of tenants, now.

    Blocking: for a thread of its own. Raises Faults where the store is away, OSError where a
    spool cannot be read; whatever was stored until then stays, and the next call goes on there.
    """

    def __init__(
        self,
        store: Store,
        folders: Mapping[str, Path],
        known: Callable[[], Known],
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        self._store = store
        self._folders = dict(folders)
        self._known = known
        self._chunk_bytes = chunk_bytes
        self._done: dict[Path, tuple[int, int, int]] = {}

    def ingest(self, now: dt.datetime) -> Ingested:
        """Everything that is there. `now` is when lines that are no calls are told to be found."""
        total = Ingested()
        for engine, folder in self._folders.items():
            for path in spool_paths(folder):
                total += self._file(engine, path, now)
        return total

    def holds(self, text: bytes) -> bool:
        """Whether it stands in what is there and not read yet."""
        paths = ((it, path) for it, folder in self._folders.items() for path in spool_paths(folder))
        return any(
            text in line
            for engine, path in paths
            for spool in opened(path)
            for line in self._unread(engine, spool)
        )

    def _unread(self, engine: str, spool: Spool) -> Iterator[bytes]:
        with self._store.database.read() as connection:
            start = call_log.position(connection, engine, spool.identity)
        more = True
        while more:
            chunk = spool.read(start, self._chunk_bytes)
            yield from (line for _, line in chunk.lines)
            start, more = chunk.end, chunk.more

    def _file(self, engine: str, path: Path, now: dt.datetime) -> Ingested:
        seen = _stamp(path)
        if seen is None or self._done.get(path) == seen:
            return Ingested()
        total = Ingested()
        for spool in opened(path):
            total += self._spool(engine, spool, path.parent.parent / FOLDER, now)
        self._done[path] = seen
        return total

    def _spool(self, engine: str, spool: Spool, recordings: Path, now: dt.datetime) -> Ingested:
        total, more = Ingested(), True
        while more:
            with self._store.database.read() as connection:
                start = call_log.position(connection, engine, spool.identity)
            chunk = spool.read(start, self._chunk_bytes)
            if chunk.end == start:
                break
            reading = _reading(engine, spool, chunk, self._known(), recordings)
            with self._store.database.write() as connection:
                new = call_log.take(connection, reading, now)
            if new is None:
                # Somebody else reads it too, and was faster: go on behind what they stored.
                continue
            total += Ingested(new, len(reading.faults), tuple(_unrecorded(reading)))
            more = chunk.more
        return total


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Changes with whatever is written to the file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _unrecorded(reading: Reading) -> Iterator[tuple[str, str]]:
    return ((row.call, row.recording_fault) for row in reading.rows if row.recording_fault)


def _looked_at(row: CallRow, recordings: Path) -> CallRow:
    if row.recording is None:
        return row
    found = fault_in(recordings, row.recording.split(), row.talk)
    return row if found is None else replace(row, recording_fault=found)


def _reading(engine: str, spool: Spool, chunk: Chunk, known: Known, recordings: Path) -> Reading:
    rows: list[CallRow] = []
    faults: list[SpoolFault] = []
    for start, data in chunk.lines:
        text = data.decode("ascii", "backslashreplace").rstrip("\r\n")
        for piece in pieces(text):
            try:
                row = entry(engine, read_spool_line(piece), known)
                rows.append(_looked_at(row, recordings))
            except SpoolError as error:
                if piece.strip():
                    faults.append(_fault(start, str(error), piece))
    once = {fault.position: fault for fault in faults}
    return Reading(
        engine, spool.identity, spool.path.name, chunk.start, chunk.end, rows, tuple(once.values())
    )


def _fault(position: int, reason: str, text: str) -> SpoolFault:
    return SpoolFault(position, reason, text[:_KEPT].replace("\x00", "\\x00"))

"""Room for the history: where recordings fill the disk that it is written to, none is begun."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from controlplane.model.deployment import Deployment
from controlplane.routing.recording import FOLDER, FULL

_RESERVE_BYTES = 256 << 20
_RESERVE_PART = 10
"""Of a small disk it is a tenth."""


class Room:
    """`folders`: each engine's state folder, as we see it, by the engine's name.

    While less than the reserve is left, a file beside the recordings tells the engine to begin
    none: it looks for it where a call is to be recorded. Recordings under way go on.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    def look(self) -> dict[str, bool]:
        """By engine, where that has changed now: whether recordings are begun. Raises OSError."""
        found = {name: _look(folder) for name, folder in self._folders.items()}
        return {name: begun for name, begun in found.items() if begun is not None}


def room_of(deployment: Deployment) -> Room:
    return Room({name: Path(it.state_seen_at) for name, it in deployment.engines.items()})


def _look(state: Path) -> bool | None:
    log, recordings = state / "log", state / FOLDER
    mark = recordings / FULL
    if not (log.is_dir() and recordings.is_dir()):
        return None
    disk = os.statvfs(log)
    left, whole = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    reserve = min(_RESERVE_BYTES, whole // _RESERVE_PART)
    shared = log.stat().st_dev == recordings.stat().st_dev
    if shared and left < reserve and not mark.exists():
        mark.touch()
        return False
    if (not shared or left > 2 * reserve) and mark.exists():
        mark.unlink()
        return True
    return None

"""Recordings of a deployment: which calls have some, their sound, and what is not kept any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane.diagnostics import fault
from controlplane.history.recordings import RecordingFault, remove, remove_before
from controlplane.model.deployment import Deployment
from controlplane.routing.recording import FOLDER
from controlplane.service.files import written
from controlplane.store import call_log
from controlplane.store.store import Store

_COPY_BYTES = 1 << 20
_AT_ONCE = 1000
"""Files that are removed without a rest."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`call`: the row of the call log, by column. `name`: the file, below its engine's folder."""

    id: str
    name: str
    call: Mapping[str, Any]


class Recordings:
    """Raises Faults."""

    def __init__(self, deployment: Deployment, store: Store) -> None:
        self._folders = {
            name: Path(engine.state_seen_at) / FOLDER for name, engine in deployment.engines.items()
        }
        self._store = store

    def list(self, tenant: str, limit: int | None = None) -> list[Recording]:
        """Newest first; what was deleted is not among them."""
        with self._store.database.read() as connection:
            rows = call_log.recorded(connection, tenant, limit)
        return [
            Recording(Path(name).stem, name, row)
            for row in rows
            if row["recording_fault"] != RecordingFault.DELETED
            for name in row["recording"].split()
        ]

    def save(self, tenant: str, id: str, to: Path) -> int:
        """The sound into a file that is not there yet; its bytes."""
        found = self._find(tenant, id)
        try:
            with (self._folder(found) / found.name).open("rb") as source:
                return written(to, iter(lambda: source.read(_COPY_BYTES), b""))
        except FileNotFoundError:
            raise fault("the file of the recording is not there any more", id) from None

    def delete(self, tenant: str, id: str) -> None:
        """All recordings of its call; the call's row stays, and tells that they were deleted."""
        found = self._find(tenant, id)
        try:
            remove(self._folder(found), found.call["recording"].split())
        except OSError as error:
            raise fault(f"the recording cannot be deleted: {error.strerror}", id) from None
        with self._store.database.write() as connection:
            call_log.recordings_gone(
                connection, tenant, RecordingFault.DELETED, call=found.call["id"]
            )

    def forget(self, now: dt.datetime) -> tuple[int, bool]:
        """Remove what tenants do not keep any more, a part at a time: how many files, and whether
        that was all. Raises OSError too."""
        count = 0
        for tenant in self._store.tenants():
            _, settings = self._store.object_at(f"{tenant}/settings")
            days = (settings or {}).get("recording_days")
            if days is None:
                continue
            first = (now - dt.timedelta(days=int(days))).astimezone(dt.UTC).date()
            for folder in self._folders.values():
                count += remove_before(folder, tenant, first, _AT_ONCE - count)
                if count >= _AT_ONCE:
                    return count, False
            before = dt.datetime.combine(first, dt.time(), dt.UTC)
            with self._store.database.write() as connection:
                call_log.recordings_gone(connection, tenant, RecordingFault.DELETED, before=before)
        return count, True

    def _find(self, tenant: str, id: str) -> Recording:
        for found in self.list(tenant):
            if found.id == id:
                return found
        mend = f"`ctl recordings list {tenant}` names all there are"
        raise fault(f"there is no recording {id!r}", tenant, mend)

    def _folder(self, found: Recording) -> Path:
        engine = found.call["engine"]
        if engine not in self._folders:
            raise fault(f"its engine {engine!r} is not in the configuration", found.id)
        return self._folders[engine]

"""Call history of a running controller: reads the engines' spools, again and again, in a thread."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from controlplane.diagnostics import Faults
from controlplane.history.entry import Known
from controlplane.history.ingest import Ingester
from controlplane.model.deployment import Deployment
from controlplane.service.calls.past_calls import PastCalls
from controlplane.service.calls.recordings import Recordings
from controlplane.service.calls.room import room_of
from controlplane.store import call_log
from controlplane.store.store import Store

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
_FORGET_SECONDS = 3600.0
_FIRST = 6
"""The steps from this one on are taken before all others."""

_CHUNK_BYTES = 64 * 1024
"""Some two hundred calls at once: those that are decided meanwhile share the processor."""


def spool_folders(deployment: Deployment) -> dict[str, Path]:
    """Where each engine's spool is, as we see it."""
    return {name: Path(engine.state_seen_at) / "log" for name, engine in deployment.engines.items()}


class CallHistory:
    """`known`: what calls are decided by now; `failed` counts what goes wrong, by a word; `past`
    tells the driver of the calls there were; `flips` takes in what phones turned on and off, and
    `due` logs out who is due, by the calls there were."""

    def __init__(
        self,
        store: Store,
        deployment: Deployment,
        known: Callable[[], Known],
        failed: Callable[[str], None],
        look_seconds: float = LOOK_SECONDS,
        past: PastCalls | None = None,
        flips: Callable[[], object] = lambda: None,
        due: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._ingester = Ingester(store, spool_folders(deployment), known, _CHUNK_BYTES)
        self._days = deployment.run.history_days
        self._failed = failed
        self._look_seconds = look_seconds
        self._past = past
        self._flips = flips
        self._due = due
        self._recordings = Recordings(deployment, store)
        self._room = room_of(deployment)
        self._steps = (
            self._look_for_room,
            self._ingest,
            self._flip,
            self._log_out,
            self._forget,
            self._forget_recordings,
            *([past.look] if past else []),
        )
        self._told = asyncio.Event()
        self._trouble: list[str] = []
        self._forgot = float("-inf")
        self._forgot_recordings = float("-inf")

    async def run(self) -> None:
        """Until it is cancelled. What cannot be read or stored now is tried again."""
        await self._take(self._steps[_FIRST:])
        self._told.set()
        while True:
            await self._take(self._steps)
            await asyncio.sleep(self._look_seconds)

    async def told(self, seconds: float) -> None:
        """Returns once the driver was told of the calls there were, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._told.wait()

    async def _take(self, steps: Sequence[Callable[[], None]]) -> None:
        await asyncio.to_thread(self._look, steps)
        if self._past is not None:
            self._past.tell()

    def _look(self, steps: Sequence[Callable[[], None]]) -> None:
        """What one step cannot do does not keep the next from being done."""
        found = [self._trouble_of(step) for step in steps]
        trouble = [it for it in found if it]
        for reason in dict.fromkeys(trouble):
            if reason not in self._trouble:
                self._failed("history")
                log.warning("calls not stored or not read", reason=reason)
        self._trouble = trouble

    def _trouble_of(self, step: Callable[[], None]) -> str:
        try:
            step()
        except (Faults, OSError) as error:
            return str(error)
        return ""

    def _look_for_room(self) -> None:
        for engine, begun in self._room.look().items():
            if begun:
                log.info("there is room again: calls are recorded", engine=engine)
                continue
            self._failed("room")
            log.error("the disk is nearly full: no recording is begun", engine=engine)

    def _ingest(self) -> None:
        done = self._ingester.ingest(dt.datetime.now(dt.UTC))
        if done.faults:
            self._failed("spool")
            log.warning("lines of a spool are no calls", lines=done.faults)
        if done.calls:
            log.debug("calls stored", calls=done.calls)
        for call, trouble in done.unrecorded:
            self._failed("recording")
            log.warning("recording is not whole", call=call, reason=trouble)

    def _forget_recordings(self) -> None:
        now = dt.datetime.now(dt.UTC)
        if now.timestamp() < self._forgot_recordings + _FORGET_SECONDS:
            return
        gone, all_gone = self._recordings.forget(now)
        if all_gone:
            self._forgot_recordings = now.timestamp()
        if gone:
            log.info("old recordings removed", files=gone)

    def _flip(self) -> None:
        self._flips()

    def _log_out(self) -> None:
        self._due()

    def _forget(self) -> None:
        now = dt.datetime.now(dt.UTC)
        if self._days is None or now.timestamp() < self._forgot + _FORGET_SECONDS:
            return
        self._forgot = now.timestamp()
        with self._store.database.write() as connection:
            gone = call_log.forget_before(connection, now - dt.timedelta(days=self._days))
        if gone:
            log.info("old calls removed", calls=gone)

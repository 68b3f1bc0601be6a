"""Following the store, and writing to it who was seen: two loops that no request waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from controlplane.diagnostics import Faults
from controlplane.service.handsets.files import HandsetFiles
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.seen import SeenBatch

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
AT_ONCE_SECONDS = 0.1
"""How often, at most, the store is looked at because somebody shows a token that is not known."""

WRITE_SECONDS = 0.8


class Following:
    """Keeps `files` as the store has it, and writes what is in `seen`. Of one loop.

    `each_time` is called before each look. Set `news` to have the next one at once.
    """

    def __init__(
        self,
        files: HandsetFiles,
        seen: SeenBatch,
        counts: Counts,
        each_time: Callable[[], None] = lambda: None,
    ) -> None:
        self._each_time = each_time
        self.news = asyncio.Event()
        self._files = files
        self._seen = seen
        self._counts = counts
        self._looking: asyncio.Task[None] | None = None
        self._looked = 0.0
        self.trouble = ""

    async def look(self) -> None:
        """One look at a time: who comes while there is one waits for the next, all together.
        Raises Faults."""
        before, loop = self._looking, asyncio.get_running_loop()
        if before is not None:
            await asyncio.wait([before])
        if self._looking is before or self._looking is None:
            self._looking = loop.create_task(self._look())
            self._looking.add_done_callback(lambda it: it.cancelled() or it.exception())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._looked + AT_ONCE_SECONDS - loop.time()))
        self._looked = loop.time()
        try:
            news = await asyncio.to_thread(self._files.look)
        finally:
            self._looking = None
        if news.revision != self._files.revision or news.change != self._files.change or news.anew:
            log.debug("store followed", revision=news.revision, change=news.change)
        self._files.take(news)

    async def run(self) -> None:
        """Until cancelled. A store that cannot be read is looked at again and again."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self.news.wait()
            self.news.clear()
            try:
                self._each_time()
                await self.look()
                self._well("look")
            except Exception as error:  # nothing that is stored may end it
                self._failed("look", error)

    async def write(self) -> None:
        """What there is to write. Raises Faults, and keeps it then."""
        batch = self._seen.taken()
        if not batch:
            return
        try:
            await asyncio.to_thread(self._seen.write, batch)
        except BaseException:
            self._seen.given_back(batch)
            raise

    async def run_writing(self) -> None:
        """As `run`."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await self.write()
                self._well("write")
            except Exception as error:
                self._failed("write", error)

    def _failed(self, what: str, error: Exception) -> None:
        reason = type(error).__name__
        if isinstance(error, Faults):
            reason = error.diagnostics[0].message
        self._counts.events[f"store: no {what}"] += 1
        if not self.trouble:
            log.error("provisioning: store away", to=what, reason=reason)
        self.trouble = f"{what}: {reason}"

    def _well(self, what: str) -> None:
        if self.trouble.startswith(f"{what}: "):
            log.info("provisioning: store is back")
            self.trouble = ""

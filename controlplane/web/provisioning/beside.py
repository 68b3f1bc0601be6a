"""Beside: handsets are served by a loop in a thread of its own, beside the one that decides calls.

A storm of ten thousand handsets then costs a call what it costs to wait for another thread, half a
millisecond, and not the time of all the requests that came before it.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress

import uvloop

from controlplane.model.deployment import Deployment
from controlplane.store.store import Store
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.limits import Limits
from controlplane.web.provisioning.serving import Served, served


class Beside:
    """Start it once, and stop it. `failed` hears why it ended by itself."""

    def __init__(
        self, deployment: Deployment, store: Store, counts: Counts, limits: Limits | None = None
    ) -> None:
        self._deployment = deployment
        self._store = store
        self._counts = counts
        self._limits = limits
        self._ready: Future[Served] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="provisioning", daemon=True)

    def start(self) -> Served:
        """Once handsets are served. Raises Faults where they cannot be; blocking."""
        self._thread.start()
        return self._ready.result()

    def stop(self) -> None:
        """In order; blocking. Also where it has ended already."""
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def hurry(self) -> None:
        """A revision is said to be new: a handset may be told to fetch in a moment."""
        if self._loop is not None and self._ready.done() and self._thread.is_alive():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ready.result().following.news.set)

    def reason(self) -> str:
        """Why handsets are not served as is stored; "" in good order."""
        if not self._thread.is_alive():
            return "handsets are not served: their thread has ended"
        trouble = self._ready.result().following.trouble if self._ready.done() else ""
        return f"handsets: {trouble}" if trouble else ""

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with served(self._deployment, self._store, self._counts, self._limits) as it:
            self._ready.set_result(it)
            await self._stop.wait()

"""Following the store: the plans and state that calls are decided by, as revisions come.

An announcement of `ctl apply` says what changed: a flip is taken at once, anything else makes
us read the store again. A slow look at the store finds what an announcement missed.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from controlplane.apply.news import flips_of
from controlplane.diagnostics import Faults
from controlplane.live.driver import Driver
from controlplane.routing.plan import Plan
from controlplane.routing.state import State
from controlplane.service import world
from controlplane.store.store import Store

log = structlog.get_logger(__name__)

POLL_SECONDS = 3.0
BEHIND_SECONDS = 15.0
"""How long a newer revision may be known and not yet be in memory."""


@dataclass(frozen=True, slots=True)
class Mind:
    """What calls are decided by: plan and state by tenant, all at one revision."""

    revision: int
    tenants: Mapping[str, tuple[Plan, State]]


def read_mind(store: Store) -> Mind:
    """Everything stored, compiled. Blocking; for a thread. Raises Faults.

    What it makes lives until the next one: it is kept out of the garbage collector's sight,
    which would otherwise walk through all of it, again and again, while calls wait.
    """
    gc.disable()
    try:
        now = world.load(store)
        tenants = {}
        for name, tenant in now.tenants.items():
            view = tenant.view()
            tenants[name] = (view.plan, view.state)
        mind = Mind(now.revision, tenants)
        del now
    finally:
        gc.freeze()
        gc.enable()
    return mind


class Follower:
    """Keeps `driver` at the newest revision. `failed` counts what goes wrong, by a word."""

    def __init__(
        self,
        store: Store,
        driver: Driver,
        failed: Callable[[str], None],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.revision = 0
        self.stored = 0
        self._store = store
        self._driver = driver
        self._failed = failed
        self._poll_seconds = poll_seconds
        self._news = asyncio.Event()
        self._trouble = ""
        self._behind_since: float | None = None

    def reason(self) -> str:
        """Why calls are not decided by what is stored; "" in good order."""
        if self._trouble:
            return self._trouble
        since = self._behind_since
        if since is not None and asyncio.get_running_loop().time() - since > BEHIND_SECONDS:
            return f"revision {self.stored} is stored, calls are decided by {self.revision}"
        return ""

    def take(self, mind: Mind) -> None:
        """Decide by `mind` from now on."""
        self._driver.follow(mind.tenants)
        self.revision = mind.revision
        self.stored = max(self.stored, mind.revision)
        log.info("revision taken", revision=mind.revision)

    def announced(self, variables: Mapping[str, object]) -> None:
        """An engine passed on that a revision is live. Returns at once."""
        revision = str(variables.get("revision", ""))
        if not revision.isdecimal() or int(revision) <= self.revision:
            return
        self.stored = max(self.stored, int(revision))
        flips = flips_of(variables)
        tenant = str(variables.get("tenant", ""))
        next_one = int(revision) == self.revision + 1 and tenant in self._driver.tenants
        if flips is None or not next_one:
            self._news.set()
            return
        self._driver.flip(tenant, flips)
        self.revision = int(revision)
        log.info("flip taken", revision=self.revision, tenant=tenant, keys=sorted(flips))

    async def run(self) -> None:
        """Follow until cancelled. A store that cannot be read is looked at again and again."""
        while True:
            await self._wait()
            try:
                await self._look()
                self._trouble = ""
            except Faults as faults:
                self._trouble = f"the store: {faults.diagnostics[0].message}"
                self._failed("store")
                log.error("store not read", reason=str(faults))

    async def _look(self) -> None:
        self._news.clear()
        self.stored = max(self.stored, await asyncio.to_thread(self._store.latest_revision))
        if self.stored <= self.revision:
            self._behind_since = None
            return
        if self._behind_since is None:
            self._behind_since = asyncio.get_running_loop().time()
        mind = await asyncio.to_thread(read_mind, self._store)
        # A flip announced while we read may be newer than what was read.
        if mind.revision > self.revision:
            self.take(mind)
        if self.revision >= self.stored:
            self._behind_since = None

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._news.wait()
        except TimeoutError:
            return

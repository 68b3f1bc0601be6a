"""Following the store: the plans and state that calls are decided by, as revisions come.

An announcement of `ctl apply` says what changed: a flip is taken at once, anything else makes
us read the store again. A slow look at the store finds what an announcement missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from controlplane.apply.news import flips_of
from controlplane.cli import world
from controlplane.diagnostics import Faults
from controlplane.routing.plan import Plan
from controlplane.routing.state import State
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


Take = Callable[[Mind], None]


def read_mind(store: Store) -> Mind:
    """Everything stored, compiled. Blocking; for a thread. Raises Faults."""
    now = world.load(store)
    tenants = {}
    for name, tenant in now.tenants.items():
        view = tenant.view()
        tenants[name] = (view.plan, view.state)
    return Mind(now.revision, tenants)


class Follower:
    """`take` is given each new mind, on the event loop. `failed` counts what goes wrong."""

    def __init__(
        self,
        store: Store,
        mind: Mind,
        take: Take,
        failed: Callable[[str], None],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.mind = mind
        self.stored = mind.revision
        self._store = store
        self._take = take
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
            return f"revision {self.stored} is stored, calls are decided by {self.mind.revision}"
        return ""

    def announced(self, variables: Mapping[str, object]) -> None:
        """An engine passed on that a revision is live. Returns at once."""
        revision = str(variables.get("revision", ""))
        if not revision.isdecimal() or int(revision) <= self.mind.revision:
            return
        self.stored = max(self.stored, int(revision))
        flips = flips_of(variables)
        tenant = str(variables.get("tenant", ""))
        if flips is None or int(revision) != self.mind.revision + 1 or not self._knows(tenant):
            self._news.set()
            return
        plan, state = self.mind.tenants[tenant]
        changed = {key: value for key, value in flips.items() if value is not None}
        kept = {key: value for key, value in state.items() if key not in flips}
        tenants = {**self.mind.tenants, tenant: (plan, {**kept, **changed})}
        self._swap(replace(self.mind, revision=int(revision), tenants=tenants))

    async def run(self) -> None:
        """Follow until cancelled. A store that cannot be read is looked at again and again."""
        while True:
            try:
                await self._look()
                self._trouble = ""
            except Faults as faults:
                self._trouble = f"the store: {faults.diagnostics[0].message}"
                self._failed("store")
                log.error("store not read", reason=str(faults))
            await self._wait()

    async def _look(self) -> None:
        self._news.clear()
        self.stored = max(self.stored, await asyncio.to_thread(self._store.latest_revision))
        if self.stored <= self.mind.revision:
            self._behind_since = None
            return
        if self._behind_since is None:
            self._behind_since = asyncio.get_running_loop().time()
        mind = await asyncio.to_thread(read_mind, self._store)
        if mind.revision > self.mind.revision:
            self._swap(mind)
        self._behind_since = None

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _knows(self, tenant: str) -> bool:
        return tenant in self.mind.tenants

    def _swap(self, mind: Mind) -> None:
        self.mind = mind
        self._take(mind)
        log.info("revision taken", revision=mind.revision)

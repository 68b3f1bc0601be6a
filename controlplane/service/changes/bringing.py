"""Bringing: every engine to what is stored, read back from it, and written down.

Methods raise Faults, and leave engines they did not come to as they were.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from controlplane.apply.applier import Applied, News, Progress
from controlplane.apply.news import news
from controlplane.diagnostics import Faults
from controlplane.engines import ENGINES
from controlplane.model.deployment import Deployment, Engine
from controlplane.render.bundle import Bundle
from controlplane.service import world
from controlplane.service.changes import flips
from controlplane.store.engine_log import EngineRecord
from controlplane.store.store import Store


class Bringing:
    """`tell` hears what is begun; `now` is the time of what is written down."""

    def __init__(
        self,
        deployment: Deployment,
        store: Store,
        tell: Progress,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._engines = deployment.engines
        self._store = store
        self._tell = tell
        self._now = now

    def ready(self, *, files: bool) -> None:
        """Whether each answers and, with `files`, can be given other ones."""
        for engine in self._engines.values():
            asyncio.run(ENGINES[engine.kind].applier.ready(engine, files=files))

    def all(
        self, known: world.Tenant | None, tenant: str, *, thorough: bool = False
    ) -> dict[str, Applied]:
        """Every engine to what is stored now. `known`: a tenant that need not be read; `tenant`:
        whose commit it is for; `thorough`: every file and key is compared."""
        self._tell("load")
        now = world.load(self._store, known)
        self._tell("compile")
        views = now.views()
        done = {}
        for name, engine in self._engines.items():
            row = ENGINES[engine.kind]
            self._tell("render")
            bundle = row.render(views, engine)
            told = news(now.revision, tenant, None)
            with self._recorded(name, now.revision, bundle):
                applied = self._to(engine, bundle, now.revision, told, thorough=thorough)
                if applied.revision > max(now.revision, self._store.latest_revision()):
                    # Not a faster apply: the store is older than the engine, as from a backup.
                    applied = self._to(engine, bundle, now.revision, told, thorough=True)
                done[name] = applied
        return done

    def flip(
        self, tenant: str, flipped: flips.Flips, expected: int, revision: int
    ) -> dict[str, Applied] | None:
        """Stored keys only; None where an engine is not as we left it, and needs it all."""
        done = {}
        for name, engine in self._engines.items():
            row = ENGINES[engine.kind]
            change = flips.delta(row.stored, tenant, flipped)
            told = news(revision, tenant, flipped.after)
            applied = asyncio.run(row.applier.flip(engine, change, expected, revision, told))
            if applied is None:
                return None
            self._record(name, revision, "applied", "")
            done[name] = applied
        return done

    def _to(
        self, engine: Engine, bundle: Bundle, revision: int, told: News, *, thorough: bool
    ) -> Applied:
        applier = ENGINES[engine.kind].applier
        return asyncio.run(
            applier.apply(engine, bundle, revision, self._tell, told, thorough=thorough)
        )

    @contextmanager
    def _recorded(self, engine: str, revision: int, bundle: Bundle) -> Iterator[None]:
        try:
            yield
        except Faults as faults:
            self._record(engine, revision, "failed", str(faults))
            raise
        self._record(engine, revision, "applied", "", bundle.digest())

    def _record(
        self, engine: str, revision: int, outcome: str, detail: str, bundle: str = ""
    ) -> None:
        """What the engine does counts, not whether it was written down."""
        with suppress(Faults):
            self._store.record_applied(
                EngineRecord(engine, revision, self._now(), outcome, detail, bundle)
            )


async def start_folder(engine: Engine) -> None:
    """Give an engine that never started the files to start with: revision 0, without tenants."""
    row = ENGINES[engine.kind]
    await row.applier.start_folder(engine, row.render((), engine))

"""Doors: looks at the PINs that callers press, beside the calls that are decided meanwhile."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from controlplane.calls.given import Check, Look
from controlplane.routing.steps import Outcome
from controlplane.service.pins import Attempt, PinService, pin_service
from controlplane.store.store import Store

_THREADS = 4
"""At a time: a hash takes a core for some tens of milliseconds, on purpose."""

_OUTCOMES = {
    Attempt.RIGHT: Outcome.RIGHT,
    Attempt.CHANGE: Outcome.CHANGE,
    Attempt.WRONG: Outcome.WRONG,
    Attempt.LOCKED: Outcome.LOCKED,
}


class DoorKeeper:
    """Call it with what is to be looked at. Raises Faults where the database cannot be asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pins: PinService = pin_service(store)
        self._threads = ThreadPoolExecutor(_THREADS, "pins")

    async def __call__(self, check: Check) -> Outcome:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, check)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self, check: Check) -> Outcome:
        tenant, line, digits = check.tenant, check.line, check.digits
        match check.look:
            case Look.PIN:
                if self._store.object_at(f"{tenant}/lines/{line}")[1] is None:
                    # Who guesses is not told which lines there are.
                    return Outcome.WRONG
                return _OUTCOMES[self._pins.attempt(tenant, line, digits)]
            case Look.NEW_PIN:
                if self._pins.refused(tenant, line, digits):
                    return Outcome.WRONG
                self._pins.choose(tenant, line, digits)
                return Outcome.RIGHT

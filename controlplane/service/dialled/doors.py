"""Doors: looks at the PINs that callers press, and logs them in to handsets, beside the calls that
are decided meanwhile."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from controlplane.calls.given import Binding, Check, Look
from controlplane.diagnostics import fault
from controlplane.routing.steps import Outcome
from controlplane.service.dialled.pins import Attempt, PinService, pin_service
from controlplane.service.handsets.hotdesk import HotDesk, LoginRefused, Why
from controlplane.store.store import Store

_THREADS = 4
"""At a time: a hash takes a core for some tens of milliseconds, on purpose."""

LOGIN_SECONDS = 3.0
"""A login that has not begun by then is not begun: the engine waits two seconds longer, and then
tells the caller that nothing was done."""

_OUTCOMES = {
    Attempt.RIGHT: Outcome.RIGHT,
    Attempt.CHANGE: Outcome.CHANGE,
    Attempt.WRONG: Outcome.WRONG,
    Attempt.LOCKED: Outcome.LOCKED,
}

_REFUSALS = {
    Why.TAKEN: Outcome.TAKEN,
    Why.ELSEWHERE: Outcome.ELSEWHERE,
    Why.NUMBER: Outcome.REFUSED,
}


class DoorKeeper:
    """Call it with what is to be looked at or carried out. Raises Faults where the database cannot
    be asked, or an engine does not take a login. Without `desk` nobody logs in."""

    def __init__(self, store: Store, desk: HotDesk | None = None) -> None:
        self._store = store
        self._desk = desk
        self._pins: PinService = pin_service(store)
        self._threads = ThreadPoolExecutor(_THREADS, "pins")

    async def __call__(self, asked: Check | Binding) -> Outcome:
        run = asyncio.get_running_loop().run_in_executor
        if isinstance(asked, Binding):
            return await run(self._threads, self._log_in, asked)
        return await run(self._threads, self._look, asked)

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

    def _log_in(self, asked: Binding) -> Outcome:
        tenant, line, handset, since = asked
        # A thread has no event loop; its clock is this one.
        if self._desk is None or time.monotonic() > since + LOGIN_SECONDS:
            raise fault(f"line {line} was not logged in to {handset}: there was no time left")
        reason = f"with its PIN, at {handset}"
        try:
            self._desk.login(tenant, line, handset, f"line {line}", reason=reason)
        except LoginRefused as refused:
            return _REFUSALS[refused.why]
        return Outcome.DONE

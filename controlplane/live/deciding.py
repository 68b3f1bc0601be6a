"""Deciding: what the drivers of all engines have in common, whatever their wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import structlog

from controlplane.calls.call import Decision
from controlplane.live.driver import Entered, Question
from controlplane.live.errors import LiveError

log = structlog.get_logger(__name__)

_LATER_SECONDS = 0.05
"""How long what was decided waits to be logged and counted."""

OnNews = Callable[[str, Mapping[str, Any]], object]
"""Is told of user events by name and variables; may return an awaitable."""


class Watch(Protocol):
    """What is counted. Times are in seconds, words are few."""

    def decided(self, engine: str, step: str, after: str, seconds: float) -> None: ...

    def connected(self, engine: str, up: bool) -> None: ...

    def failed(self, kind: str) -> None: ...


class Runs(Protocol):
    """`run` goes on until it is cancelled, or raises LiveError."""

    async def run(self) -> None: ...

    async def drain(self, seconds: float) -> None: ...


async def serve(live: Runs, stop: asyncio.Event, drain_seconds: float) -> None:
    """Run until `stop` is set, then drain; closing makes the engine go on by itself."""
    running = asyncio.create_task(live.run())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await live.drain(drain_seconds)
    finally:
        stopped.cancel()
        running.cancel()
        done = await asyncio.gather(running, return_exceptions=True)
    for error in done:
        if isinstance(error, LiveError):
            raise error


def record(
    watch: Watch,
    engine: str,
    call: str,
    question: Question,
    decision: Decision | None,
    seconds: float,
) -> None:
    """Log and count a decision, or that it was left to the dialplan."""
    if decision is None:
        log.warning("call left to the dialplan", engine=engine, call=call, tenant=question.tenant)
        watch.failed("unknown")
        return
    step = type(decision.step).__name__.lower()
    after = "entry" if isinstance(question, Entered) else question.outcome.value
    watch.decided(engine, step, after, seconds)
    log.info(
        "call decided",
        engine=engine,
        call=call,
        tenant=question.tenant,
        after=after,
        step=step,
        flow=decision.point.flow,
        why=[f"{note.address}: {note.text}" for note in decision.notes],
    )


class Records:
    """Decisions of one engine's calls, to be logged and counted when their phones ring.

    Until then the engine needs the processor, and the caller waits. `write` writes at once.
    """

    def __init__(self, watch: Watch, engine: str) -> None:
        self._watch = watch
        self._engine = engine
        self._waiting: list[tuple[str, Question, Decision | None, float]] = []

    def add(self, call: str, question: Question, decision: Decision | None, seconds: float) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(_LATER_SECONDS, self.write)
        self._waiting.append((call, question, decision, seconds))

    def write(self) -> None:
        waiting, self._waiting = self._waiting, []
        for call, question, decision, seconds in waiting:
            record(self._watch, self._engine, call, question, decision, seconds)


def not_decided(watch: Watch, engine: str, call: str, error: Exception) -> None:
    """A fault of ours is no reason to lose the call: the dialplan knows the way."""
    log.exception("call not decided", engine=engine, call=call, error=type(error).__name__)
    watch.failed("decision")

"""Keeps one inbound event socket up: connects, reconnects with back-off, routes commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import isawaitable
from random import Random
from typing import assert_never

import structlog

from controlplane.live.errors import EngineDown, LinkLost, LiveError, RequestTimeout
from controlplane.live.esl.background import Jobs
from controlplane.live.esl.commands import Command, api, no_operation
from controlplane.live.esl.errors import EslError, NotSent
from controlplane.live.esl.link import Answer, Link
from controlplane.live.esl.login import open_link
from controlplane.live.esl.messages import (
    ApiResponse,
    ConnectData,
    DisconnectNotice,
    Event,
    Message,
    Reply,
)
from controlplane.live.esl.settings import DEFAULT_TIMINGS, EslSettings, EslTimings

log = structlog.get_logger(__name__)

OnEvent = Callable[[Event], object]
OnUp = Callable[[], object]
OnDown = Callable[[LiveError], object]


class EslConnection:
    """`run` holds the link up; the rest uses whatever link there is now, and fails without.

    A command that a broken link leaves behind fails with NotSent, Unconfirmed or OutcomeLost
    and is never sent again by itself. `random` spreads the reconnects of many controllers.
    """

    def __init__(
        self, settings: EslSettings, random: Random, timings: EslTimings = DEFAULT_TIMINGS
    ) -> None:
        self._settings = settings
        self._random = random
        self._timings = timings
        self._link: Link | None = None
        self._jobs = Jobs()
        self._limits: list[float] = []
        """Seconds that the commands under way may take: the engine may be silent over them."""
        self._handlers: set[asyncio.Future[object]] = set()

    @property
    def up(self) -> bool:
        return self._link is not None

    def send(self, command: Command) -> asyncio.Future[Answer]:
        """Send now, without waiting; the answer may be `-ERR`. In order of the calls."""
        if self._link is not None:
            return self._link.send(command)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        future.set_exception(NotSent(f"{command} was not sent: ESL is not connected"))
        future.exception()
        return future

    async def command(self, command: Command, within: float | None = None) -> str:
        """The text of the answer. `within` is seconds.

        Raises EslError where the engine refuses, NotSent, Unconfirmed, RequestTimeout.
        """
        return _checked(command, await self._answer(command, within))

    async def api(self, name: str, argument: str = "", within: float | None = None) -> str:
        """The output of an API command, whole. It holds up all other commands: keep it short.

        Raises as `command`, and EslError for output that begins with `-ERR` or `-USAGE`.
        """
        return await self.command(api(name, argument), within)

    async def background(self, name: str, argument: str = "", within: float | None = None) -> str:
        """As `api`, beside the connection. `within` covers the whole of the job.

        Raises also OutcomeLost: accepted, and the link broke before it ended.
        """
        seconds = self._timings.job if within is None else within
        command, outcome = self._jobs.new(name, argument)
        try:
            async with asyncio.timeout(seconds):
                _checked(command, await self._answer(command, None))
                return _checked(command, await outcome)
        except RequestTimeout:
            raise
        except TimeoutError:
            raise RequestTimeout(f"{command} did not end within {seconds:g} s") from None
        finally:
            outcome.cancel()

    async def run(self, on_event: OnEvent, on_up: OnUp, on_down: OnDown) -> None:
        """Stay connected until cancelled.

        The three are plain callables, called in order from the reader and to return at
        once; where one returns an awaitable, that runs as a task of its own. `on_up` comes
        before the first event of a link; `on_down` gets the reason, once for each `on_up`.
        Raises WrongCredentials, AccessRefused, and EslError where the engine does not take
        the subscription; all else is retried for ever.
        """
        failures = 0
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            try:
                await self._serve(on_event, on_up, on_down)
            except (EngineDown, LinkLost) as error:
                # A link that held for a while starts the count anew; one that breaks at
                # once does not, or an engine in trouble is hammered.
                failures = 0 if clock() - started > self._timings.retry_most else failures
                wait = self._pause(failures)
                log.info("esl not connected", reason=str(error), retry_in=round(wait, 2))
                failures += 1
                await asyncio.sleep(wait)

    async def _serve(self, on_event: OnEvent, on_up: OnUp, on_down: OnDown) -> None:
        early: list[Message] = []
        link = await open_link(self._settings, self._timings, early.append)
        reason: LiveError = LinkLost("the controller closed the ESL connection")
        was_up = False
        pulse = asyncio.ensure_future(self._watch(link))
        try:
            if not link.ended.done():
                self._link, was_up = link, True
                self._call(on_up)
                for message in early:
                    self._message(message, on_event)
                link.deliver_to(lambda message: self._message(message, on_event))
            reason = await asyncio.shield(link.ended)
            raise reason
        finally:
            self._link = None
            pulse.cancel()
            link.end(reason)
            self._jobs.lose(reason)
            await asyncio.gather(pulse, return_exceptions=True)
            if was_up:
                self._call(on_down, reason)

    async def _watch(self, link: Link) -> None:
        """Ends a link whose peer is dead: no sign of life although it was asked for one."""
        clock, beat = asyncio.get_running_loop().time, self._timings.heartbeat
        # Counted, not only timed: a pause of our own process must not look like the peer's.
        looks = 0
        while not link.ended.done():
            await asyncio.sleep(beat / 8)
            silent = clock() - link.heard
            looks = looks + 1 if silent >= beat else 0
            if looks == 1 and not link.waiting:
                link.send(no_operation())
            elif looks > 4 and silent > max((beat * 1.5, *self._limits)):
                link.abort(LinkLost(f"{self._settings.place} is silent for {silent:.1f} s"))

    def _message(self, message: Message, on_event: OnEvent) -> None:
        match message:
            case Event():
                if message.name != "BACKGROUND_JOB" or not self._jobs.finished(message):
                    self._call(on_event, message)
            case DisconnectNotice():
                log.info("esl disconnect notice", engine=self._settings.place)
            case _:
                pass

    async def _answer(self, command: Command, within: float | None) -> Answer:
        seconds = self._timings.request if within is None else within
        self._limits.append(seconds)
        try:
            async with asyncio.timeout(seconds):
                return await self.send(command)
        except TimeoutError:
            raise RequestTimeout(f"ESL did not answer {command} within {seconds:g} s") from None
        finally:
            self._limits.remove(seconds)

    def _call(self, handler: Callable[..., object], *args: object) -> None:
        try:
            result = handler(*args)
        except Exception:
            log.exception("esl handler failed", handler=getattr(handler, "__name__", ""))
            return
        if isawaitable(result):
            task = asyncio.ensure_future(result)
            self._handlers.add(task)
            task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Future[object]) -> None:
        self._handlers.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("esl handler failed", exc_info=task.exception())

    def _pause(self, failures: int) -> float:
        """Seconds to wait: doubling, capped, and somewhere between half and whole of that."""
        most = min(self._timings.retry_most, self._timings.retry_first * 2.0 ** min(failures, 16))
        return most * self._random.uniform(0.5, 1.0)


def _checked(command: Command, answer: Answer | str) -> str:
    """The text of an answer or the output of a job. Raises EslError where that is an error."""
    match answer:
        case str():
            text = answer
        case ApiResponse():
            text = answer.body
        case Reply():
            text = answer.text
        case ConnectData():
            text = ""
        case _:
            assert_never(answer)
    if text.startswith(("-ERR", "-USAGE")):
        raise EslError(text.strip(), str(command))
    return text

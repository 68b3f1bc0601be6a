"""One Asterisk driven live: connection, questions, decisions, and leaving in good order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from time import monotonic
from typing import Any

import structlog

from controlplane.calls.call import Decision
from controlplane.calls.given import Check
from controlplane.live.ahead import Ahead
from controlplane.live.ari.connection import AriConnection
from controlplane.live.ari.executor import go_on, requests_for
from controlplane.live.ari.messages import (
    ChannelCreated,
    ChannelUserevent,
    Event,
    StasisStart,
    parse_channels,
)
from controlplane.live.ari.point_codec import foreseen, read_question
from controlplane.live.ari.requests import (
    Request,
    list_channels,
    set_variable,
    subscribe_to_channels,
)
from controlplane.live.ari.response import Response
from controlplane.live.ari.settings import AriSettings
from controlplane.live.deciding import OnNews, Records, Watch, not_decided, serve
from controlplane.live.driver import Driver, Question
from controlplane.live.errors import AriError, LiveError
from controlplane.model.deployment import Engine
from controlplane.render.asterisk.record import ASKING_CONTEXTS, DIGITS
from controlplane.routing.steps import CallerId

log = structlog.get_logger(__name__)

_WANTED = ("StasisStart", "ChannelCreated", "ChannelUserevent", "ApplicationReplaced")
"""What a call does between our decisions is the engine's business."""


class AsteriskDriver:
    """Answers the questions of one engine. `run` until cancelled; `drain` before that.

    `down` says why calls are not decided here now, and is empty while they are.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        driver: Driver,
        watch: Watch,
        on_news: OnNews,
        random: Random,
    ) -> None:
        self._name = name
        self._driver = driver
        self._watch = watch
        self._on_news = on_news
        self._ahead = Ahead(driver, monotonic, self._packed)
        self._application = engine.application
        self._connection = AriConnection(
            ari_settings(engine), random, wanted=_WANTED, answers=False
        )
        self._records = Records(watch, name)
        self._pending: set[asyncio.Future[Any]] = set()
        self._draining = False
        self.down = "not connected yet"

    async def run(self) -> None:
        """Raises WrongCredentials, ApplicationTaken; all else is tried again for ever."""
        try:
            await self._connection.run(self._on_event, self._on_up, self._on_down)
        except LiveError as error:
            self.down = str(error)
            raise
        finally:
            self._records.write()

    async def serve(self, stop: asyncio.Event, drain_seconds: float) -> None:
        """`run` until `stop` is set, then `drain`; closing makes the engine go on by itself."""
        await serve(self, stop, drain_seconds)

    async def drain(self, seconds: float) -> None:
        """Leave calls to the engine from now on, and see the decisions under way through."""
        self._draining = True
        if self._pending:
            await asyncio.wait(set(self._pending), timeout=seconds)

    async def _on_up(self) -> None:
        """Channels that asked while nobody was there go on by themselves, at once."""
        self.down = ""
        self._watch.connected(self._name, True)
        log.info("engine connected", engine=self._name)
        answer = await self._connection.request(list_channels())
        for channel in parse_channels(answer.body):
            if channel.context in ASKING_CONTEXTS:
                self._send(channel.id, go_on(channel.id))
        with suppress(AriError):
            # Where the engine does not know this, calls are decided when they ask.
            await self._connection.request(subscribe_to_channels(self._application))

    def _on_down(self, reason: LiveError) -> None:
        self.down = str(reason)
        self._watch.connected(self._name, False)
        log.warning("engine lost", engine=self._name, reason=str(reason))

    def _on_event(self, event: Event) -> object:
        match event:
            case StasisStart():
                self._answer(event)
            case ChannelCreated():
                self._foresee(event)
            case ChannelUserevent():
                return self._on_news(event.name, event.payload)
            case _:
                pass
        return None

    def _foresee(self, event: ChannelCreated) -> None:
        if not self._draining and (question := foreseen(event)):
            self._ahead.think(event.channel, question)

    def _answer(self, event: StasisStart) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        channel = event.channel
        if self._draining:
            self._send(channel, go_on(channel))
            return
        try:
            caller = CallerId(event.caller_number, event.caller_name)
            question = read_question(event.args, caller)
            if check := self._driver.to_check(question):
                self._check_first(channel, question, check)
                return
            self._decide(channel, question, began)
        except Exception as error:
            self._give_up(channel, error)

    def _decide(self, channel: str, question: Question, began: float, *before: Request) -> None:
        decision, packet = self._ahead.decide(channel, question)
        if packet is None or not self._connection.post_packet(packet):
            turns = self._driver.turns_of(question.tenant)
            requests = requests_for(channel, question.tenant, decision, turns)
            self._send(channel, *before, *requests)
        seconds = asyncio.get_running_loop().time() - began
        self._records.add(channel, question, decision, seconds)

    def _packed(self, channel: str, question: Question, decision: Decision) -> bytes | None:
        return self._connection.packet(requests_for(channel, question.tenant, decision))

    def _give_up(self, channel: str, error: Exception) -> None:
        not_decided(self._watch, self._name, channel, error)
        self._send(channel, go_on(channel))

    def _check_first(self, channel: str, question: Question, check: Check) -> None:
        """Other calls do not wait meanwhile."""
        task = asyncio.get_running_loop().create_task(self._checked(channel, question, check))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _checked(self, channel: str, question: Question, check: Check) -> None:
        try:
            found = await self._driver.checked(question, check)
            began = asyncio.get_running_loop().time()
            self._decide(channel, found, began, set_variable(channel, DIGITS, ""))
        except Exception as error:
            self._give_up(channel, error)

    def _send(self, channel: str, *requests: Request) -> None:
        """Without waiting."""
        future = self._connection.post_all(requests)
        if future is not None:
            self._pending.add(future)
            future.add_done_callback(lambda done: self._sent(channel, done))

    def _sent(self, channel: str, done: asyncio.Future[Any]) -> None:
        self._pending.discard(done)
        if done.cancelled():
            return
        if error := done.exception():
            reason = str(error)
        else:
            answer = done.result()
            reason = answer.message if isinstance(answer, Response) and not answer.ok else ""
        # The caller may hang up, or the dialplan go on, while we decide: nothing is wrong then.
        if reason:
            log.debug("request without effect", engine=self._name, call=channel, reason=reason)


def ari_settings(engine: Engine) -> AriSettings:
    return AriSettings(
        f"http://{engine.address}:{engine.ari_port}/ari",
        engine.user,
        engine.password,
        engine.application,
    )

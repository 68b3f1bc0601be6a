"""One FreeSWITCH driven live: listening for questions, deciding, and leaving in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from random import Random
from uuid import uuid4

import structlog

from controlplane.calls.given import Check
from controlplane.live.deciding import OnNews, Watch, not_decided, record, serve
from controlplane.live.driver import Driver, Question
from controlplane.live.errors import EngineDown, LiveError
from controlplane.live.esl.commands import Command, background_api
from controlplane.live.esl.connection import EslConnection
from controlplane.live.esl.executor import commands_for
from controlplane.live.esl.messages import Event
from controlplane.live.esl.news import SUBCLASSES, read_news
from controlplane.live.esl.point_codec import asking_channel, read_question
from controlplane.live.esl.questions import QuestionServer
from controlplane.live.esl.settings import EslSettings
from controlplane.live.freeswitch.lamps import EVENTS, REGISTERED, after_event
from controlplane.model.deployment import Engine
from controlplane.render.freeswitch.record import ASKED

log = structlog.get_logger(__name__)

STAND_BY_SECONDS = 1.0
"""How often one that stands by looks whether the other controller is gone."""


class FreeSwitchDriver:
    """Answers the questions of one engine. `run` until cancelled; `drain` before that.

    The address it listens on is its alone: a second controller stands by until the first is
    gone. `down` says why calls are not decided here now, and is empty while they are.
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
        self._connection = EslConnection(esl_settings(engine), random)
        self._server = QuestionServer(engine.live_address, engine.live_port, ASKED, self._answer)
        self._unconnected = "not connected yet"
        self._unheard = "not listening yet"

    @property
    def down(self) -> str:
        return self._unconnected or self._unheard

    async def run(self) -> None:
        """Raises WrongCredentials, AccessRefused; all else is tried again for ever."""
        listening = asyncio.create_task(self._listen())
        try:
            await self._connection.run(self._on_event, self._on_up, self._on_down)
        except LiveError as error:
            self._unconnected = str(error)
            raise
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self._server.close()

    async def serve(self, stop: asyncio.Event, drain_seconds: float) -> None:
        """`run` until `stop` is set, then `drain`; closing makes the engine go on by itself."""
        await serve(self, stop, drain_seconds)

    async def drain(self, seconds: float) -> None:
        """Leave calls to the engine from now on, and see the decisions under way through."""
        self._unheard = "ending"
        await self._server.drain(seconds)

    async def _listen(self) -> None:
        while True:
            try:
                await self._server.start()
            except EngineDown as error:
                if self._unheard != str(error):
                    log.warning("standing by", engine=self._name, reason=str(error))
                self._unheard = str(error)
                await asyncio.sleep(STAND_BY_SECONDS)
            else:
                self._unheard = ""
                log.info("listening for calls", engine=self._name)
                return

    def _on_up(self) -> None:
        self._unconnected = ""
        self._watch.connected(self._name, True)
        log.info("engine connected", engine=self._name)

    def _on_down(self, reason: LiveError) -> None:
        self._unconnected = str(reason)
        self._watch.connected(self._name, False)
        log.warning("engine lost", engine=self._name, reason=str(reason))

    def _on_event(self, event: Event) -> object:
        if order := after_event(event, self._driver.is_quiet):
            self._connection.send(background_api(*order, str(uuid4())))
            return None
        news = read_news(event)
        return None if news is None else self._on_news(*news)

    def _answer(self, text: str) -> tuple[Command, ...] | Awaitable[tuple[Command, ...]]:
        """What the engine is told; nothing where the call is to go on by itself."""
        clock = asyncio.get_running_loop().time
        began = clock()
        channel = ""
        try:
            channel = asking_channel(text)
            question = read_question(text)
            if check := self._driver.to_check(question):
                return self._checked(channel, question, check)
            return self._decide(channel, question, began)
        except Exception as error:
            not_decided(self._watch, self._name, channel, error)
            return ()

    async def _checked(self, channel: str, question: Question, check: Check) -> tuple[Command, ...]:
        try:
            found = await self._driver.checked(question, check)
            began = asyncio.get_running_loop().time()
            return self._decide(channel, found, began)
        except Exception as error:
            not_decided(self._watch, self._name, channel, error)
            return ()

    def _decide(self, channel: str, question: Question, began: float) -> tuple[Command, ...]:
        decision = self._driver.decide(question)
        turns = self._driver.turns_of(question.tenant)
        commands = commands_for(channel, question.tenant, decision, turns)
        seconds = asyncio.get_running_loop().time() - began
        # Later, when the command is on the wire: a caller waits for those.
        asyncio.get_running_loop().call_soon(
            record, self._watch, self._name, channel, question, decision, seconds
        )
        return commands


def esl_settings(engine: Engine) -> EslSettings:
    custom = (*SUBCLASSES, REGISTERED)
    return EslSettings(engine.address, engine.password, engine.esl_port, EVENTS, custom)

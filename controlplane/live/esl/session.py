"""One call on an outbound socket: its data, what it is told to do, and how that ended.

That the caller has gone is an outcome like any other: `execute` returns `Gone`, at once and
from then on. It never waits for a completion that cannot come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from uuid import uuid4

import structlog

from controlplane.live.errors import LinkLost, LiveError, ProtocolError
from controlplane.live.esl import commands
from controlplane.live.esl.commands import Command
from controlplane.live.esl.errors import EslError
from controlplane.live.esl.link import Answer, Link
from controlplane.live.esl.messages import ConnectData, DisconnectNotice, Event, Message, Reply

log = structlog.get_logger(__name__)


_HANG_UPS = ("CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE")
_CAUSE_WITHIN = 0.5
"""Seconds to wait for the hang-up event once the engine said that the call ended."""


class How(Enum):
    """Why there is nothing more to say to a call."""

    HUNG_UP = "hung up"
    """The call is over; `cause` says why."""
    LEFT = "left"
    """We let it go; the dialplan goes on."""
    LOST = "lost"
    """The connection broke; the dialplan goes on if the engine lives."""


@dataclass(frozen=True, slots=True)
class Gone:
    """`cause` is FreeSWITCH's name of the cause, such as NORMAL_CLEARING; "" unless hung up."""

    how: How
    cause: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """An application came to its end, and the engine knew of no hang-up then.

    `response` is what the application left behind, "" for none; `event` has the channel's
    variables as they were then.
    """

    application: str
    response: str
    event: Event

    def variable(self, name: str) -> str:
        return self.event.variable(name)


Outcome = Completion | Gone
OnEvent = Callable[[Event], object]


class Session:
    """`data` is the channel as it was at the start. `on_event` hears what nobody waits for.

    `early` is what came behind the data before there was a session.
    """

    def __init__(self, link: Link, data: ConnectData, early: Iterable[Message] = ()) -> None:
        self._link = link
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}
        self._ended: asyncio.Future[Gone] = asyncio.get_running_loop().create_future()
        self.data = data
        self.uuid = data.get("Unique-ID") or data.get("Channel-Unique-ID")
        self.on_event: OnEvent | None = None
        for message in early:
            self._message(message)
        link.deliver_to(self._message)
        link.ended.add_done_callback(lambda done: self._end(Gone(How.LOST, "", str(done.result()))))

    @property
    def gone(self) -> Gone | None:
        """None while the call is there and ours to tell."""
        return self._ended.result() if self._ended.done() else None

    def variable(self, name: str) -> str:
        """As at the start of the session; "" where there is none."""
        return self.data.variable(name)

    async def ended(self) -> Gone:
        """Wait until there is nothing more to say to the call."""
        return await asyncio.shield(self._ended)

    async def execute(
        self, application: str, argument: str = "", *, event_lock: bool = False
    ) -> Outcome:
        """Have an application carried out to its end.

        Raises EslError where the engine does not take it. An application that does not exist
        it does take, and then hangs up the call: that is `Gone`.
        """
        return await self.start(application, argument, event_lock=event_lock)

    def start(
        self, application: str, argument: str = "", *, event_lock: bool = False
    ) -> asyncio.Future[Outcome]:
        """As `execute`, without waiting: several are carried out one after another."""
        event = str(uuid4())
        command = commands.execute(application, argument, event=event, event_lock=event_lock)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        outcome.add_done_callback(lambda _: self._waiting.pop(event, None))
        if self.gone is not None:
            outcome.set_result(self.gone)
            return outcome
        self._waiting[event] = outcome
        self._link.send(command).add_done_callback(
            lambda answer: _refused(command, answer, outcome)
        )
        return outcome

    async def command(self, command: Command) -> Reply | Gone:
        """Any other command of an outbound socket. Raises EslError where the engine refuses."""
        if self.gone is not None:
            return self.gone
        try:
            answer = await self._link.send(command)
        except LinkLost as error:
            return self.gone or Gone(How.LOST, "", str(error))
        if not isinstance(answer, Reply):
            raise EslError("an answer of another kind", str(command))
        if not answer.ok:
            raise EslError(answer.text, str(command))
        return answer

    async def hang_up(self, cause: str = "NORMAL_CLEARING") -> Gone:
        """Behind what is being carried out; returns once the call is over."""
        await self.command(commands.hang_up(cause))
        return await self.ended()

    def leave(self) -> None:
        """Let the call go: what the engine has not begun yet is dropped, its dialplan goes on."""
        self._end(Gone(How.LEFT))
        if not self._link.ended.done():
            self._link.send(commands.leave())
            self._link.end(LinkLost("we left the call"))

    def _message(self, message: Message) -> None:
        match message:
            case Event():
                self._event(message)
            case DisconnectNotice(lingers=True):
                # The event with the cause may come behind the notice (seen on 1.11.1).
                gone = Gone(How.HUNG_UP, "", "the call ended")
                asyncio.get_running_loop().call_later(_CAUSE_WITHIN, self._end, gone)
            case DisconnectNotice():
                self._end(Gone(How.LOST, "", "the engine closed the socket"))
            case _:
                raise ProtocolError(f"{type(message).__name__} on an outbound socket")

    def _event(self, event: Event) -> None:
        if event.get("Unique-ID") == self.uuid:
            # An application that hang-up ended may complete before the hang-up is told.
            if event.name in _HANG_UPS or event.get("Answer-State") == "hangup":
                self._end(Gone(How.HUNG_UP, event.get("Hangup-Cause")))
            if event.name == "CHANNEL_EXECUTE_COMPLETE" and self._complete(event):
                return
        if self.on_event is not None:
            try:
                self.on_event(event)
            except Exception:
                log.exception("esl handler failed", call=self.uuid, esl_event=event.name)

    def _complete(self, event: Event) -> bool:
        outcome = self._waiting.pop(event.get("Application-UUID"), None)
        if outcome is None:
            return False
        if not outcome.done():
            response = event.get("Application-Response")
            response = "" if response == "_none_" else response
            outcome.set_result(Completion(event.get("Application"), response, event))
        return True

    def _end(self, gone: Gone) -> None:
        if self._ended.done():
            return
        self._ended.set_result(gone)
        for outcome in list(self._waiting.values()):
            if not outcome.done():
                outcome.set_result(gone)
        self._waiting.clear()


def _refused(
    command: Command, answer: asyncio.Future[Answer], outcome: asyncio.Future[Outcome]
) -> None:
    """`+OK` means queued, no more; only a refusal ends the wait."""
    if outcome.done() or answer.cancelled():
        return
    error: LiveError | BaseException | None = answer.exception()
    if error is not None:
        outcome.set_result(Gone(How.LOST, "", str(error)))
        return
    reply = answer.result()
    if not (isinstance(reply, Reply) and reply.ok):
        outcome.set_exception(EslError(getattr(reply, "text", ""), str(command)))

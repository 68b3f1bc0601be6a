"""One event socket while it lives: writes commands in order, matches answers, ends what waits.

What a command can still hope for when the link breaks is known for each: one that waits here
for room on the wire was not sent; one that was written may have been carried out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

from controlplane.live.errors import LinkLost, LiveError, ProtocolError
from controlplane.live.esl.commands import Command
from controlplane.live.esl.errors import NotSent, Unconfirmed
from controlplane.live.esl.messages import ApiResponse, ConnectData, Message, Reply
from controlplane.live.esl.parser import Parser

Answer = Reply | ApiResponse | ConnectData
Pending = tuple[Command, asyncio.Future[Answer]]


class Link(asyncio.Protocol):
    """`ended` yields the reason once the link is no more; it never fails."""

    def __init__(
        self,
        place: str,
        on_message: Callable[[Message], None],
        opened: Callable[[Link], None] | None = None,
    ) -> None:
        self._place = place
        self._on_message = on_message
        self._opened = opened
        self._loop = asyncio.get_running_loop()
        self._parser = Parser()
        self._queued: deque[Pending] = deque()
        self._written: deque[Pending] = deque()
        self._full = False
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[LiveError] = self._loop.create_future()
        self.heard = self._loop.time()
        """When a byte last came, on the loop's clock."""

    @property
    def waiting(self) -> bool:
        """Whether a command is written and not answered."""
        return bool(self._written)

    def deliver_to(self, on_message: Callable[[Message], None]) -> None:
        self._on_message = on_message

    def send(self, command: Command) -> asyncio.Future[Answer]:
        """Queue it; answers come in the order of the calls. Fails with NotSent, Unconfirmed."""
        future: asyncio.Future[Answer] = self._loop.create_future()
        future.add_done_callback(_retrieved)
        if self.ended.done():
            future.set_exception(NotSent(f"{command} was not sent: {self.ended.result()}"))
        elif self._transport is None or self._full or self._queued:
            self._queued.append((command, future))
        else:
            self._write(command, future)
        return future

    def send_together(self, commands: Sequence[Command]) -> list[asyncio.Future[Answer]]:
        """As `send` for each, in one piece where the wire has room."""
        if self.ended.done() or self._transport is None or self._full or self._queued:
            return [self.send(command) for command in commands]
        futures = [self._loop.create_future() for _ in commands]
        for command, future in zip(commands, futures, strict=True):
            future.add_done_callback(_retrieved)
            self._written.append((command, future))
        self._transport.write(b"".join(command.wire for command in commands))
        return futures

    def end(self, reason: LiveError) -> None:
        """Close now; what waits fails now."""
        if self.ended.done():
            return
        self.ended.set_result(reason)
        for command, future in self._queued:
            if not future.done():
                future.set_exception(NotSent(f"{command} was not sent: {reason}"))
        for command, future in self._written:
            if not future.done():
                future.set_exception(Unconfirmed(f"{command} was not answered: {reason}"))
        self._queued.clear()
        self._written.clear()
        if self._transport is not None:
            self._transport.close()

    def abort(self, reason: LiveError) -> None:
        """As `end`, without waiting for the peer to take what is on its way."""
        self.end(reason)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Only then is what waits here known to be unsent.
        self._transport.set_write_buffer_limits(0)
        if self._opened is not None:
            self._opened(self)
        self.resume_writing()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        while self._queued and not self._full:
            self._write(*self._queued.popleft())

    def data_received(self, data: bytes) -> None:
        self.heard = self._loop.time()
        try:
            for message in self._parser.feed(data):
                if self.ended.done():
                    return
                if isinstance(message, Reply | ApiResponse | ConnectData):
                    self._answer(message)
                else:
                    self._deliver(message)
        except ProtocolError as error:
            self.abort(LinkLost(f"{self._place} sent what is not ESL: {error}"))

    def eof_received(self) -> bool:
        where = " in the midst of a message" if self._parser.midway else ""
        self.end(LinkLost(f"{self._place} closed the connection{where}"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(LinkLost(f"{self._place}: {exc or 'the connection closed'}"))

    def _write(self, command: Command, future: asyncio.Future[Answer]) -> None:
        if future.done() or self._transport is None:
            return
        self._written.append((command, future))
        self._transport.write(command.wire)

    def _answer(self, message: Answer) -> None:
        if not self._written:
            raise ProtocolError("an answer to nothing")
        _, future = self._written.popleft()
        if not future.done():
            future.set_result(message)

    def _deliver(self, message: Message) -> None:
        try:
            self._on_message(message)
        except ProtocolError:
            raise
        except Exception:
            # Only a controller has it loaded; every other command starts without it.
            import structlog

            log = structlog.get_logger(__name__)
            log.exception("handler of an esl message failed", message=type(message).__name__)


def _retrieved(future: asyncio.Future[Answer]) -> None:
    """A sender that does not care leaves no "never retrieved" complaint behind."""
    if not future.cancelled():
        future.exception()

"""A connection: answers requests one after another, in their order.

The next is looked at once the answer before it is on its way: who does not read, or asks for much
at once, is not read from meanwhile. Whoever exceeds a limit is told why and closed; whoever exceeds
a time is cut off by the sweep of the server, which looks at `deadline`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from controlplane.web.provisioning import message
from controlplane.web.provisioning.limits import Limits
from controlplane.web.provisioning.message import Piece, Request, Response
from controlplane.web.provisioning.reading import Reader

if TYPE_CHECKING:
    from controlplane.web.provisioning.listening import Listening

log = structlog.get_logger(__name__)

_PIECE_BYTES = 65_536
_LINGER_BYTES = 1_000_000


class _Gone:
    """In the place of a transport that was closed, which is let go of."""

    def is_closing(self) -> bool:
        return True

    def abort(self) -> None: ...

    def close(self) -> None: ...


_GONE = _Gone()


class Application(Protocol):
    """What answers."""

    def refusal(self, request: Request) -> Response | None:
        """Of one that brings a body, before it is read; None: let it come."""
        ...

    def answer(self, request: Request) -> Response | Awaitable[Response]: ...


class Connection(asyncio.Protocol):
    """`deadline`: on the loop's clock, when this is cut off. `source`: the address of who asks."""

    def __init__(self, server: Listening, application: Application, limits: Limits) -> None:
        self._server = server
        self._application = application
        self._limits = limits
        self._loop = server.loop
        self._transport: Any = None
        self._reader = Reader(self, limits)
        self._waiting: deque[Request | Response] = deque()
        self._task: asyncio.Task[None] | None = None
        self._held_up: asyncio.Future[None] | None = None
        self._deaf = False
        self._lingering = 0
        self._secure = False
        self._certificate: Any = None
        self.source = ""
        self.trusted = False
        self.deadline = 0.0

    # --- what the loop calls

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        name = transport.get_extra_info("peername")
        self.source = name[0] if isinstance(name, tuple) else ""
        self._secure = transport.get_extra_info("sslcontext") is not None
        self._certificate = transport.get_extra_info("peercert") or None
        self._within(self._limits.head_seconds)
        if refused := self._server.entered(self):
            self.refused(refused)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._server.left(self)
        self._deaf = True
        self._waiting.clear()
        self._reader.end()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._transport = _GONE

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._linger(len(data))
            return
        self._reader.feed(data)
        if self._busy and not self._deaf:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Whoever sends no more may still read what it asked for."""
        self._deaf = True
        return self._busy and not self._secure

    def pause_writing(self) -> None:
        self._held_up = self._loop.create_future()
        self._within(self._limits.write_seconds)

    def resume_writing(self) -> None:
        if self._held_up is not None:
            self._held_up.set_result(None)
            self._held_up = None
        self._within(self._limits.idle_seconds)
        self._go_on()

    def cut_off(self) -> None:
        """Its time is over."""
        self._transport.abort()

    # --- what the reader calls

    def begins(self) -> None:
        if not self._busy:
            self._within(self._limits.head_seconds)

    def brings(self, request: Request) -> Response | None:
        self._introduce(request)
        if refusal := self._application.refusal(request):
            return refusal
        self._within(self._limits.body_seconds)
        if request.headers.get(b"expect", b"").lower() == b"100-continue" and not self._busy:
            self._transport.write(message.CONTINUE)
        return None

    def asks(self, request: Request) -> bool:
        self._introduce(request)
        if not self._busy:
            self._serve(request)
        else:
            self._waiting.append(request)
        if len(self._waiting) > self._limits.pipelined:
            self.refused(message.BAD_REQUEST)
        return not self._deaf

    def refused(self, refusal: Response) -> None:
        """After the answers that are due."""
        if self._deaf:
            return
        self._deaf = True
        if self._busy:
            self._waiting.append(refusal)
        else:
            self._send(None, refusal)

    # --- ours

    @property
    def _busy(self) -> bool:
        """Whether what comes now has to wait."""
        return self._task is not None or self._held_up is not None or bool(self._waiting)

    def _within(self, seconds: float) -> None:
        self.deadline = self._loop.time() + seconds

    def _introduce(self, request: Request) -> None:
        request.source, request.secure = self.source, self._secure
        request.certificate = self._certificate

    def _serve(self, request: Request | Response) -> None:
        if isinstance(request, Response):
            self._send(None, request)
            return
        try:
            answer = self._application.answer(request)
        except Exception as error:  # whatever it is, this handset hears that it failed
            answer = self._failed(error)
        if isinstance(answer, Response):
            self._send(request, answer)
        else:
            self._within(self._limits.answer_seconds)
            self._task = self._loop.create_task(self._serve_later(request, answer))

    async def _serve_later(self, request: Request, coming: Awaitable[Response]) -> None:
        try:
            answer = await coming
        except Exception as error:
            answer = self._failed(error)
        self._task = None
        self._send(request, answer)
        self._go_on()

    def _failed(self, error: Exception) -> Response:
        # Not its text, nor the lines of code: a file's contents or a token may stand there.
        log.error("request failed", kind=type(error).__name__, source=self.source)
        return message.FAILED

    def _send(self, request: Request | None, answer: Response) -> None:
        """None: to what was no request. Then nothing more comes after it."""
        if self._transport.is_closing():
            self._done_with(answer.piece)
            return
        head = request is not None and request.method == b"HEAD"
        close = request is None or answer.close or not request.keep_alive or self._server.ending
        old = request is not None and request.version == "1.0"
        if request is not None and request.trusted and not self.trusted:
            self._server.trusts(self)
        self._within(self._limits.idle_seconds)
        self._server.counts.answered(answer.status)
        self._transport.write(
            message.wire(answer, self._server.date, head=head, close=close, old=old)
        )
        if answer.piece is not None and not head:
            self._task = self._loop.create_task(self._send_piece(answer.piece, close))
            return
        self._done_with(answer.piece)
        if close:
            self._close(unread=request is None)

    async def _send_piece(self, piece: Piece, close: bool) -> None:
        """A broken file ends the connection: what was promised cannot be kept."""
        try:
            left = piece.length
            await asyncio.to_thread(piece.file.seek, piece.start)
            while left:
                data = await asyncio.to_thread(piece.file.read, min(left, _PIECE_BYTES))
                if not data or self._transport.is_closing():
                    self._transport.abort()
                    return
                left -= len(data)
                self._transport.write(data)
                if self._held_up is not None:
                    await self._held_up
                self._within(self._limits.write_seconds)
        except OSError:
            self._transport.abort()
            return
        finally:
            self._done_with(piece)
        self._task = None
        if close:
            self._close()
        self._go_on()

    def _go_on(self) -> None:
        """With what waits, while nothing holds it up."""
        while self._waiting and self._task is None and self._held_up is None:
            self._serve(self._waiting.popleft())
        if self._busy or self._transport.is_closing():
            return
        if self._deaf and not self._lingering:
            self._transport.close()
        else:
            self._transport.resume_reading()

    def _close(self, *, unread: bool = False) -> None:
        """`unread`: it may be sending still. A connection closed with bytes unread is reset, and
        the answer lost with it: so let them come for a moment."""
        self._deaf = True
        self._waiting.clear()
        if not unread:
            self._transport.close()
            return
        self._lingering = _LINGER_BYTES
        self._within(self._limits.linger_seconds)
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _linger(self, count: int) -> None:
        if self._lingering:
            self._lingering = max(0, self._lingering - count)
            if not self._lingering:
                self._transport.abort()

    def _done_with(self, piece: Piece | None) -> None:
        if piece is not None:
            piece.file.close()
            self._server.counts.downloads -= 1

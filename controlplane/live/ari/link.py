"""One ARI WebSocket while it lives: reads in order, pipelines requests, fails them at its end.

A call waits for what happens here, so nothing is handed from task to task: an event is dealt
with as its bytes come in, and a request is handed to the system as it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from os import urandom

import structlog
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from controlplane.live.ari.frames import text_frames
from controlplane.live.ari.messages import ApplicationReplaced, Event, RESTResponse, parse_message
from controlplane.live.ari.requests import Request, rest_request
from controlplane.live.ari.response import Response
from controlplane.live.errors import ApplicationTaken, LinkLost, LiveError, ProtocolError

log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 1.0
"""How long the engine may take to close its side."""


class Link(WSListener):
    """To be connected by picows. `run` ends by raising LinkLost (or ApplicationTaken)."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._waiting: dict[str, tuple[Request, asyncio.Future[Response]]] = {}
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self._count = 0
        self._lost: LiveError | None = None
        self.answered = False
        """Whether the engine ever answered a request here, so that it does REST this way."""

    @property
    def connected(self) -> bool:
        """Whether the engine ever took up the WebSocket."""
        return self._transport is not None

    def send(self, request: Request) -> asyncio.Future[Response]:
        """Send `request`; its answer, of any status. Cancel the future to forget it.

        Requests are carried out in the order of the calls. The future fails with LinkLost.
        """
        request_id = self._next_id()
        text = rest_request(request_id, request)
        future: asyncio.Future[Response] = self._loop.create_future()
        future.add_done_callback(lambda done: self._forget(request_id, done))
        if self._lost is not None:
            future.set_exception(self._lost)
            return future
        self._waiting[request_id] = (request, future)
        self.post_packet(text_frames((text,), urandom(4)))
        return future

    def post_all(self, requests: Sequence[Request]) -> None:
        """As `send` for each, as one packet, and nobody hears what comes of them."""
        if self._lost is None:
            self.post_packet(self.packet(requests))

    def packet(self, requests: Sequence[Request]) -> bytes:
        """What `post_all` sends for them."""
        # One that is sent alone wakes the engine, which then holds up the next.
        texts = [rest_request(self._next_id(), request) for request in requests]
        return text_frames(texts, urandom(4))

    def post_packet(self, packet: bytes) -> None:
        """What `packet` made, once."""
        if self._transport is not None and self._lost is None:
            self._transport.underlying_transport.write(packet)

    def deliver_to(self, on_event: Callable[[Event], None]) -> None:
        """Events from now on go there."""
        self._on_event = on_event

    async def run(self) -> None:
        """Wait until the socket closes. Raises LinkLost, ApplicationTaken."""
        try:
            await asyncio.shield(self._ended)
        finally:
            self._lose(LinkLost("the ARI WebSocket closed"))
            await self._close()

    # --- called by picows -------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.TEXT and frame.fin:
            self._take(frame.get_payload_as_bytes())
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                whole, self._parts = b"".join(self._parts), []
                self._take(whole)
        elif kind == WSMsgType.CLOSE:
            code = frame.get_close_code()
            self._lose(LinkLost(f"the ARI WebSocket closed (code {code:d})"))
            transport.send_close(code)
            transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        self._lose(LinkLost("the ARI WebSocket broke"))

    # --- reading ----------------------------------------------------------------------------

    def _take(self, text: bytes) -> None:
        if self._lost is not None:
            return
        try:
            parsed = parse_message(text)
        except ProtocolError as error:
            log.warning("ari message dropped", reason=str(error))
            return
        if isinstance(parsed, RESTResponse):
            self._resolve(parsed)
            return
        try:
            self._on_event(parsed)
        except Exception:
            log.exception("handler of an ari event failed", event_type=type(parsed).__name__)
        if isinstance(parsed, ApplicationReplaced):
            self._lose(
                ApplicationTaken(
                    f"another controller took over the ARI application {parsed.application!r}"
                )
            )

    def _resolve(self, answer: RESTResponse) -> None:
        self.answered = True
        entry = self._waiting.pop(answer.request_id, None)
        if entry is not None and not entry[1].done():
            entry[1].set_result(Response(answer.status, answer.reason, answer.body))

    def _forget(self, request_id: str, future: asyncio.Future[Response]) -> None:
        self._waiting.pop(request_id, None)
        if not future.cancelled():
            # A sender that does not care leaves no "never retrieved" complaint behind.
            future.exception()

    # --- writing, and the end ---------------------------------------------------------------

    def _next_id(self) -> str:
        self._count += 1
        return f"{self._count:x}"

    def _lose(self, reason: LiveError) -> None:
        """The first reason is the one that counts."""
        if self._lost is not None:
            return
        self._lost = reason if isinstance(reason, LinkLost) else LinkLost(str(reason))
        for request, future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(LinkLost(f"{self._lost} during {request}"))
        if not self._ended.done():
            self._ended.set_exception(reason)
            self._ended.exception()

    async def _close(self) -> None:
        transport = self._transport
        if transport is None or transport.is_disconnected:
            return
        if not transport.is_close_frame_sent:
            transport.send_close(WSCloseCode.OK)
        try:
            # It raises what broke the connection, which has been told as `_lost`.
            with suppress(Exception):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await transport.wait_disconnected()
        finally:
            transport.disconnect(graceful=False)

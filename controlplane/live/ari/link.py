"""One ARI WebSocket while it lives: reads in order, pipelines requests, fails them at its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import aiohttp
import structlog

from controlplane.live.ari.messages import ApplicationReplaced, Event, RESTResponse, parse_message
from controlplane.live.ari.requests import Request, rest_request
from controlplane.live.ari.response import Response
from controlplane.live.errors import ApplicationTaken, LinkLost, ProtocolError

log = structlog.get_logger(__name__)


class Link:
    """`run` ends by raising LinkLost (or ApplicationTaken); all that waits ends with it."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, on_event: Callable[[Event], None]
    ) -> None:
        self._socket = socket
        self._on_event = on_event
        self._waiting: dict[str, tuple[Request, asyncio.Future[Response]]] = {}
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._count = 0
        self._lost = ""
        self.answered = False
        """Whether the engine ever answered a request here, so that it does REST this way."""

    def send(self, request: Request) -> asyncio.Future[Response]:
        """Queue `request`; its answer, of any status. Cancel the future to forget it.

        Requests are carried out in the order of the calls. The future fails with LinkLost.
        """
        self._count += 1
        request_id = f"{self._count:x}"
        text = rest_request(request_id, request)
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: self._forget(request_id, done))
        if self._lost:
            future.set_exception(LinkLost(self._lost))
            return future
        self._waiting[request_id] = (request, future)
        self._outgoing.put_nowait(text)
        return future

    def deliver_to(self, on_event: Callable[[Event], None]) -> None:
        """Events from now on go there."""
        self._on_event = on_event

    async def run(self) -> None:
        """Read and write until the socket closes. Raises LinkLost, ApplicationTaken."""
        writer = asyncio.create_task(self._write())
        try:
            await self._read()
        finally:
            self._lose(f"the ARI WebSocket closed{self._close_reason()}")
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await self._socket.close()
        raise LinkLost(self._lost or "the ARI WebSocket closed")

    async def _write(self) -> None:
        try:
            while True:
                text = await self._outgoing.get()
                # One that is sent alone wakes the engine, which then holds up the next.
                with _together(self._socket):
                    await self._socket.send_str(text)
                    while not self._outgoing.empty():
                        await self._socket.send_str(self._outgoing.get_nowait())
        except (aiohttp.ClientError, OSError):
            # The reader hears of it too, perhaps later: whoever waits learns it now.
            self._lose("the ARI WebSocket broke while writing")
            await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                parsed = parse_message(message.data)
            except ProtocolError as error:
                log.warning("ari message dropped", reason=str(error))
                continue
            if isinstance(parsed, RESTResponse):
                self._resolve(parsed)
                continue
            self._deliver(parsed)
            if isinstance(parsed, ApplicationReplaced):
                raise ApplicationTaken(
                    f"another controller took over the ARI application {parsed.application!r}"
                )

    def _deliver(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:
            log.exception("handler of an ari event failed", event_type=type(event).__name__)

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

    def _lose(self, reason: str) -> None:
        if self._lost:
            return
        self._lost = reason
        for request, future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(LinkLost(f"{reason} during {request}"))

    def _close_reason(self) -> str:
        code, error = self._socket.close_code, self._socket.exception()
        if error is not None:
            return f" ({type(error).__name__})"
        return f" (code {code})" if code else ""


@contextmanager
def _together(websocket: aiohttp.ClientWebSocketResponse) -> Iterator[None]:
    """What is written meanwhile leaves as one, where the system can do that (Linux: TCP_CORK)."""
    plain = websocket.get_extra_info("socket")
    if plain is None or not hasattr(socket, "TCP_CORK"):
        yield
        return
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    try:
        yield
    finally:
        with suppress(OSError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

"""Keeps one ARI WebSocket up: connects, reconnects with back-off, routes requests.

REST goes over the WebSocket where the engine answers there, and over HTTP otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from inspect import isawaitable
from random import Random
from typing import Any

import structlog
from picows import WSError, WSHandshakeError, ws_connect

from controlplane.live.ari.link import Link
from controlplane.live.ari.messages import EVENT_TYPES, Event
from controlplane.live.ari.requests import Request, event_filter, ping
from controlplane.live.ari.response import Response
from controlplane.live.ari.rest import AriHttp
from controlplane.live.ari.settings import DEFAULT_TIMINGS, AriSettings, AriTimings
from controlplane.live.errors import (
    EngineDown,
    LinkLost,
    LiveError,
    RequestTimeout,
    WrongCredentials,
)

log = structlog.get_logger(__name__)

_LONGEST_FRAME = 256 * 1024 * 1024
"""Bytes; the list of channels grows with the calls."""

OnEvent = Callable[[Event], object]
OnUp = Callable[[], object]
OnDown = Callable[[LiveError], object]


class AriConnection:
    """`run` holds the link up; `request` and `send` use whatever link there is now.

    `random` spreads the reconnects of many controllers; give a seeded one in tests. `wanted`
    are the types of event the engine is to send. Without `answers` the engine is not to
    answer over the WebSocket either, which spares both sides half of what a call costs there:
    only `post_all` uses it then, and what wants an answer goes over HTTP.
    """

    def __init__(
        self,
        settings: AriSettings,
        random: Random,
        timings: AriTimings = DEFAULT_TIMINGS,
        wanted: Iterable[str] = EVENT_TYPES,
        answers: bool = True,
    ) -> None:
        self._settings = settings
        self._wanted = tuple(wanted)
        self._answers = answers
        self._random = random
        self._timings = timings
        self._link: Link | None = None
        self._http: AriHttp | None = None
        self._handlers: set[asyncio.Future[object]] = set()

    @property
    def up(self) -> bool:
        return self._link is not None

    @property
    def over_websocket(self) -> bool:
        """Whether requests go over the WebSocket now."""
        return self._uses_websocket(self._link)

    def send(self, request: Request) -> asyncio.Future[Response]:
        """Send now, without waiting; the answer may be of any status.

        Over the WebSocket, requests sent one after another are on the wire at once and
        are carried out in that order. Over HTTP no order holds: await each, or use
        `pipeline`. The future fails with LinkLost as soon as the link breaks.
        """
        return self._start(request, self._timings.request)

    def post_all(self, requests: Sequence[Request]) -> asyncio.Future[Any] | None:
        """Send now, without waiting, to be carried out in this order whichever way they go.

        None where they are on the wire and nobody hears what comes of them; a future where
        they take longer, which fails with a LiveError.
        """
        link = self._link
        if link is not None and self._uses_websocket(link):
            link.post_all(requests)
            return None
        if len(requests) == 1:
            return self.send(requests[0])
        return asyncio.ensure_future(self.pipeline(requests))

    def packet(self, requests: Sequence[Request]) -> bytes | None:
        """What `post_all` would send, for `post_packet`; None where it would go another way."""
        link = self._link
        return link.packet(requests) if link is not None and self._uses_websocket(link) else None

    def post_packet(self, packet: bytes) -> bool:
        """Whether it could be sent. Once only: its mask is not to be seen again."""
        link = self._link
        if link is None or not self._uses_websocket(link):
            return False
        link.post_packet(packet)
        return True

    def _start(self, request: Request, seconds: float) -> asyncio.Future[Response]:
        link = self._link
        if link is None:
            future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
            future.set_exception(LinkLost("ARI is not connected"))
            future.exception()
            return future
        if self._answers and self._uses_websocket(link):
            return link.send(request)
        task = asyncio.ensure_future(self._over_http(request, seconds))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def request(self, request: Request, within: float | None = None) -> Response:
        """The answer, 2xx only. `within` is seconds, by default that of the timings.

        Raises AriError for any other status, LinkLost, RequestTimeout.
        """
        seconds = self._timings.request if within is None else within
        answer = await self._wait(self._start(request, seconds), request, seconds)
        return answer.checked(request)

    async def pipeline(
        self, requests: Iterable[Request], within: float | None = None
    ) -> list[Response]:
        """Many requests in order, all written at once where the engine can.

        Over the WebSocket all are carried out even where one fails; over HTTP the first
        failure ends it. Raises as `request` does, for the first that failed.
        """
        wanted = list(requests)
        if not (self._answers and self.over_websocket):
            return [await self.request(item, within) for item in wanted]
        seconds = self._timings.request if within is None else within
        sent = [(item, self.send(item)) for item in wanted]
        answers = [(item, await self._wait(future, item, seconds)) for item, future in sent]
        return [answer.checked(item) for item, answer in answers]

    async def run(self, on_event: OnEvent, on_up: OnUp, on_down: OnDown) -> None:
        """Stay connected until cancelled.

        The three are plain callables, called in order from the reader and to return at
        once; where one returns an awaitable, that runs as a task of its own. `on_up` comes
        before the first event of a link; `on_down` gets the reason, once for each `on_up`.
        Raises WrongCredentials where the engine refuses us and ApplicationTaken where
        another controller registers the same application; all else is retried for ever.
        """
        failures = 0
        clock = asyncio.get_running_loop().time
        async with AriHttp(self._settings, self._timings) as self._http:
            while True:
                started = clock()
                try:
                    await self._serve(on_event, on_up, on_down)
                except (EngineDown, LinkLost) as error:
                    # A link that held for a while starts the count anew; one that
                    # breaks at once does not, or an engine in trouble is hammered.
                    failures = 0 if clock() - started > self._timings.retry_most else failures
                    wait = self._pause(failures)
                    log.info("ari not connected", reason=str(error), retry_in=round(wait, 2))
                    failures += 1
                    await asyncio.sleep(wait)

    async def _connect(self, link: Link) -> None:
        base, beat = self._settings.base, self._timings.heartbeat
        try:
            async with asyncio.timeout(self._timings.connect):
                await ws_connect(
                    lambda: link,
                    self._settings.events_url,
                    extra_headers={"Authorization": self._settings.authorization()},
                    websocket_handshake_timeout=self._timings.connect,
                    enable_auto_ping=True,
                    auto_ping_idle_timeout=beat,
                    auto_ping_reply_timeout=beat / 2,
                    max_frame_size=_LONGEST_FRAME,
                    max_redirects=0,
                )
        except WSHandshakeError as error:
            status = error.response.status if error.response else 0
            if status == 401:
                raise WrongCredentials(
                    f"ARI at {base} refuses the user {self._settings.user!r}"
                ) from None
            # 404 before res_ari is loaded, 503 before the engine has fully booted.
            raise EngineDown(f"ARI at {base} answers {int(status) or 'no HTTP'}") from None
        except TimeoutError:
            raise EngineDown(f"ARI at {base} did not answer in time") from None
        except (WSError, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise EngineDown(f"ARI at {base} is not reachable: {reason}") from None
        if not link.connected:
            raise EngineDown(f"ARI at {base} closed the connection")

    async def _serve(self, on_event: OnEvent, on_up: OnUp, on_down: OnDown) -> None:
        early: list[Event] = []
        link = Link(early.append)
        await self._connect(link)
        reader = asyncio.create_task(link.run())
        was_up = False
        reason: LiveError = LinkLost("the controller closed the ARI connection")
        try:
            await self._prepare(link, reader)
            self._link, was_up = link, True
            self._call(on_up)
            for event in early:
                self._call(on_event, event)
            link.deliver_to(lambda event: self._call(on_event, event))
            await reader
        except LiveError as error:
            reason = error
            raise
        finally:
            self._link = None
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            if was_up:
                self._call(on_down, reason)

    async def _prepare(self, link: Link, reader: asyncio.Task[None]) -> None:
        """Ask for the events we want only, and find out how REST goes here."""
        # The filter of an earlier link may still hold, and let no answer through.
        await self._filter(answers=True)
        if self._settings.rest_over_websocket is not False:
            await asyncio.wait([link.send(ping())], timeout=self._timings.probe)
        if reader.done():
            await reader
        if not self._answers:
            await self._filter(answers=False)

    async def _filter(self, answers: bool) -> None:
        wanted = event_filter(self._settings.application, self._wanted, answers)
        try:
            answer = await self._over_http(wanted, self._timings.request)
        except RequestTimeout as error:
            raise LinkLost(str(error)) from None
        if answer.status == 503:
            raise EngineDown("Asterisk is still booting")
        if not answer.ok:
            # Before Asterisk 16 there is no filter: every event comes, and is read past.
            log.info("ari events are not filtered", reason=answer.message)

    async def _over_http(self, request: Request, seconds: float) -> Response:
        if self._http is None:
            raise LinkLost("ARI is not connected")
        try:
            return await self._http.exchange(request, seconds)
        except EngineDown as error:
            raise LinkLost(str(error)) from None

    async def _wait(
        self, future: Awaitable[Response], request: Request, seconds: float
    ) -> Response:
        try:
            async with asyncio.timeout(seconds):
                return await future
        except RequestTimeout:
            raise
        except TimeoutError:
            raise RequestTimeout(f"ARI did not answer {request} within {seconds:g} s") from None

    def _uses_websocket(self, link: Link | None) -> bool:
        if link is None or self._settings.rest_over_websocket is False:
            return False
        return link.answered or self._settings.rest_over_websocket is True

    def _call(self, handler: Callable[..., object], *args: object) -> None:
        try:
            result = handler(*args)
        except Exception:
            log.exception("ari handler failed", handler=getattr(handler, "__name__", ""))
            return
        if result is not None and isawaitable(result):
            task = asyncio.ensure_future(result)
            self._handlers.add(task)
            task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Future[object]) -> None:
        self._handlers.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("ari handler failed", exc_info=task.exception())

    def _pause(self, failures: int) -> float:
        """Seconds to wait: doubling, capped, and somewhere between half and whole of that."""
        most = min(self._timings.retry_most, self._timings.retry_first * 2.0 ** min(failures, 16))
        return most * self._random.uniform(0.5, 1.0)

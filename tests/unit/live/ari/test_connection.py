"""The connection to ARI against servers that behave badly; a real engine is in tests/engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random

from aiohttp import WSCloseCode, web

from controlplane.live.ari.connection import AriConnection
from controlplane.live.ari.messages import Event
from controlplane.live.ari.requests import hangup
from controlplane.live.ari.settings import AriSettings, AriTimings
from controlplane.live.errors import LiveError

SHORT = AriTimings(connect=0.2, probe=0.2, retry_first=0.01, retry_most=0.05)
PATIENT = AriTimings(connect=4, probe=4, retry_first=0.01, retry_most=0.05)
"""With an engine that answers, however busy the machine is."""


class Seen:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ups = 0
        self.downs: list[LiveError] = []

    def up(self) -> None:
        self.ups += 1


@asynccontextmanager
async def connecting(
    port: int, timings: AriTimings = SHORT, *, answers: bool = True
) -> AsyncIterator[tuple[AriConnection, Seen]]:
    seen = Seen()
    settings = AriSettings(f"http://127.0.0.1:{port}", "ctl", "s3cret", "ctl")
    ari = AriConnection(settings, Random(1), timings, answers=answers)
    run = asyncio.create_task(ari.run(seen.events.append, seen.up, seen.downs.append))
    try:
        yield ari, seen
    finally:
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the conditions are of many kinds
            await asyncio.sleep(0.005)


async def test_an_engine_that_hangs_up_in_the_handshake_is_tried_again() -> None:
    tries = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, connecting(server.sockets[0].getsockname()[1]) as (_, seen):
        await until(lambda: tries >= 3)
        assert not seen.ups


async def test_an_engine_that_says_nothing_is_let_go() -> None:
    ended = 0

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal ended
        await reader.read()
        ended += 1
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    async with server, connecting(server.sockets[0].getsockname()[1]) as (_, seen):
        await until(lambda: ended >= 2)
        assert not seen.ups


@asynccontextmanager
async def engine() -> AsyncIterator[
    tuple[int, list[dict[str, object]], list[web.WebSocketResponse]]
]:
    """Answers pings, keeps what else it is asked, obeys the filter."""
    asked: list[dict[str, object]] = []
    links: list[web.WebSocketResponse] = []
    allowed = {"RESTResponse"}

    async def events(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        links.append(socket)
        async for message in socket:
            question = message.json()
            if question["uri"] != "asterisk/ping":
                asked.append(question)
            if "RESTResponse" in allowed:
                number, status = question["request_id"], 200
                await socket.send_json(
                    {"type": "RESTResponse", "request_id": number, "status_code": status}
                )
        return socket

    async def set_filter(request: web.Request) -> web.Response:
        wanted = await request.json()
        allowed.clear()
        allowed.update(item["type"] for item in wanted["allowed"])
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/ari/events", events)
    app.router.add_put("/ari/applications/ctl/eventFilter", set_filter)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1], asked, links
    finally:
        await runner.cleanup()


async def test_a_link_without_answers_comes_back_without_them() -> None:
    async with (
        engine() as (port, asked, links),
        connecting(port, PATIENT, answers=False) as (ari, seen),
    ):
        for number in (1, 2):
            await until(lambda number=number: seen.ups == number)
            assert ari.over_websocket
            assert ari.post_all((hangup(f"a{number}"), hangup(f"b{number}"))) is None
            await until(lambda number=number: len(asked) == 2 * number)
            await links[-1].close(code=WSCloseCode.GOING_AWAY)
            await until(lambda number=number: len(seen.downs) == number)
        assert [str(item["uri"]) for item in asked] == [
            f"channels/{c}{n}" for n in "12" for c in "ab"
        ]
        assert "1001" in str(seen.downs[0])

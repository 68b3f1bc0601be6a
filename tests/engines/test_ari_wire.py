"""ARI and AMI against a real Asterisk: both ways of REST, broken links, hostile values."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from random import Random

import aiohttp
import pytest
from aiohttp import web

from controlplane.live.ami.connection import AmiConnection
from controlplane.live.ami.settings import AmiSettings
from controlplane.live.ari import requests
from controlplane.live.ari.connection import AriConnection
from controlplane.live.ari.messages import (
    ChannelUserevent,
    Event,
    Other,
    StasisEnd,
    StasisStart,
    parse_channels,
)
from controlplane.live.ari.requests import Request
from controlplane.live.ari.rest import AriHttp
from controlplane.live.ari.settings import AriSettings
from controlplane.live.errors import (
    AmiError,
    ApplicationTaken,
    AriError,
    CommandRefused,
    EngineDown,
    LinkLost,
    LiveError,
    RequestTimeout,
    WrongCredentials,
)
from tests.engines.asterisk_container import AsteriskContainer

pytestmark = [pytest.mark.engine, pytest.mark.timeout(90)]

ADDRESS = "127.0.0.31"
URL = f"http://{ADDRESS}:8088"
HOSTILE = [
    "",
    "a;b",
    "a,b",
    '"quoted" \\"',
    "${CHANNEL} $[1+1] ${SHELL(id)}",
    "%41%0d%0aX: y",
    "é 中 🙂 \u202eabc",
    "<sip:1@x>|'`&?#/",
    "Key: value",
    "trailing  ",
]

MODULES = """
res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd
res_http_websocket res_websocket_client res_stasis res_stasis_answer res_stasis_playback
res_stasis_recording res_stasis_snoop res_ari_model res_ari res_ari_applications
res_ari_asterisk res_ari_channels res_ari_events app_stasis pbx_config func_channel
res_pjproject res_pjsip
"""

FILES = {
    "asterisk.conf": """
[directories]
astetcdir = /engine/current
astdbdir = /state/db
astkeydir = /state
astdatadir = /usr/share/asterisk
astspooldir = /state/spool
astrundir = /state/run
astlogdir = /state/log
""",
    "modules.conf": "[modules]\nautoload = no\n"
    + "\n".join(f"load = {name}.so" for name in MODULES.split()),
    "logger.conf": "[general]\n[logfiles]\nconsole = notice,warning,error,verbose\n",
    "http.conf": f"[general]\nenabled = yes\nbindaddr = {ADDRESS}\nbindport = 8088\n",
    "ari.conf": "[general]\nenabled = yes\n[ctl]\ntype = user\npassword = s3cret\n",
    "manager.conf": f"[general]\nenabled = yes\nbindaddr = {ADDRESS}\nport = 5038\n"
    "[ctl]\nsecret = s3cret\nread = all\nwrite = all\n",
    "sorcery.conf": "[res_pjsip]\naor = memory\n",
    "pjsip.conf": f"[udp]\ntype = transport\nprotocol = udp\nbind = {ADDRESS}:5060\n",
    "extensions.conf": """
[globals]
REVISION = 42
[default]
exten => 100,1,Stasis(ctl,decide,one)
 same => n,Hangup()
[work]
exten => s,1,Stasis(ctl,back,two)
 same => n,Hangup()
""",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskContainer]:
    root = tmp_path_factory.mktemp("ari")
    bundle = root / "engine/bundles/1"
    bundle.mkdir(parents=True)
    (root / "engine/current").symlink_to("bundles/1")
    for name, text in FILES.items():
        (bundle / name).write_text(text, "utf-8")
    with AsteriskContainer(ADDRESS, root / "engine", root / "state") as container:
        yield container


class Seen:
    """What a connection reported."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ups: list[float] = []
        self.downs: list[tuple[float, LiveError]] = []

    def up(self) -> None:
        self.ups.append(time.monotonic())

    def down(self, reason: LiveError) -> None:
        self.downs.append((time.monotonic(), reason))


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the conditions are of many kinds
            await asyncio.sleep(0.01)


def settings(*, url: str = URL, password: str = "s3cret", ws: bool | None = None) -> AriSettings:
    return AriSettings(url, "ctl", password, "ctl", ws)


@asynccontextmanager
async def connected(
    of: AriSettings, on_event: Callable[[Event], object] | None = None
) -> AsyncIterator[tuple[AriConnection, Seen]]:
    seen = Seen()
    connection = AriConnection(of, Random(7))
    run = asyncio.create_task(connection.run(on_event or seen.events.append, seen.up, seen.down))
    try:
        await until(lambda: seen.ups or run.done(), 20)
        assert seen.ups, run
        yield connection, seen
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


def originate(channel_id: str) -> Request:
    """A Local channel whose far half enters the application at default,100."""
    query = {
        "endpoint": "Local/100@default",
        "context": "default",
        "extension": "none",
        "channelId": channel_id,
    }
    return Request("POST", "channels", tuple(query.items()))


both_ways = pytest.mark.parametrize("ws", [None, False], ids=["websocket", "http"])


@both_ways
async def test_a_call_decided(engine: AsteriskContainer, ws: bool | None) -> None:
    async with connected(settings(ws=ws)) as (ari, seen):
        assert ari.over_websocket is (ws is None)
        info = await ari.request(requests.asterisk_info())
        assert info.body["system"]["version"].startswith("22.")
        channel = f"call/{ws} 1%é"
        await ari.request(originate(channel))
        await until(lambda: seen.events)
        start = seen.events[0]
        assert isinstance(start, StasisStart)
        assert start.args == ("decide", "one")
        leg = start.channel
        assert leg == f"{channel};2"
        for value in HOSTILE[1:]:
            await ari.request(requests.set_variable(leg, "OUT", value))
            answer = await ari.request(requests.get_variable(leg, "OUT"))
            assert answer.body == {"value": value}
        listed = parse_channels((await ari.request(requests.list_channels())).body)
        assert {leg, channel} == {item.id for item in listed}
        await ari.pipeline(
            [
                requests.set_variable(leg, "A", "1"),
                requests.set_variable(leg, "A", "2"),
                requests.continue_in_dialplan(leg, "work", "s", 1),
            ]
        )
        await until(lambda: len(seen.events) == 3)
        assert isinstance(seen.events[1], StasisEnd)
        back = seen.events[2]
        assert isinstance(back, StasisStart)
        assert back.args == ("back", "two")
        assert (await ari.request(requests.get_variable(leg, "A"))).body == {"value": "2"}
        await ari.request(requests.hangup(leg, 17))
        await until(lambda: isinstance(seen.events[-1], StasisEnd))
        assert not [event for event in seen.events if isinstance(event, Other)]


@both_ways
async def test_verbs_of_the_engine(engine: AsteriskContainer, ws: bool | None) -> None:
    async with connected(settings(ws=ws)) as (ari, seen):
        for value in HOSTILE:
            await ari.request(requests.set_global("G", value))
            assert (await ari.request(requests.get_global("G"))).body == {"value": value}
        assert (await ari.request(requests.get_global("REVISION"))).body == {"value": "42"}
        await ari.request(requests.reload_module("pbx_config.so"))
        fields = [("max_contacts", "3")]
        put = requests.put_config_object("res_pjsip", "aor", "a/b c", fields)
        await ari.request(put)
        got = await ari.request(requests.get_config_object("res_pjsip", "aor", "a/b c"))
        assert {"attribute": "max_contacts", "value": "3"} in got.body
        await ari.request(requests.delete_config_object("res_pjsip", "aor", "a/b c"))
        await ari.request(requests.user_event("flip", "ctl", {"line": 'é;"'}))
        await until(lambda: seen.events)
        event = seen.events[0]
        assert isinstance(event, ChannelUserevent)
        assert (event.name, event.payload["line"]) == ("flip", 'é;"')


@both_ways
async def test_errors_carry_the_reason(engine: AsteriskContainer, ws: bool | None) -> None:
    async with connected(settings(ws=ws)) as (ari, _):
        with pytest.raises(AriError, match="Channel not found") as caught:
            await ari.request(requests.hangup("nobody"))
        assert caught.value.status == 404
        with pytest.raises(AriError) as caught:
            await ari.request(requests.reload_module("nosuch.so"))
        assert caught.value.status == 404
        assert (await ari.send(requests.get_channel("nobody"))).status == 404
        with pytest.raises(AriError):
            await ari.pipeline([requests.ping(), requests.hangup("nobody"), requests.ping()])
        with pytest.raises(RequestTimeout):
            await ari.request(requests.ping(), within=0.0)
        assert (await ari.request(requests.ping())).ok


async def test_many_requests_at_once(engine: AsteriskContainer) -> None:
    async with connected(settings()) as (ari, _):
        sent = [ari.send(requests.get_global(f"V{number}")) for number in range(500)]
        sent += [ari.send(requests.ping())]
        answers = await asyncio.gather(*sent)
        assert [answer.status for answer in answers] == [200] * 501
        assert answers[-1].body["ping"] == "pong"


@asynccontextmanager
async def one_way_relay() -> AsyncIterator[str]:
    """An engine that sends events and ignores what it is sent over the WebSocket.

    So did Asterisk before it had REST over the WebSocket. HTTP passes through.
    """
    relay_url = "http://127.0.0.32:8088"

    async def events(request: web.Request) -> web.WebSocketResponse:
        front = web.WebSocketResponse()
        await front.prepare(request)
        headers = {"Authorization": request.headers["Authorization"]}
        async with session.ws_connect(f"{URL}{request.path_qs}", headers=headers) as back:

            async def ignore() -> None:
                async for _ in front:
                    pass
                await back.close()

            ignoring = asyncio.create_task(ignore())
            async for message in back:
                await front.send_str(message.data)
            await ignoring
        return front

    async def rest(request: web.Request) -> web.Response:
        url = f"{URL}{request.raw_path}"
        async with session.request(
            request.method, url, headers=request.headers, data=await request.read()
        ) as answer:
            kind = answer.content_type
            return web.Response(status=answer.status, body=await answer.read(), content_type=kind)

    app = web.Application()
    app.router.add_get("/ari/events", events)
    app.router.add_route("*", "/{rest:.*}", rest)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    async with aiohttp.ClientSession() as session:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.32", 8088).start()
        try:
            yield relay_url
        finally:
            await runner.cleanup()


async def test_an_engine_without_rest_over_websocket(engine: AsteriskContainer) -> None:
    async with one_way_relay() as url, connected(settings(url=url)) as (ari, seen):
        assert not ari.over_websocket
        await ari.request(originate("relayed"))
        await until(lambda: seen.events)
        await ari.pipeline([requests.hangup("relayed;2"), requests.ping()])
        await until(lambda: isinstance(seen.events[-1], StasisEnd))


async def test_a_slow_or_broken_handler_holds_up_nothing(engine: AsteriskContainer) -> None:
    order: list[str] = []

    async def slow(event: Event) -> None:
        assert isinstance(event, ChannelUserevent)
        order.append(event.name)
        await asyncio.sleep(30)

    def handler(event: Event) -> Awaitable[None]:
        if isinstance(event, ChannelUserevent) and event.name == "bad":
            raise ValueError(event.name)
        return slow(event)

    async with connected(settings(), handler) as (ari, _):
        for name in ("bad", "one", "two"):
            await ari.request(requests.user_event(name, "ctl"))
        await until(lambda: len(order) == 2)
        assert order == ["one", "two"]
        assert (await ari.request(requests.ping(), within=1.0)).ok


async def test_wrong_password(engine: AsteriskContainer) -> None:
    wrong = settings(password="pa55")
    seen = Seen()
    with pytest.raises(WrongCredentials) as caught:
        await AriConnection(wrong, Random(1)).run(seen.events.append, seen.up, seen.down)
    assert not seen.ups
    assert "pa55" not in str(caught.value)
    async with AriHttp(wrong) as http:
        with pytest.raises(WrongCredentials):
            await http.request(requests.ping())
    with pytest.raises(WrongCredentials) as caught:
        await AmiConnection.connect(AmiSettings(ADDRESS, "ctl", "pa55"))
    assert "pa55" not in str(caught.value)


async def test_nothing_listens() -> None:
    nowhere = "127.0.0.33"
    async with AriHttp(settings(url=f"http://{nowhere}:8088")) as http:
        with pytest.raises(EngineDown, match=nowhere):
            await http.request(requests.ping())
    with pytest.raises(EngineDown, match=nowhere):
        await AmiConnection.connect(AmiSettings(nowhere, "ctl", "x"))


async def test_a_second_controller_takes_over(engine: AsteriskContainer) -> None:
    seen = Seen()
    first = AriConnection(settings(), Random(1))
    run = asyncio.create_task(first.run(seen.events.append, seen.up, seen.down))
    await until(lambda: seen.ups)
    async with connected(settings()) as (second, _):
        with pytest.raises(ApplicationTaken, match="ctl"):
            await asyncio.wait_for(run, 5)
        assert len(seen.downs) == 1
        assert (await second.request(requests.ping())).ok


async def test_http_beside_a_running_controller(engine: AsteriskContainer) -> None:
    async with connected(settings()) as (ari, seen), AriHttp(settings()) as http:
        assert (await http.request(requests.asterisk_info())).body["system"]
        await http.request(originate("beside"))
        await until(lambda: seen.events)
        await ari.request(requests.hangup("beside;2"))


async def test_ami_database(engine: AsteriskContainer) -> None:
    async with AmiConnection(AmiSettings(ADDRESS, "ctl", "s3cret")) as ami:
        assert await ami.db_tree("nothing") == {}
        wanted = {f"k{number}/{value}": value for number, value in enumerate(HOSTILE)}
        for key, value in wanted.items():
            await ami.db_put("acme/é", key, value)
            assert await ami.db_get("acme/é", key) == value
        assert await ami.db_tree("acme/é") == wanted
        assert await ami.db_tree("acme") == {f"é/{key}": v for key, v in wanted.items()}
        assert await ami.db_get("acme/é", "absent") is None
        assert await ami.db_delete("acme/é", "k0/")
        assert not await ami.db_delete("acme/é", "k0/")
        deleted = await ami.db_delete_many(("acme/é", key) for key in wanted)
        assert deleted == len(wanted) - 1
        assert await ami.db_tree("acme") == {}


async def test_ami_families_are_not_patterns(engine: AsteriskContainer) -> None:
    async with AmiConnection(AmiSettings(ADDRESS, "ctl", "s3cret")) as ami:
        await ami.db_put_many([("ten_a", "k", "1"), ("tenXa", "k", "2"), ("TEN_A", "k", "3")])
        assert await ami.db_tree("ten_a") == {"k": "1"}
        assert await ami.db_tree("ten%") == {}
        assert await ami.db_tree("ten") == {}


async def test_ami_refuses_before_sending(engine: AsteriskContainer) -> None:
    async with AmiConnection(AmiSettings(ADDRESS, "ctl", "s3cret")) as ami:
        for family, key, value in (
            ("f", "k", "x\r\n\r\nAction: Logoff\r\n\r\n"),
            ("f", "k\r\nX: y", "1"),
            ("f\0", "k", "1"),
            ("", "k", "1"),
            ("f", "", "1"),
            ("f", "k", " leading"),
            ("f", "k", "x" * 1000),
        ):
            with pytest.raises(CommandRefused):
                await ami.db_put(family, key, value)
            with pytest.raises(CommandRefused):
                await ami.db_put_many([("refused", "good", "1"), (family, key, value)])
        with pytest.raises(CommandRefused):
            await ami.command("core show version\r\n\r\nAction: Logoff")
        with pytest.raises(CommandRefused):
            await ami.action("Ping", Bad="a\nb")
        for variable in ("a,b", 'a"b', "a\\b", "a\nb"):
            with pytest.raises(CommandRefused):
                await ami.pjsip_notify(endpoint="101", variables=[("Event", variable)])
        assert await ami.db_tree("refused") == {}
        assert await ami.db_tree("f") == {}


async def test_ami_commands(engine: AsteriskContainer) -> None:
    async with AmiConnection(AmiSettings(ADDRESS, "ctl", "s3cret")) as ami:
        assert (await ami.command("core show version")).startswith("Asterisk 22")
        with pytest.raises(AmiError, match="No such command"):
            await ami.command("nonsense")
        assert await ami.get_global("REVISION") == "42"
        assert await ami.get_global("NOTHING") == ""
        assert (await ami.action("Ping")).text("Ping") == "Pong"
        many = await asyncio.gather(*(ami.get_global("REVISION") for _ in range(100)))
        assert many == ["42"] * 100


async def test_ami_in_bulk(engine: AsteriskContainer) -> None:
    entries = [(f"bulk/{number % 7}", f"k{number}", f"v{number}") for number in range(30_000)]
    async with AmiConnection(AmiSettings(ADDRESS, "ctl", "s3cret")) as ami:
        started = time.monotonic()
        assert await ami.db_put_many(entries) == len(entries)
        assert time.monotonic() - started < 15
        tree = await ami.db_tree("bulk", within=15)
        assert tree == {f"{family[5:]}/{key}": value for family, key, value in entries}
        assert await ami.db_delete_many((family, key) for family, key, _ in entries) == 30_000


async def test_killed_during_requests(engine: AsteriskContainer) -> None:
    """Last but one: the engine dies with requests under way, and comes back."""
    ami = await AmiConnection.connect(AmiSettings(ADDRESS, "ctl", "s3cret"))
    async with connected(settings()) as (ari, seen):
        inner = engine._inner()
        await asyncio.to_thread(inner.pause)
        waiting = [ari.send(requests.ping()) for _ in range(3)]
        action = asyncio.create_task(ami.action("Ping"))
        await asyncio.sleep(0.2)
        assert not any(item.done() for item in (*waiting, action))
        # The kernel ends a frozen process too, and with it the connections.
        killing = asyncio.create_task(asyncio.to_thread(inner.kill))
        started = time.monotonic()
        for item in (*waiting, action):
            with pytest.raises(LinkLost):
                await asyncio.wait_for(item, 5)
        assert time.monotonic() - started < 3
        await killing
        await until(lambda: seen.downs)
        with pytest.raises(LinkLost):
            await ari.request(requests.ping())
        with pytest.raises(EngineDown):
            await ami.action("Ping")
        await asyncio.to_thread(inner.wait, timeout=10)
        await asyncio.to_thread(engine.start)
        await until(lambda: len(seen.ups) == 2, 15)
        assert (await ari.request(requests.asterisk_info())).body["system"]
        await ari.request(originate("again"))
        await until(lambda: any(isinstance(event, StasisStart) for event in seen.events))
        await ari.request(requests.hangup("again;2"))
        assert (await ami.action("Ping")).text("Ping") == "Pong"
    await ami.close()


async def test_an_engine_that_hangs_is_noticed(engine: AsteriskContainer) -> None:
    async with connected(settings()) as (ari, seen):
        started = time.monotonic()
        await asyncio.to_thread(engine._inner().pause)
        try:
            pending = ari.send(requests.ping())
            with pytest.raises(LinkLost):
                await asyncio.wait_for(pending, 12)
            await until(lambda: seen.downs, 1)
            assert seen.downs[0][0] - started < 10
        finally:
            await asyncio.to_thread(engine._inner().unpause)
        await until(lambda: len(seen.ups) == 2, 20)
        assert (await ari.request(requests.ping())).ok

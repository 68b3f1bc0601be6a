"""ESL against a real FreeSWITCH: connection, calls on the outbound socket, faults, a flood."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from random import Random
from uuid import uuid4

import pytest

from controlplane.live.errors import LinkLost, LiveError, WrongCredentials
from controlplane.live.esl import commands
from controlplane.live.esl.connection import EslConnection
from controlplane.live.esl.errors import AccessRefused, EslError, NotSent, OutcomeLost
from controlplane.live.esl.messages import Event
from controlplane.live.esl.outbound import OutboundServer
from controlplane.live.esl.session import Completion, Gone, How, Outcome, Session
from controlplane.live.esl.settings import EslSettings, EslTimings
from tests.engines import esl_office as office
from tests.engines.freeswitch_process import FreeSwitchProcess
from tests.unit.live.esl.peers.program import GREENSWITCH, running

pytestmark = [pytest.mark.engine, pytest.mark.timeout(90)]

HOSTILE = [
    "a;b",
    "a,b=c",
    "\"quoted\" \\ and 'single'",
    "é 中 🙂 \u202eabc",
    "<sip:1@x>|`&?#/",
    "Key: value",
    "  both sides ",
    "x" * 5_000,
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeSwitchProcess]:
    root = tmp_path_factory.mktemp("esl")
    conf = office.write(root / "conf")
    with FreeSwitchProcess(
        office.ADDRESS, conf, root / "state", password=office.PASSWORD
    ) as process:
        yield process


class Seen:
    def __init__(self, esl: EslConnection) -> None:
        self.esl = esl
        self.events: list[Event] = []
        self.ups: list[float] = []
        self.downs: list[LiveError] = []

    def named(self, name: str, channel: str = "") -> list[Event]:
        return [
            event
            for event in self.events
            if event.name == name and (not channel or event.get("Unique-ID") == channel)
        ]


@asynccontextmanager
async def connected(*events: str, timings: EslTimings | None = None) -> AsyncIterator[Seen]:
    settings = EslSettings(office.ADDRESS, office.PASSWORD, events=events)
    seen = Seen(EslConnection(settings, Random(1), timings or EslTimings()))
    up = lambda: seen.ups.append(time.monotonic())  # noqa: E731
    task = asyncio.create_task(seen.esl.run(seen.events.append, up, seen.downs.append))
    try:
        await until(lambda: seen.esl.up)
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def serving(on_call: Callable[[Session], object]) -> AsyncIterator[OutboundServer]:
    server = OutboundServer(office.ADDRESS, office.CONTROLLER_PORT, on_call)  # type: ignore[arg-type]
    await server.start()
    try:
        yield server
    finally:
        await server.close()
        assert server.calls == 0


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def originate(esl: EslConnection, number: str, *variables: str) -> str:
    """A loopback call; the id of the end that walks the dialplan is not known before.

    The engine calls it an error where the call is over at once, answered or not.
    """
    call = str(uuid4())
    chosen = ",".join((f"origination_uuid={call}", *variables))
    with suppress(EslError):
        await esl.background("originate", f"{{{chosen}}}loopback/{number} &park()")
    return call


async def test_commands(engine: FreeSwitchProcess) -> None:
    async with connected() as seen:
        assert (await seen.esl.api("version")).startswith("FreeSWITCH Version 1.")
        for text in HOSTILE:
            if not text.startswith(" "):
                assert (await seen.esl.api("eval", text)).strip() == text.strip()
        many = await asyncio.gather(*(seen.esl.api("eval", f"é{n}") for n in range(200)))
        assert many == [f"é{n}" for n in range(200)]
        jobs = await asyncio.gather(*(seen.esl.background("eval", f"é{n}") for n in range(50)))
        assert jobs == [f"é{n}" for n in range(50)]
        with pytest.raises(EslError, match="No such channel"):
            await seen.esl.api("uuid_kill", "no-such-call")
        with pytest.raises(EslError, match="Command not found"):
            await seen.esl.api("no_such_command")
        with pytest.raises(EslError, match="invalid session id"):
            await seen.esl.command(commands.execute("answer", event="e1", channel="no-such"))
        assert not seen.downs


async def test_who_is_refused(engine: FreeSwitchProcess) -> None:
    wrong = EslConnection(EslSettings(office.ADDRESS, "wrong"), Random(1))
    with pytest.raises(WrongCredentials):
        await asyncio.wait_for(wrong.run(print, list, print), 10)
    loop = asyncio.get_running_loop()
    create = loop.create_connection

    def from_afar(*args: object, **options: object) -> object:
        return create(*args, local_addr=("127.0.0.200", 0), **options)  # type: ignore[arg-type]

    loop.create_connection = from_afar  # type: ignore[assignment,method-assign]
    afar = EslConnection(EslSettings(office.ADDRESS, office.PASSWORD), Random(1))
    with pytest.raises(AccessRefused):
        await asyncio.wait_for(afar.run(print, list, print), 10)


async def test_a_call(engine: FreeSwitchProcess) -> None:
    outcomes: list[Outcome] = []
    sessions: list[Session] = []

    async def on_call(session: Session) -> None:
        sessions.append(session)
        outcomes.append(await session.execute("answer"))
        for text in HOSTILE:
            outcome = await session.execute("set", f"said={text}")
            outcomes.append(outcome)
            assert isinstance(outcome, Completion)
            assert outcome.variable("said") == text
        outcomes.append(await session.execute("playback", "tone_stream://%(60,0,440)"))
        outcomes.append(await session.hang_up("CALL_REJECTED"))

    async with serving(on_call), connected("CHANNEL_HANGUP_COMPLETE") as seen:
        evil = "evil='a%0AUnique-ID: x%0A%0AContent-Length: 5'"
        await originate(seen.esl, "ask", evil, "origination_caller_id_name=Zoë")
        await until(lambda: outcomes and isinstance(outcomes[-1], Gone))
        (session,) = sessions
        assert session.variable("stage") == "asked"
        assert session.data.get("Caller-Caller-ID-Name") == "Zoë"
        assert session.variable("evil") == "a\nUnique-ID: x\n\nContent-Length: 5"
        assert len(session.uuid) == 36
        playback = outcomes[-2]
        assert isinstance(playback, Completion)
        assert playback.response == "FILE PLAYED"
        assert outcomes[-1] == Gone(How.HUNG_UP, "CALL_REJECTED")
        await until(lambda: seen.named("CHANNEL_HANGUP_COMPLETE", session.uuid))
        (ended,) = seen.named("CHANNEL_HANGUP_COMPLETE", session.uuid)
        assert ended.get("Hangup-Cause") == "CALL_REJECTED"


async def test_applications_queued_at_once(engine: FreeSwitchProcess) -> None:
    """In order, each completion its own, also where the applications are the same."""
    results: list[list[str]] = []

    async def on_call(session: Session) -> None:
        started = [session.start("set", f"n={number}") for number in range(20)]
        outcomes = await asyncio.gather(*started)
        results.append([o.variable("n") for o in outcomes if isinstance(o, Completion)])
        await session.hang_up()

    async with serving(on_call), connected() as seen:
        await originate(seen.esl, "ask")
        await until(lambda: results)
    assert results == [[str(number) for number in range(20)]]


async def test_an_application_that_does_not_exist(engine: FreeSwitchProcess) -> None:
    outcomes: list[Outcome] = []

    async def on_call(session: Session) -> None:
        outcomes.append(await session.execute("no_such_application"))
        outcomes.append(await session.execute("answer"))

    async with serving(on_call), connected() as seen:
        await originate(seen.esl, "ask")
        await until(lambda: len(outcomes) == 2)
    assert outcomes == [Gone(How.HUNG_UP, "DESTINATION_OUT_OF_ORDER")] * 2


async def test_the_caller_hangs_up_in_the_midst(engine: FreeSwitchProcess) -> None:
    outcomes: list[Outcome] = []
    playing = asyncio.Event()

    async def on_call(session: Session) -> None:
        await session.execute("answer")
        waiting = session.start("playback", "tone_stream://%(60000,0,440)")
        playing.set()
        outcomes.append(await waiting)
        # A loopback end may lose its sound before it is told of the hang-up.
        outcomes.append(await session.execute("playback", "tone_stream://%(60000,0,440)"))

    async with serving(on_call) as server, connected() as seen:
        call = await originate(seen.esl, "ask")
        await asyncio.wait_for(playing.wait(), 10)
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await seen.esl.api("uuid_kill", f"{call} USER_BUSY")
        await until(lambda: len(outcomes) == 2)
        assert time.monotonic() - began < 1
        assert isinstance(outcomes[1], Gone)
        assert outcomes[1].how is How.HUNG_UP
        await until(lambda: server.calls == 0)
        # A socket that lingers on would hold the channel for its five seconds.
        await until(lambda: engine.api("show", "channels count").startswith("\n0 total"), 2)


@pytest.mark.parametrize("how", ["leaves", "fails", "drains", "dies"])
async def test_the_dialplan_goes_on_without_us(engine: FreeSwitchProcess, how: str) -> None:
    """However the controller lets go: at once between two applications, else after the one."""
    begun = asyncio.Event()
    sessions: list[Session] = []

    async def on_call(session: Session) -> None:
        sessions.append(session)
        await session.execute("answer")
        begun.set()
        if how == "leaves":
            return
        if how == "fails":
            raise ValueError("of ours")
        await session.execute("playback", "tone_stream://%(1000,0,440)")

    async with connected("CHANNEL_EXECUTE_COMPLETE") as seen:
        async with serving(on_call) as server:
            call = await originate(seen.esl, "ask")
            await asyncio.wait_for(begun.wait(), 10)
            await asyncio.sleep(0.1)
            if how == "drains":
                await server.drain(0.1)
            if how == "dies":
                sessions[0]._link.abort(LinkLost("as if killed"))
            uuid = sessions[0].uuid
            stage = lambda: engine.api("uuid_getvar", f"{uuid} stage").strip()  # noqa: E731
            await until(lambda: stage() == "alone", 3)
        assert engine.api("uuid_exists", uuid) == "true"
        await seen.esl.api("uuid_kill", call)


@pytest.mark.parametrize("how", ["drains", "dies"])
async def test_a_bridge_outlives_us(engine: FreeSwitchProcess, how: str) -> None:
    """An answered call needs us no more; when the callee hangs up, the dialplan goes on."""
    sessions: list[Session] = []
    callee = str(uuid4())

    async def on_call(session: Session) -> None:
        sessions.append(session)
        await session.execute("bridge", f"{{origination_uuid={callee}}}loopback/wait")

    async with connected("CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE") as seen:
        async with serving(on_call) as server:
            call = await originate(seen.esl, "ask")
            await until(lambda: seen.named("CHANNEL_BRIDGE"))
            if how == "dies":
                sessions[0]._link.abort(LinkLost("as if killed"))
            else:
                await server.drain(0.1)
        await asyncio.sleep(1)
        assert not seen.named("CHANNEL_UNBRIDGE")
        uuid = sessions[0].uuid
        stage = lambda: engine.api("uuid_getvar", f"{uuid} stage").strip()  # noqa: E731
        assert stage() == "asked"
        await seen.esl.api("uuid_kill", callee)
        await until(lambda: stage() == "alone", 3)
        await seen.esl.api("uuid_kill", call)
        await until(lambda: engine.api("show", "channels count").startswith("\n0 total"), 5)


async def test_more_calls_than_the_server_takes(engine: FreeSwitchProcess) -> None:
    """The server closes before its first command; no call is parked for ever."""
    server = OutboundServer(office.ADDRESS, office.CONTROLLER_PORT, print, most_calls=0)  # type: ignore[arg-type]
    await server.start()
    async with connected("CHANNEL_EXECUTE_COMPLETE") as seen:
        calls = [await originate(seen.esl, "ask") for _ in range(5)]
        alone = lambda: {  # noqa: E731
            e.get("Unique-ID") for e in seen.events if e.variable("stage") == "alone"
        }
        await until(lambda: len(alone()) == 5, 3)
        for call in calls:
            await seen.esl.api("uuid_kill", call)
    await server.close()


async def test_nobody_serves(engine: FreeSwitchProcess) -> None:
    async with connected("CHANNEL_EXECUTE_COMPLETE") as seen:
        call = await originate(seen.esl, "ask")
        done = lambda: [e for e in seen.events if e.variable("stage") == "alone"]  # noqa: E731
        await until(done, 2)
        await seen.esl.api("uuid_kill", call)


async def test_many_calls_at_once(engine: FreeSwitchProcess) -> None:
    outcomes: list[Outcome] = []

    async def on_call(session: Session) -> None:
        await session.execute("answer")
        outcomes.append(await session.hang_up())

    async with serving(on_call) as server, connected() as seen:
        await asyncio.gather(*(originate(seen.esl, "ask") for _ in range(50)))
        await until(lambda: len(outcomes) == 50, 20)
        await until(lambda: server.calls == 0)
    assert set(outcomes) == {Gone(How.HUNG_UP, "NORMAL_CLEARING")}


async def test_a_flood_of_events(engine: FreeSwitchProcess) -> None:
    """10,000 in a burst, fired by one connection and heard whole and in order by another."""
    settings = EslSettings(office.ADDRESS, office.PASSWORD, custom=("ctl::flood",))
    numbers: list[int] = []
    heard = EslConnection(settings, Random(1))
    up = asyncio.Event()
    task = asyncio.create_task(
        heard.run(lambda event: numbers.append(int(event.get("Number"))), up.set, print)
    )
    await asyncio.wait_for(up.wait(), 5)
    async with connected() as seen:
        for number in range(10_000):
            event = {"Event-Subclass": "ctl::flood", "Number": str(number), "Text": "é" * 100}
            seen.esl.send(commands.send_event("CUSTOM", event))
        await until(lambda: len(numbers) == 10_000, 60)
    assert numbers == list(range(10_000))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_greenswitch_hears_what_we_hear(engine: FreeSwitchProcess) -> None:
    """It watches a call that our server answers, over a connection of its own."""

    async def on_call(session: Session) -> None:
        await session.execute("answer")
        await session.execute("set", "who=Zoë, 100 percent")
        await session.hang_up("USER_BUSY")

    arguments = ("client", office.ADDRESS, 8021, office.PASSWORD, 2)
    wanted = ("event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE",)
    names = ("CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP_COMPLETE")
    async with (
        serving(on_call),
        connected(*names) as seen,
        running(GREENSWITCH, *arguments, *wanted) as greenswitch,
    ):
        await asyncio.sleep(0.7)
        await originate(seen.esl, "ask")
        told = await greenswitch.next()
    keys = ("Event-Name", "Unique-ID", "Application", "Application-UUID", "variable_who")
    keys += ("Hangup-Cause",)
    ours = [{key: event.get(key) for key in keys if event.get(key)} for event in seen.events]
    theirs = [{key: event[key] for key in keys if key in event} for event in told["events"]]
    assert len(ours) > 4
    assert theirs == ours


async def test_an_engine_that_hangs_is_noticed(engine: FreeSwitchProcess) -> None:
    timings = EslTimings(heartbeat=1, request=2)
    async with connected(timings=timings) as seen:
        engine.pause()
        try:
            await until(lambda: seen.downs, 5)
            with pytest.raises(NotSent):
                await seen.esl.api("version")
        finally:
            engine.unpause()
        await until(lambda: len(seen.ups) == 2)
        assert (await seen.esl.api("version")).startswith("FreeSWITCH")


async def test_killed_during_a_call(engine: FreeSwitchProcess) -> None:
    """Last: the engine dies with a call, a command and a job under way, and comes back."""
    outcomes: list[Outcome] = []

    async def on_call(session: Session) -> None:
        await session.execute("answer")
        outcomes.append(await session.execute("playback", "tone_stream://%(60000,0,440)"))

    async with serving(on_call) as server, connected() as seen:
        await originate(seen.esl, "ask")
        await until(lambda: server.calls == 1)
        await asyncio.sleep(0.2)
        job = asyncio.create_task(seen.esl.background("msleep", "60000", within=60))
        await asyncio.sleep(0.2)
        command = asyncio.create_task(seen.esl.api("msleep", "60000", within=60))
        await asyncio.sleep(0.2)
        engine.kill()
        with pytest.raises(OutcomeLost):
            await asyncio.wait_for(job, 3)
        with pytest.raises(LinkLost):
            await asyncio.wait_for(command, 3)
        await until(lambda: outcomes, 3)
        assert isinstance(outcomes[0], Gone)
        assert outcomes[0].how is How.LOST
        assert len(seen.downs) == 1
        await asyncio.to_thread(engine.start)
        await until(lambda: len(seen.ups) == 2)
        assert (await seen.esl.api("version")).startswith("FreeSWITCH")

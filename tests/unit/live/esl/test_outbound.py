"""The outbound server: one call each, told apart by ids, and every way in which a call ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from controlplane.live.errors import CommandRefused, EngineDown
from controlplane.live.esl import commands
from controlplane.live.esl.errors import EslError
from controlplane.live.esl.messages import Event, Reply
from controlplane.live.esl.outbound import OutboundServer
from controlplane.live.esl.session import Completion, Gone, How, Outcome, Session
from controlplane.live.esl.settings import EslTimings
from tests.unit.live.esl.engine_reader import ReadCommand
from tests.unit.live.esl.made_up_engine import (
    CALL,
    Peer,
    call_to,
    channel_data,
    completion,
    event,
    goodbye,
    hang_up,
    reply,
)
from tests.unit.live.esl.recorded import OUTBOUND

pytestmark = pytest.mark.timeout(20)

OnCall = Callable[[Session], Awaitable[None]]
QUICK = EslTimings(connect=0.3, linger=5)
FIRST = ["connect", "linger 5", "myevents"]


@asynccontextmanager
async def serving(
    on_call: OnCall, timings: EslTimings = QUICK, **options: int
) -> AsyncIterator[OutboundServer]:
    """No task outlives the server, however its calls ended."""
    before = asyncio.all_tasks()
    server = OutboundServer("127.0.0.1", 0, on_call, timings, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.close()
        assert server.calls == 0
        await asyncio.sleep(0)
        assert not {task for task in asyncio.all_tasks() - before if "_serve" in repr(task)}


class Collected:
    """A call that executes a list of applications and keeps what came of each."""

    def __init__(self, *applications: tuple[str, str]) -> None:
        self.applications = applications
        self.outcomes: list[Outcome] = []
        self.events: list[Event] = []
        self.done = asyncio.Event()
        self.session: Session | None = None

    async def __call__(self, session: Session) -> None:
        self.session = session
        session.on_event = self.events.append
        try:
            for name, argument in self.applications:
                self.outcomes.append(await session.execute(name, argument))
        finally:
            self.done.set()


async def begin(peer: Peer, **variables: str) -> None:
    """As FreeSWITCH begins: it waits for `connect` and answers in order."""
    assert [(await peer.next()).first for _ in FIRST] == FIRST
    peer.say(
        channel_data(**variables),
        reply("+OK will linger 5 seconds"),
        reply("+OK Events Enabled"),
    )
    command = await accept(peer)
    assert (command.headers["execute-app-name"], command.argument) == ("set", "socket_resume=false")
    peer.say(completion(command))


async def accept(peer: Peer) -> ReadCommand:
    command = await peer.next()
    peer.say(reply("+OK"))
    return command


async def read_all(peer: Peer) -> None:
    while True:
        await peer.next()


async def finished(call: Collected) -> None:
    await asyncio.wait_for(call.done.wait(), 5)


async def test_a_call() -> None:
    call = Collected(("answer", ""), ("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer, variable_stage="Zoë")
        command = await accept(peer)
        assert command.headers["execute-app-name"] == "answer"
        peer.say(event("CHANNEL_ANSWER", Unique_ID=CALL), completion(command))
        command = await accept(peer)
        assert (command.first, command.argument) == ("sendmsg", "tone")
        peer.say(completion(command, "FILE PLAYED", variable_x="a\nb"))
        await finished(call)
        answer, playback = call.outcomes
        assert isinstance(answer, Completion)
        assert isinstance(playback, Completion)
        assert (answer.application, answer.response) == ("answer", "")
        assert (playback.response, playback.variable("x")) == ("FILE PLAYED", "a\nb")
        assert [received.name for received in call.events] == ["CHANNEL_ANSWER"]
        assert call.session is not None
        assert (call.session.uuid, call.session.variable("stage")) == (CALL, "Zoë")
        assert (await peer.next()).first == "exit"
        assert call.session.gone == Gone(How.LEFT)
        with pytest.raises(EOFError):
            await peer.next()


async def test_completions_are_told_apart_by_their_ids() -> None:
    """By name they could not be: the dialplan's own `playback` ends first, and both are one."""
    order: list[str] = []

    async def on_call(session: Session) -> None:
        first = session.start("playback", "one")
        second = session.start("playback", "two")
        first.add_done_callback(lambda _: order.append("first"))
        second.add_done_callback(lambda _: order.append("second"))
        await asyncio.gather(first, second)

    async with serving(on_call) as server, call_to(server.port) as peer:
        await begin(peer)
        one, two = await accept(peer), await accept(peer)
        peer.say(completion(one, Application_UUID="another"))
        peer.say(completion(one, Unique_ID="another-call"))
        await asyncio.sleep(0.05)
        assert order == []
        peer.say(completion(two))
        await asyncio.sleep(0.05)
        assert order == ["second"]
        peer.say(completion(one))
        assert (await peer.next()).first == "exit"
        assert order == ["second", "first"]


async def test_the_caller_hangs_up() -> None:
    call = Collected(("playback", "tone"), ("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        await accept(peer)
        peer.say(hang_up("USER_BUSY"))
        await finished(call)
        assert call.outcomes == [Gone(How.HUNG_UP, "USER_BUSY")] * 2
        # The second was not even asked for: during linger everything answers +OK.
        assert (await peer.next()).first == "exit"


async def test_a_completion_that_comes_before_the_news_of_the_hang_up() -> None:
    call = Collected(("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        command = await accept(peer)
        ended = {"Answer_State": "hangup", "Hangup_Cause": "ORIGINATOR_CANCEL"}
        peer.say(completion(command, "PLAYBACK ERROR", **ended))
        await finished(call)
        assert call.outcomes == [Gone(How.HUNG_UP, "ORIGINATOR_CANCEL")]


async def test_an_application_that_does_not_exist() -> None:
    """The engine answers +OK, and then hangs up without a completion."""
    call = Collected(("no_such_application", ""))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        await accept(peer)
        peer.say(hang_up("DESTINATION_OUT_OF_ORDER"))
        await finished(call)
        assert call.outcomes == [Gone(How.HUNG_UP, "DESTINATION_OUT_OF_ORDER")]


async def test_the_linger_notice_alone_is_enough() -> None:
    call = Collected(("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        await accept(peer)
        notice = hang_up()[len(event("CHANNEL_HANGUP", Unique_ID=CALL, Hangup_Cause="x" * 15)) :]
        peer.say(notice[: notice.index(b"Content-Length: 0\n\n") + 19])
        await finished(call)
        assert call.outcomes == [Gone(How.HUNG_UP, "", "the call ended")]


async def test_the_cause_behind_the_linger_notice() -> None:
    call = Collected(("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        await accept(peer)
        whole = hang_up("USER_BUSY")
        border = whole.index(b"Content-Type: text/disconnect-notice")
        peer.say(whole[border:])
        await finished(call)
        assert call.outcomes == [Gone(How.HUNG_UP, "USER_BUSY")]


@pytest.mark.parametrize("reset", [False, True])
async def test_the_engine_dies(reset: bool) -> None:
    call = Collected(("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        await accept(peer)
        await asyncio.sleep(0.05)
        peer.reset() if reset else peer.close()
        await finished(call)
        (gone,) = call.outcomes
        assert isinstance(gone, Gone)
        assert gone.how is How.LOST


async def test_the_engine_closes_with_the_command_pending_and_in_mid_body() -> None:
    call = Collected(("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        await peer.next()
        peer.say(b"Content-Type: text/event-plain\nContent-Length: 100\n\nEvent-Name: X")
        peer.close()
        await finished(call)
        (gone,) = call.outcomes
        assert isinstance(gone, Gone)
        assert gone.how is How.LOST
        assert "in the midst of a message" in gone.reason


async def test_the_engine_says_goodbye() -> None:
    call = Collected(("playback", "tone"))
    async with serving(call) as server, call_to(server.port) as peer:
        await begin(peer)
        await accept(peer)
        peer.say(goodbye())
        await finished(call)
        assert call.outcomes == [Gone(How.LOST, "", "the engine closed the socket")]


async def test_a_refused_command_is_an_error() -> None:
    failures: list[str] = []

    async def on_call(session: Session) -> None:
        for attempt in (
            session.execute("answer"),
            session.command(commands.no_linger()),
        ):
            try:
                await attempt
            except EslError as error:
                failures.append(str(error))
        with pytest.raises(CommandRefused):
            await session.execute("set", "a\nb")

    async with serving(on_call) as server, call_to(server.port) as peer:
        await begin(peer)
        for text in ("-ERR memory error", "-ERR no"):
            await peer.next()
            peer.say(reply(text))
        assert (await peer.next()).first == "exit"
        assert failures == ["execute answer: -ERR memory error", "nolinger: -ERR no"]


async def test_hanging_up() -> None:
    outcomes: list[object] = []

    async def on_call(session: Session) -> None:
        outcomes.append(await session.command(commands.linger(9)))
        outcomes.append(await session.hang_up("CALL_REJECTED"))
        outcomes.append(await session.command(commands.linger(9)))

    async with serving(on_call) as server, call_to(server.port) as peer:
        await begin(peer)
        await accept(peer)
        command = await accept(peer)
        assert command.headers == {"call-command": "hangup", "hangup-cause": "CALL_REJECTED"}
        peer.say(hang_up("CALL_REJECTED"))
        assert (await peer.next()).first == "exit"
        assert isinstance(outcomes[0], Reply)
        assert outcomes[1:] == [Gone(How.HUNG_UP, "CALL_REJECTED")] * 2


async def test_a_fault_of_ours_leaves_the_call_to_the_dialplan() -> None:
    async def fails(session: Session) -> None:
        raise ValueError("of ours")

    async with serving(fails) as server, call_to(server.port) as peer:
        await begin(peer)
        assert (await peer.next()).first == "exit"


@pytest.mark.parametrize(
    "garbage", [b"", b"GET / HTTP/1.1\r\n\r\n\n\n", event("CHANNEL_ANSWER") * 2000]
)
async def test_who_is_no_engine(garbage: bytes) -> None:
    call = Collected()
    async with serving(call) as server, call_to(server.port) as peer:
        peer.say(garbage)
        with pytest.raises((EOFError, ConnectionError)):
            await asyncio.wait_for(read_all(peer), 2)
        assert call.session is None
        await asyncio.sleep(0.01)
        assert server.calls == 0


async def test_events_in_the_same_segment_as_the_data() -> None:
    call = Collected(("answer", ""))
    async with serving(call) as server, call_to(server.port) as peer:
        for _ in FIRST:
            await peer.next()
        peer.say(channel_data(), *[reply("+OK")] * 2, hang_up())
        await finished(call)
        assert call.outcomes == [Gone(How.HUNG_UP, "NORMAL_CLEARING")]


async def test_a_recorded_call_cut_anywhere() -> None:
    """The same four commands as when it was recorded; the completions have the ids of then."""
    last = b"Reply-Text: +OK Events Enabled\n\n"
    begun = OUTBOUND.index(last) + len(last)
    for cut in range(begun, len(OUTBOUND), 997):
        call = Recorded()
        async with serving(call) as server, call_to(server.port) as peer:
            for _ in FIRST:
                await peer.next()
            peer.say(OUTBOUND[:begun])
            for _ in range(5):
                await peer.next()
            peer.say(OUTBOUND[begun:cut])
            await peer.writer.drain()
            await asyncio.sleep(0.001)
            peer.say(OUTBOUND[cut:])
            await asyncio.wait_for(call.done.wait(), 5)
            assert call.outcomes == [Gone(How.HUNG_UP, "DESTINATION_OUT_OF_ORDER")] * 4


class Recorded:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.done = asyncio.Event()

    async def __call__(self, session: Session) -> None:
        started = [session.start("set", f"x={number}") for number in range(4)]
        self.outcomes = list(await asyncio.gather(*started))
        self.done.set()


async def test_many_calls_at_once() -> None:
    outcomes: list[Outcome] = []

    async def on_call(session: Session) -> None:
        outcomes.append(await session.execute("answer"))

    async def one(port: int) -> None:
        async with call_to(port) as peer:
            await begin(peer)
            command = await accept(peer)
            peer.say(completion(command))
            assert (await peer.next()).first == "exit"

    async with serving(on_call, EslTimings()) as server:
        await asyncio.gather(*(one(server.port) for _ in range(200)))
        assert len([outcome for outcome in outcomes if isinstance(outcome, Completion)]) == 200


async def test_more_calls_than_it_takes() -> None:
    call = Collected(("playback", "x"))
    async with serving(call, most_calls=1) as server, call_to(server.port) as first:
        await begin(first)
        await accept(first)
        async with call_to(server.port) as second:
            with pytest.raises(EOFError):
                await second.next()


async def test_draining() -> None:
    call = Collected(("answer", ""))
    stuck = Collected(("playback", "without end"))
    calls = iter([call, stuck])
    async with serving(lambda session: next(calls)(session)) as server:
        port = server.port
        async with call_to(port) as peer, call_to(port) as other:
            await begin(peer)
            command = await accept(peer)
            await begin(other)
            await accept(other)
            draining = asyncio.create_task(server.drain(0.3))
            await asyncio.sleep(0.05)
            with pytest.raises(ConnectionError):
                await asyncio.open_connection("127.0.0.1", port)
            peer.say(completion(command))
            await finished(call)
            assert isinstance(call.outcomes[0], Completion)
            await asyncio.wait_for(draining, 2)
            assert (await other.next()).first == "exit"
            assert stuck.session is not None
            assert stuck.session.gone == Gone(How.LEFT)


async def test_an_address_that_is_taken() -> None:
    async with serving(Collected()) as server:
        other = OutboundServer("127.0.0.1", server.port, Collected())
        with pytest.raises(EngineDown, match="cannot listen"):
            await other.start()

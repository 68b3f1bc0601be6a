"""The inbound event socket against engines that behave, and against those that do not."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest

from controlplane.live.errors import (
    CommandRefused,
    LinkLost,
    LiveError,
    RequestTimeout,
    WrongCredentials,
)
from controlplane.live.esl import commands
from controlplane.live.esl.connection import EslConnection
from controlplane.live.esl.errors import (
    AccessRefused,
    EslError,
    NotSent,
    OutcomeLost,
    Unconfirmed,
)
from controlplane.live.esl.messages import Event
from controlplane.live.esl.settings import EslSettings, EslTimings
from tests.unit.live.esl.made_up_engine import (
    PASSWORD,
    Peer,
    Talk,
    engine,
    event,
    goodbye,
    reply,
    response,
)
from tests.unit.live.esl.recorded import REJECTION, WRONG_PASSWORD

pytestmark = pytest.mark.timeout(20)

QUICK = EslTimings(request=1, job=1, connect=0.3, heartbeat=0.2, retry_first=0.01, retry_most=0.05)


class Client:
    def __init__(self, connection: EslConnection) -> None:
        self.esl = connection
        self.events: list[Event] = []
        self.ups = 0
        self.downs: list[LiveError] = []

    def on_up(self) -> None:
        self.ups += 1


@asynccontextmanager
async def client(port: int, timings: EslTimings = QUICK) -> AsyncIterator[Client]:
    settings = EslSettings("127.0.0.1", PASSWORD, port, events=("HEARTBEAT",))
    seen = Client(EslConnection(settings, Random(1), timings))
    before = asyncio.all_tasks()
    task = asyncio.create_task(seen.esl.run(seen.events.append, seen.on_up, seen.downs.append))
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)
        ours = {t for t in asyncio.all_tasks() - before if "EslConnection" in repr(t)}
        assert not ours


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def greeted(talk: Talk) -> Talk:
    async def whole(peer: Peer) -> None:
        await peer.greet()
        await talk(peer)

    return whole


@greeted
async def ordinary(peer: Peer) -> None:
    while True:
        command = await peer.next()
        verb, _, rest = command.first.partition(" ")
        match verb:
            case "api" if rest == "fails":
                peer.say(response("-ERR no such thing\n"))
            case "api":
                peer.say(response(rest))
            case "bgapi":
                job = command.headers["Job-UUID"]
                peer.say(
                    reply(f"+OK Job-UUID: {job}", f"Job-UUID: {job}"),
                    event("BACKGROUND_JOB", rest, Job_UUID="of-another"),
                    event("BACKGROUND_JOB", rest, Job_UUID=job),
                )
            case "sendevent":
                peer.say(reply("+OK"))
            case _:
                peer.say(reply("-ERR command not found"))


async def silent(peer: Peer) -> None:
    while True:
        await peer.next()


async def test_commands_and_answers() -> None:
    async with engine(ordinary) as made_up, client(made_up.port) as seen:
        with pytest.raises(NotSent):
            await seen.esl.api("status")
        await until(lambda: seen.esl.up)
        assert await seen.esl.api("status", "é") == "status é"
        answers = await asyncio.gather(*(seen.esl.api("echo", str(n)) for n in range(300)))
        assert answers == [f"echo {n}" for n in range(300)]
        assert await seen.esl.command(commands.send_event("CUSTOM", {"a": "b"})) == "+OK"
        with pytest.raises(EslError, match="api fails: -ERR no such thing"):
            await seen.esl.api("fails")
        with pytest.raises(EslError, match="command not found"):
            await seen.esl.command(commands.no_operation())
        with pytest.raises(CommandRefused):
            await seen.esl.api("status", "a\n\nexit")
        assert seen.ups == 1


async def test_background_jobs() -> None:
    async with engine(ordinary) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        results = await asyncio.gather(*(seen.esl.background("echo", f"é{n}") for n in range(50)))
        assert results == [f"echo é{n}" for n in range(50)]
        assert {e.get("Job-UUID") for e in seen.events} == {"of-another"}


async def test_a_job_that_ends_before_its_own_answer() -> None:
    @greeted
    async def eager(peer: Peer) -> None:
        job = (await peer.next()).headers["Job-UUID"]
        peer.say(event("BACKGROUND_JOB", "done", Job_UUID=job), reply("+OK"))
        await silent(peer)

    async with engine(eager) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        assert await seen.esl.background("x") == "done"


async def test_a_wrong_password_ends_it() -> None:
    async def refuses(peer: Peer) -> None:
        question, rest = WRONG_PASSWORD.split(b"\n\n", 1)
        peer.say(question + b"\n\n")
        assert (await peer.next()).first == f"auth {PASSWORD}"
        peer.say(rest)

    async with engine(refuses) as made_up:
        await ends_with(made_up.port, WrongCredentials)
        assert made_up.connections == 1


async def test_a_refused_address_ends_it() -> None:
    async def rude(peer: Peer) -> None:
        peer.say(REJECTION)

    async with engine(rude) as made_up:
        await ends_with(made_up.port, AccessRefused)


async def test_a_subscription_the_engine_does_not_take_ends_it() -> None:
    async def denies(peer: Peer) -> None:
        peer.say(b"Content-Type: auth/request\n\n")
        await peer.next()
        peer.say(reply("+OK accepted"))
        await peer.next()
        peer.say(reply("-ERR permission denied"))
        await silent(peer)

    async with engine(denies) as made_up:
        await ends_with(made_up.port, EslError)


async def ends_with(port: int, kind: type[LiveError]) -> None:
    connection = EslConnection(EslSettings("127.0.0.1", PASSWORD, port), Random(1), EslTimings())
    with pytest.raises(kind) as error:
        await asyncio.wait_for(connection.run(print, lambda: None, print), 10)
    assert PASSWORD not in str(error.value)


async def test_it_comes_back_without_hammering() -> None:
    async def slams(peer: Peer) -> None:
        await peer.greet()

    async with engine(slams) as made_up, client(made_up.port) as seen:
        await asyncio.sleep(0.6)
        # 10 ms first, then doubling up to 50 ms, each cut by up to half.
        assert 8 <= made_up.connections <= 26
        assert seen.ups == len(seen.downs) or seen.ups == len(seen.downs) + 1


@pytest.mark.parametrize(
    "garbage",
    [b"HTTP/1.1 200 OK\r\n\r\n\n\n", b"\0" * 100, b"-ERR\n\n"],
    ids=["http", "nul", "text"],
)
async def test_who_does_not_speak_esl_is_tried_again(garbage: bytes) -> None:
    async def other(peer: Peer) -> None:
        peer.say(garbage)
        await silent(peer)

    async with engine(other) as made_up, client(made_up.port) as seen:
        await until(lambda: made_up.connections >= 3)
        assert not seen.ups


async def test_nobody_listens_at_first() -> None:
    async with engine(ordinary) as made_up:
        port = made_up.port
    async with client(port) as seen:
        await asyncio.sleep(0.1)
        assert not seen.esl.up


@pytest.mark.parametrize("reset", [False, True])
async def test_the_peer_closes_with_commands_pending(reset: bool) -> None:
    @greeted
    async def closes(peer: Peer) -> None:
        await peer.next()
        peer.reset() if reset else peer.close()

    async with engine(closes) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        waiting = [seen.esl.send(commands.api("status")) for _ in range(3)]
        for future in waiting:
            with pytest.raises(Unconfirmed, match="api status was not answered"):
                await asyncio.wait_for(future, 2)
        assert len(seen.downs) == 1


async def test_the_peer_closes_in_the_midst_of_a_body() -> None:
    @greeted
    async def closes(peer: Peer) -> None:
        await peer.next()
        peer.say(b"Content-Type: api/response\nContent-Length: 100\n\nhalf")

    async with engine(closes) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        with pytest.raises(Unconfirmed, match="in the midst of a message"):
            await seen.esl.api("status")
        await until(lambda: seen.ups == 2)


async def test_an_answer_to_nothing_ends_the_link() -> None:
    @greeted
    async def talks(peer: Peer) -> None:
        await peer.next()
        peer.say(response("the answer"), response("one more"))
        await silent(peer)

    async with engine(talks) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        assert await seen.esl.api("status") == "the answer"
        await until(lambda: seen.downs)
        assert "not ESL" in str(seen.downs[0])


async def test_what_was_not_sent_and_what_may_have_been() -> None:
    """The wire takes what it can; the rest waits here, and is known not to have left."""
    full = asyncio.Event()

    @greeted
    async def reads_no_more(peer: Peer) -> None:
        peer.reader._transport.pause_reading()  # type: ignore[attr-defined]
        await full.wait()
        peer.reset()

    async with engine(reads_no_more) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        big = commands.execute("set", "x" * 900_000, event="e1")
        sent = [seen.esl.send(big) for _ in range(40)]
        await asyncio.sleep(0.1)
        full.set()
        outcomes = await asyncio.gather(*sent, return_exceptions=True)
        kinds = [type(outcome) for outcome in outcomes]
        assert kinds[0] is Unconfirmed
        assert kinds[-1] is NotSent
        assert kinds == sorted(kinds, key=[Unconfirmed, NotSent].index)


async def test_a_job_that_was_accepted_when_the_link_broke() -> None:
    @greeted
    async def accepts(peer: Peer) -> None:
        await peer.next()
        peer.say(reply("+OK Job-UUID: x"))
        await asyncio.sleep(0.05)

    async with engine(accepts) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        with pytest.raises(OutcomeLost, match="was accepted"):
            await seen.esl.background("originate", "x")
        with pytest.raises(LinkLost):
            await seen.esl.background("originate", "x")


async def test_answers_after_their_time_do_not_shift_others() -> None:
    @greeted
    async def slow(peer: Peer) -> None:
        await peer.next()
        await asyncio.sleep(0.1)
        peer.say(response("late"))
        await peer.next()
        peer.say(response("second"))
        await silent(peer)

    async with engine(slow) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        with pytest.raises(RequestTimeout, match="api one within"):
            await seen.esl.api("one", within=0.05)
        assert await seen.esl.api("two") == "second"


async def test_a_job_without_end() -> None:
    @greeted
    async def accepts(peer: Peer) -> None:
        await peer.next()
        peer.say(reply("+OK"))
        while True:
            await peer.next()
            peer.say(reply("-ERR command not found"))

    async with engine(accepts) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        with pytest.raises(RequestTimeout):
            await seen.esl.background("x", within=0.05)
        assert len(seen.esl._jobs) == 0


async def test_a_dead_peer_is_noticed() -> None:
    async with engine(greeted(silent)) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        await until(lambda: seen.downs, 1)
        assert "silent" in str(seen.downs[0])
        await until(lambda: seen.ups == 2)


async def test_a_quiet_peer_is_not_dead() -> None:
    async with engine(ordinary) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        await asyncio.sleep(1)
        assert not seen.downs


async def test_a_peer_busy_with_a_command_is_not_dead() -> None:
    @greeted
    async def busy(peer: Peer) -> None:
        await peer.next()
        await asyncio.sleep(0.7)
        peer.say(response("done"))
        await silent(peer)

    async with engine(busy) as made_up, client(made_up.port) as seen:
        await until(lambda: seen.esl.up)
        assert await seen.esl.api("slow") == "done"


async def test_a_flood_of_events() -> None:
    """10,000 in a burst: all arrive, in order, and none is kept by us."""
    padding = "x" * 2_000

    @greeted
    async def floods(peer: Peer) -> None:
        for number in range(10_000):
            peer.say(event("HEARTBEAT", Event_Sequence=str(number), variable_padding=padding))
            if number % 500 == 0:
                await peer.writer.drain()
        await ordinary(peer)

    numbers: list[int] = []
    esl = EslConnection(EslSettings("127.0.0.1", PASSWORD, 1), Random(1), QUICK)
    async with engine(floods) as made_up:
        settings = EslSettings("127.0.0.1", PASSWORD, made_up.port)
        esl = EslConnection(settings, Random(1), EslTimings())
        tracemalloc.start()
        run = asyncio.create_task(
            esl.run(lambda e: numbers.append(int(e.get("Event-Sequence"))), list, list)
        )
        await until(lambda: len(numbers) == 10_000, 15)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert numbers == list(range(10_000))
        assert peak < 8_000_000
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def test_a_handler_that_fails_costs_nothing_else() -> None:
    @greeted
    async def tells(peer: Peer) -> None:
        peer.say(event("HEARTBEAT"), event("HEARTBEAT"), goodbye())
        await silent(peer)

    heard: list[str] = []

    def fails(received: Event) -> None:
        heard.append(received.name)
        raise ValueError("of the handler")

    async with engine(tells) as made_up:
        settings = EslSettings("127.0.0.1", PASSWORD, made_up.port)
        run = asyncio.create_task(EslConnection(settings, Random(1), QUICK).run(fails, list, list))
        await until(lambda: len(heard) >= 2)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

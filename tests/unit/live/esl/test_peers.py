"""greenswitch beside us: the same made-up engine, the same conversation, the same end."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from controlplane.live.esl.connection import EslConnection
from controlplane.live.esl.messages import Event
from controlplane.live.esl.outbound import OutboundServer
from controlplane.live.esl.session import Session
from controlplane.live.esl.settings import EslSettings
from tests.unit.live.esl.conversation import EXPECTED, answer_call, one_call, one_client
from tests.unit.live.esl.made_up_engine import PASSWORD, call_to, engine
from tests.unit.live.esl.peers.program import GREENSWITCH, running

pytestmark = pytest.mark.timeout(40)


async def test_our_outbound_server_and_greenswitch_see_the_same_call() -> None:
    ours: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def on_call(session: Session) -> None:
        ours.set_result(await answer_call(session))

    server = OutboundServer("127.0.0.1", 0, on_call)
    await server.start()
    async with call_to(server.port) as peer:
        executed = await one_call(peer)
    await server.close()
    async with running(GREENSWITCH, "server") as greenswitch:
        async with call_to(await greenswitch.next()) as peer:
            theirs = await one_call(peer)
        assert await greenswitch.next() == EXPECTED
    assert ours.result() == EXPECTED
    assert executed == theirs == ["answer", "playback tone", "playback tone"]


async def test_our_connection_and_greenswitch_hear_the_same() -> None:
    async with engine(one_client) as made_up:
        replies, events = await our_client(made_up.port)
        arguments = ("client", "127.0.0.1", made_up.port, PASSWORD, 0.3)
        wanted = ("api status é", "event plain HEARTBEAT", "noop")
        async with running(GREENSWITCH, *arguments, *wanted) as greenswitch:
            told: Any = await greenswitch.next()
    assert told["replies"][0] == replies[0] == "Zoë: status é"
    assert told["replies"][2] == "-ERR command not found"
    names = ("Event-Name", "Event-Info", "Up-Time")
    heard = [{n: e.get(n) for n in names if e.get(n)} for e in events]
    assert [{n: e[n] for n in names if n in e} for e in told["events"]] == heard
    assert heard[0] == {
        "Event-Name": "HEARTBEAT",
        "Event-Info": "Zoë: 100 %",
        "Up-Time": "1 day, 2 h",
    }


async def our_client(port: int) -> tuple[list[str], list[Event]]:
    events: list[Event] = []
    up = asyncio.Event()
    settings = EslSettings("127.0.0.1", PASSWORD, port, events=("HEARTBEAT",))
    esl = EslConnection(settings, Random(1))
    task = asyncio.create_task(esl.run(events.append, up.set, lambda reason: None))
    await asyncio.wait_for(up.wait(), 5)
    replies = [await esl.api("status", "é")]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return replies, events

"""The server the dialplan asks: one question a connection, and peers that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from controlplane.live.errors import EngineDown
from controlplane.live.esl.commands import Command, api
from controlplane.live.esl.questions import QuestionServer
from tests.unit.live.esl.made_up_engine import CALL, Peer, call_to, goodbye, reply, response

pytestmark = pytest.mark.timeout(20)


class Answering:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> tuple[Command, ...]:
        self.asked.append(text)
        return (api("uuid_setvar_multi", f"{CALL} a=b"),)


@asynccontextmanager
async def serving(answering: Answering) -> AsyncIterator[tuple[QuestionServer, int]]:
    server = QuestionServer("127.0.0.1", 0, "cp_asked", answering)
    await server.start()
    assert server._server is not None
    try:
        yield server, server._server.sockets[0].getsockname()[1]
    finally:
        await server.close()
        assert not server._open


async def asks(peer: Peer, text: str) -> None:
    """As FreeSWITCH: the first command is not answered."""
    assert (await peer.next()).first == "noop"
    assert (await peer.next()).first == "getvar cp_asked"
    peer.say(reply(text))


async def ended(peer: Peer) -> None:
    with pytest.raises(EOFError):
        await peer.next()


async def test_a_question_is_answered_and_the_connection_closed() -> None:
    answering = Answering()
    async with serving(answering) as (_, port), call_to(port) as peer:
        await asks(peer, f"{CALL}|what")
        said = [(await peer.next()).first for _ in range(2)]
        assert said == [f"api uuid_setvar_multi {CALL} a=b", "exit"]
        peer.say(response("+OK\n"), reply("+OK bye"), goodbye())
        await ended(peer)
    assert answering.asked == [f"{CALL}|what"]


async def test_a_question_that_was_cut_is_asked_for_whole() -> None:
    answering = Answering()
    whole = f"{CALL}|" + "x" * 2000
    async with serving(answering) as (_, port), call_to(port) as peer:
        await asks(peer, whole[:511])
        assert (await peer.next()).first == f"api uuid_getvar {CALL} cp_asked"
        peer.say(response(whole))
        await peer.next()
    assert answering.asked == [whole]


async def test_a_caller_who_is_gone_is_no_fault() -> None:
    async with serving(Answering()) as (_, port), call_to(port) as peer:
        await asks(peer, f"{CALL}|what")
        peer.say(response("-ERR No such channel!\n"), reply("+OK bye"))
        await ended(peer)


async def test_a_call_that_asks_no_more_is_let_alone() -> None:
    """It went on by itself while we were held up."""
    answering = Answering()
    async with serving(answering) as (_, port), call_to(port) as peer:
        await asks(peer, "")
        await ended(peer)
    assert answering.asked == []


async def test_an_answer_that_is_late_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controlplane.live.esl.questions.ANSWER_SECONDS", 0.1)
    answering = Answering()
    async with serving(answering) as (_, port), call_to(port) as peer:
        await peer.next()
        await peer.next()
        time.sleep(0.2)  # noqa: ASYNC251 - all of the controller is held up
        peer.say(reply(f"{CALL}|what"))
        await ended(peer)
    assert answering.asked == []


@pytest.mark.parametrize("said", [b"garbage\n\n", b"\0" * 5000, b"Content-Length: -1\n\n"])
async def test_what_is_no_engine_is_shown_out(said: bytes) -> None:
    answering = Answering()
    async with serving(answering) as (server, port), call_to(port) as peer:
        peer.say(said)
        with suppress(EOFError, ConnectionError):
            while await peer.next():
                pass
        assert not server._open
    assert answering.asked == []


async def test_a_silent_peer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controlplane.live.esl.questions.ANSWER_SECONDS", 0.1)
    async with serving(Answering()) as (server, port), call_to(port) as peer:
        await peer.next()
        await peer.next()
        await ended(peer)
        assert not server._open


async def test_questions_under_way_are_seen_through_and_no_more_are_taken() -> None:
    answering = Answering()
    async with serving(answering) as (server, port), call_to(port) as peer:
        await peer.next()
        draining = asyncio.create_task(server.drain(5))
        await asyncio.sleep(0.05)
        assert not server.listens
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await peer.next()
        peer.say(reply(f"{CALL}|what"))
        for _ in range(2):
            await peer.next()
        peer.say(response("+OK\n"), reply("+OK bye"))
        await draining
    assert answering.asked == [f"{CALL}|what"]


async def test_an_address_is_taken_once() -> None:
    async with serving(Answering()) as (_, port):
        second = QuestionServer("127.0.0.1", port, "cp_asked", Answering())
        with pytest.raises(EngineDown, match=f"cannot listen on 127.0.0.1:{port} for calls"):
            await second.start()


@pytest.mark.parametrize("reset", [False, True])
async def test_an_engine_that_dies_at_any_byte_leaves_nothing_behind(reset: bool) -> None:
    """In the midst of the question, of the answers to our commands, and between them."""
    question = f"{CALL}|what"
    asked = reply(question)
    said = asked + response("+OK\n") + reply("+OK bye") + goodbye()
    answering, whole = Answering(), 0
    async with serving(answering) as (server, port):
        for cut in range(len(said)):
            async with call_to(port) as peer:
                for _ in range(2):
                    await peer.next()
                peer.say(said[:cut])
                await peer.writer.drain()
                peer.reset() if reset else peer.close()
            whole += cut >= len(asked)
            async with asyncio.timeout(2):
                while server._open:  # noqa: ASYNC110
                    await asyncio.sleep(0)
    assert set(answering.asked) == {question}
    assert len(answering.asked) == whole or (reset and len(answering.asked) <= whole)

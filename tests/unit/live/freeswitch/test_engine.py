"""The driver of a FreeSWITCH against one made up by the test: questions, news, standing by."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from controlplane.live.driver import Driver
from controlplane.live.errors import WrongCredentials
from controlplane.live.freeswitch.engine import FreeSwitchDriver
from controlplane.model.deployment import Engine, EngineKind
from controlplane.model.documents import from_documents
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.unit.live.esl.made_up_engine import (
    CALL,
    PASSWORD,
    Peer,
    call_to,
    engine,
    event,
    reply,
    response,
)

pytestmark = pytest.mark.timeout(20)

ENTRY = f"{CALL}|enter|acme|handset|A1|102"


class Counted:
    def __init__(self) -> None:
        self.words: list[str] = []

    def decided(self, engine: str, step: str, after: str, seconds: float) -> None:
        self.words.append(f"{after} {step}")

    def connected(self, engine: str, up: bool) -> None:
        self.words.append("up" if up else "down")

    def failed(self, kind: str) -> None:
        self.words.append(f"failed {kind}")


def office() -> Driver:
    documents: dict[str, dict[str, Any]] = {
        "acme/lines/101": {},
        "acme/lines/102": {},
        "acme/handsets/A1": {"line": "101"},
        "acme/handsets/B1": {"line": "102"},
    }
    system = from_documents("acme", documents)
    driver = Driver()
    driver.follow({"acme": (compile_plan(system), state_of(system))})
    return driver


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Here:
    def __init__(self, esl_port: int, live_port: int, password: str = PASSWORD) -> None:
        self.engine = Engine(
            kind=EngineKind.FREESWITCH,
            password=password,
            folder="/nowhere",
            esl_port=esl_port,
            live_port=live_port,
        )
        self.counted = Counted()
        self.news: list[tuple[str, Mapping[str, Any]]] = []
        self.live = self.driver(office())

    def driver(self, driver: Driver) -> FreeSwitchDriver:
        told: Callable[..., object] = lambda *news: self.news.append(news)  # noqa: E731
        return FreeSwitchDriver("one", self.engine, driver, self.counted, told, Random(1))


async def quiet(peer: Peer) -> None:
    await peer.greet()
    while True:
        await peer.next()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(
    live: FreeSwitchDriver, stop: asyncio.Event | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(live.serve(stop or asyncio.Event(), 1))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def asked(port: int, text: str) -> list[str]:
    """What an engine that asks this is told."""
    async with call_to(port) as peer:
        await peer.next()
        await peer.next()
        peer.say(reply(text))
        said: list[str] = []
        try:
            while True:
                said.append((await peer.next()).first)
                peer.say(reply("+OK bye") if said[-1] == "exit" else response("+OK\n"))
        except EOFError:
            return said


async def test_a_question_is_decided() -> None:
    async with engine(quiet) as made_up:
        here = Here(made_up.port, free_port())
        async with running(here.live):
            await until(lambda: not here.live.down)
            setting, leaving = await asked(here.engine.live_port, ENTRY)
    assert setting.startswith(f"api uuid_setvar_multi {CALL} cp_what=B1;")
    assert ";cp_next=ring XML cp;" in setting
    assert leaving == "exit"
    assert "entry ring" in here.counted.words


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        (ENTRY.replace("|acme|", "|nobody|"), "failed unknown"),
        (ENTRY.replace("enter", "strange"), "failed decision"),
        (f"{CALL}|", "failed decision"),
        ("-ERR", "failed decision"),
    ],
)
async def test_what_is_not_decided_is_let_go_at_once(text: str, failed: str) -> None:
    async with engine(quiet) as made_up:
        here = Here(made_up.port, free_port())
        async with running(here.live):
            await until(lambda: not here.live.down)
            said = await asked(here.engine.live_port, text)
            await until(lambda: failed in here.counted.words)
    assert said == ["exit"]


async def test_news_are_passed_on_and_other_events_are_not() -> None:
    told = {"revision": "7", "flips": '{"line/101/name": "100%41"}'}

    async def talk(peer: Peer) -> None:
        await peer.greet()
        peer.say(event("CUSTOM", "no JSON", Event_Subclass="controlplane::revision"))
        peer.say(event("CUSTOM", json.dumps(told), Event_Subclass="sofia::register"))
        peer.say(event("CUSTOM", json.dumps(told), Event_Subclass="controlplane::revision"))
        await peer.next()

    async with engine(talk) as made_up:
        here = Here(made_up.port, free_port())
        async with running(here.live):
            await until(lambda: here.news)
    assert here.news == [("revision", told)]


async def test_the_second_stands_by_until_the_first_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("controlplane.live.freeswitch.engine.STAND_BY_SECONDS", 0.05)
    async with engine(quiet) as made_up:
        here = Here(made_up.port, free_port())
        second = here.driver(office())
        async with running(here.live) as first:
            await until(lambda: not here.live.down)
            async with running(second):
                await until(lambda: "cannot listen" in second.down)
                assert (await asked(here.engine.live_port, ENTRY))[-1] == "exit"
                first.cancel()
                await until(lambda: not second.down)
                assert (await asked(here.engine.live_port, ENTRY))[-1] == "exit"


async def test_a_refused_password_ends_it_and_frees_the_address() -> None:
    async with engine(quiet) as made_up:
        here = Here(made_up.port, free_port(), password="wrong")
        with pytest.raises(WrongCredentials):
            await here.live.serve(asyncio.Event(), 1)
        assert "refuses the password" in here.live.down
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", here.engine.live_port)


async def test_it_ends_in_order() -> None:
    async with engine(quiet) as made_up:
        here, stop = Here(made_up.port, free_port()), asyncio.Event()
        async with running(here.live, stop) as task, call_to_when_up(here) as peer:
            stop.set()
            await peer.next()
            await peer.next()
            peer.say(reply(ENTRY))
            for _ in range(2):
                await peer.next()
            peer.say(response("+OK\n"), reply("+OK bye"))
            await asyncio.wait_for(task, 5)
    assert here.counted.words == ["up", "entry ring", "down"]


@asynccontextmanager
async def call_to_when_up(here: Here) -> AsyncIterator[Peer]:
    await until(lambda: not here.live.down)
    async with call_to(here.engine.live_port) as peer:
        await asyncio.sleep(0.05)
        yield peer

"""Calls of a real FreeSWITCH decided live, and what may befall engine and controller meanwhile."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import pytest

from controlplane.live.driver import Driver
from controlplane.live.errors import WrongCredentials
from controlplane.live.esl.commands import auth, send_event
from controlplane.live.freeswitch.engine import FreeSwitchDriver
from controlplane.model.documents import from_documents
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.conformance.controller import Printed
from tests.conformance.controlling import ControllerProcess
from tests.conformance.freeswitch import FreeSwitchStand
from tests.phones import (
    ANSWERS,
    HANGS_UP_SOON,
    RINGS_OUT,
    Behaviour,
    Caller,
    CallResult,
    Manner,
    Phone,
    PhoneBank,
    PlacedCall,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ENGINE, PHONES = "127.0.0.95", "127.0.0.96"
PASSWORD = "phone-password"


def office() -> TenantView:
    system = from_documents(
        "acme",
        {
            "acme/settings": {"name": "Acme"},
            "acme/lines/101": {"ring": 2},
            "acme/lines/102": {"ring": 2, "voicemail": {}},
            "acme/handsets/A1": {"line": "101"},
            "acme/handsets/B1": {"line": "102"},
        },
    )
    passwords = dict.fromkeys(system.handsets, PASSWORD)
    return TenantView(system, compile_plan(system), state_of(system), passwords)


class Office:
    def __init__(self, stand: FreeSwitchStand, bank: PhoneBank, folder: Path) -> None:
        self.stand = stand
        self.folder = folder
        self._bank = bank

    def phone(self, behaviour: Behaviour) -> None:
        """What line 102's does."""
        self._bank.register_all(
            {Phone("acme.A1", PASSWORD): ANSWERS, Phone("acme.B1", PASSWORD): behaviour}
        )

    def place(self, manner: Manner = HANGS_UP_SOON) -> PlacedCall:
        return self._bank.place(Caller("acme.A1", PASSWORD), "102", manner)

    def call(self) -> CallResult:
        return self.place().wait()

    def channels(self) -> int:
        return int(self.stand.process.api("show", "channels count").split()[0])


@pytest.fixture(scope="module")
def office_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("freeswitch")
    with FreeSwitchStand(folder, ENGINE) as stand, PhoneBank(stand.sip, PHONES) as bank:
        stand.load([office()])
        yield Office(stand, bank, folder)


@pytest.fixture
def here(office_open: Office) -> Office:
    office_open.phone(ANSWERS)
    return office_open


def decided(controller: ControllerProcess, many: int, seconds: float = 5) -> list[str]:
    until = time.monotonic() + seconds
    while len(controller.decisions()) < many and time.monotonic() < until:
        time.sleep(0.02)
    return controller.decisions()


@pytest.mark.proves("H9")
def test_decided_live_and_by_the_dialplan_alone(here: Office) -> None:
    alone = here.call()
    with here.stand.controller() as controller:
        live = here.call()
        assert controller.decisions() == ["entry"]
    assert alone.answered
    assert live.answered
    assert live.ring_ms is not None
    assert live.ring_ms < 250


def test_a_hung_controller_delays_a_call_by_two_seconds(here: Office) -> None:
    with here.stand.controller() as controller:
        controller.hang()
        result = here.call()
    assert result.answered
    assert result.ring_ms is not None
    assert 900 < result.ring_ms < 2600, "the engine's timer has whole seconds"


def test_a_call_that_waits_for_a_controller_that_is_killed_goes_on(here: Office) -> None:
    with here.stand.controller() as controller:
        controller.hang()
        call = here.place()
        time.sleep(0.2)
        controller.kill()
        result = call.wait()
    assert result.answered
    assert result.ring_ms is not None
    assert result.ring_ms < 3100


def test_an_answered_call_outlives_its_controller(here: Office) -> None:
    with here.stand.controller() as controller:
        call = here.place(Manner(hang_up_after=3.0))
        assert call.wait_answered()
        controller.kill()
        result = call.wait()
    assert result.seconds is not None
    assert result.seconds > 2.8


def test_a_caller_who_hangs_up_while_a_phone_rings_leaves_nothing_behind(here: Office) -> None:
    here.phone(RINGS_OUT)
    with here.stand.controller() as controller:
        result = here.place(Manner(abandon_after=0.5)).wait()
        assert result.status == 487
        time.sleep(1)
        assert controller.decisions() == ["entry"]
    assert here.channels() == 0


def test_a_second_controller_stands_by_and_takes_over_a_ringing_call(here: Office) -> None:
    here.phone(RINGS_OUT)
    with here.stand.controller() as first, standing_by(here) as (second, log):
        call = here.place()
        assert decided(first, 1) == ["entry"]
        first.kill()
        assert decided(second, 1) == ["no-answer"]
        assert call.wait().answered, "the voicemail answers"
        assert "listening for calls" in log.read_text()


@contextmanager
def standing_by(here: Office) -> Iterator[tuple[ControllerProcess, Path]]:
    """A controller that is started beside another, and so is not ready yet; and its log."""
    other = here.folder / "second.json"
    other.write_text((here.folder / "tenants-1.json").read_text())
    log = other.with_suffix(".log")
    made = ControllerProcess(other)
    try:
        until = time.monotonic() + 10
        while "standing by" not in log.read_text():
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield made, log
    finally:
        made.kill()


def test_an_engine_killed_during_calls_is_driven_again(here: Office) -> None:
    with here.stand.controller() as controller:
        lost = here.place(Manner(hang_up_after=3.0))
        assert lost.wait_answered()
        here.stand.process.kill()
        here.stand.process.start()
        here.phone(ANSWERS)
        assert here.call().answered
        assert decided(controller, 2) == ["entry", "entry"]
        lost.wait()
    until = time.monotonic() + 5
    while here.channels() and time.monotonic() < until:
        time.sleep(0.1)
    assert here.channels() == 0


def test_a_flood_of_events_makes_nothing_grow(here: Office) -> None:
    """10,000 that the controller hears and has nothing to do with; calls are decided meanwhile."""
    with here.stand.controller() as controller:
        assert here.call().answered
        flood(here)
        before = controller.resident_mb()
        for _ in range(3):
            flood(here)
            assert here.call().answered
        assert decided(controller, 4) == ["entry"] * 4
        assert controller.resident_mb() - before < 10


def flood(here: Office, many: int = 10_000) -> None:
    headers = {"MWI-Message-Account": "nobody@example.com", "MWI-Messages-Waiting": "no"}
    headers["Text"] = "x" * 500
    event = send_event("MESSAGE_WAITING", headers).wire
    engine = here.stand.engine
    with socket.create_connection((engine.address, engine.esl_port), 10) as wire:
        wire.sendall(auth(engine.password).wire)
        answers = wire.makefile("rb")
        wire.sendall(event * many)
        heard = 0
        while heard < many:
            heard += answers.readline().startswith(b"Reply-Text: +OK")


def test_what_is_no_engine_disturbs_nobody(here: Office) -> None:
    """At the address where questions are taken."""
    rng = random.Random(7)
    with here.stand.controller() as controller:
        engine = here.stand.engine
        for _ in range(30):
            with socket.create_connection((engine.live_address, engine.live_port), 2) as wire:
                wire.sendall(rng.randbytes(rng.randrange(2000)))
        with ExitStack() as silent:
            for _ in range(50):
                wire = socket.create_connection((engine.live_address, engine.live_port))
                silent.enter_context(wire)
            assert here.call().answered
        assert controller.decisions()[-1] == "entry"


def test_a_wrong_password_is_one_clear_line(here: Office) -> None:
    engine = here.stand.engine.model_copy(update={"password": "wrong"})
    live = FreeSwitchDriver("one", engine, Driver(), Printed(), lambda *_: None, Random(1))
    with pytest.raises(WrongCredentials, match="refuses the password"):
        asyncio.run(asyncio.wait_for(live.serve(asyncio.Event(), 0), 10))
    assert "refuses the password" in live.down


def test_a_tenant_that_is_not_in_memory_is_left_to_the_dialplan(here: Office) -> None:
    failed: list[str] = []

    class Watch(Printed):
        def failed(self, kind: str) -> None:
            failed.append(kind)

    async def decide() -> CallResult:
        live = FreeSwitchDriver(
            "one", here.stand.engine, Driver(), Watch(), lambda *_: None, Random(1)
        )
        stop = asyncio.Event()
        running = asyncio.create_task(live.serve(stop, 1))
        while live.down:  # noqa: ASYNC110 - it has no event for that
            await asyncio.sleep(0.02)
        result = await asyncio.to_thread(here.call)
        stop.set()
        await running
        return result

    result = asyncio.run(decide())
    assert result.answered
    assert result.ring_ms is not None
    assert result.ring_ms < 500, "it is let go at once"
    assert failed == ["unknown"]

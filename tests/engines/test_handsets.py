"""Real phones at real engines: who is registered, told by NOTIFY, and dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from controlplane.engines import ENGINES
from controlplane.live.registrar import Registrar
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.conformance.asterisk import AsteriskStand
from tests.conformance.freeswitch import FreeSwitchStand
from tests.conformance.stand import STANDS
from tests.engines.freeswitch_process import require_freeswitch
from tests.fleet.learned import Account
from tests.fleet.sip_agent import SipAgent
from tests.phones import ANSWERS, Phone, PhoneBank, SippFailed

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESSES = {
    "asterisk": ("127.0.0.131", "127.0.0.132"),
    "freeswitch": ("127.0.0.133", "127.0.0.134"),
}
PASSWORD = "phone-password"


class Office:
    """Handsets A1 and B1, registered; C1, which is not."""

    def __init__(self, stand: AsteriskStand | FreeSwitchStand, bank: PhoneBank) -> None:
        self.stand = stand
        self.bank = bank

    def load(self, **passwords: str) -> None:
        """Exactly these handsets."""
        system = PhoneSystem.model_validate(
            {
                "tenant": "acme",
                "lines": {"101": {}, "102": {}},
                "handsets": {name: {} for name in passwords},
            }
        )
        self.stand.load([TenantView(system, compile_plan(system), state_of(system), passwords)])

    def register(self, *names: str, password: str = PASSWORD) -> None:
        self.bank.register_all({Phone(f"acme.{name}", password): ANSWERS for name in names})

    def ask(self, work: Callable[[Registrar], Coroutine[Any, Any, Any]]) -> Any:
        async def run() -> Any:
            row = ENGINES[self.stand.engine.kind]
            async with row.registrar(self.stand.engine) as registrar:
                return await work(registrar)

        return asyncio.run(run())

    def registered(self) -> Mapping[str, Any]:
        return self.ask(lambda it: it.registered())

    def end(self, accounts: Sequence[str]) -> None:
        async def work(registrar: Registrar) -> None:
            await registrar.end(await registrar.held(accounts))

        self.ask(work)

    def notified(self, since: float, count: int, seconds: float = 5.0) -> list[tuple[str, str]]:
        """Account and Event of every NOTIFY of ours that phones got."""
        give_up = time.monotonic() + seconds
        while True:
            got = [
                (it.uri.removeprefix("sip:").partition("@")[0], it.header("event"))
                for it in self.bank.requests("NOTIFY", since=since)
                if it.header("event").startswith("check-sync")
            ]
            if len(got) >= count or time.monotonic() > give_up:
                return got
            time.sleep(0.05)


@pytest.fixture(scope="module", params=sorted(STANDS))
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    kind: str = request.param
    if kind == "freeswitch":
        require_freeswitch()
    address, phones = ADDRESSES[kind]
    folder: Path = tmp_path_factory.mktemp(kind)
    with STANDS[kind](folder, address) as stand, PhoneBank(stand.sip, phones) as bank:
        assert isinstance(stand, AsteriskStand | FreeSwitchStand)
        made = Office(stand, bank)
        made.load(A1=PASSWORD, B1=PASSWORD, C1=PASSWORD)
        assert made.registered() == {}
        made.register("A1", "B1")
        yield made


def test_who_is_registered_from_where(office: Office) -> None:
    found = office.registered()
    assert set(found) == {"acme.A1", "acme.B1"}
    one = found["acme.A1"]
    assert one.account == "acme.A1"
    assert one.contact.startswith(f"sip:acme.A1@{office.bank.ip}:")
    assert one.address.startswith(f"{office.bank.ip}:")
    assert one.reachable is not False


@pytest.mark.proves("G7")
@pytest.mark.parametrize("event", ["check-sync", "check-sync;reboot=false"])
def test_one_phone_is_told_and_no_other(office: Office, event: str) -> None:
    since = time.time()
    office.ask(lambda it: it.notify("acme.A1", event))
    assert office.notified(since, 1) == [("acme.A1", event)]
    time.sleep(0.5)
    assert office.notified(since, 1) == [("acme.A1", event)]


def test_nobody_is_told_of_a_phone_that_is_not_registered(office: Office) -> None:
    since = time.time()
    office.ask(lambda it: it.notify("acme.C1", "check-sync"))
    assert office.notified(since, 1, 1.0) == []


def test_a_registration_is_ended_and_the_others_stay(office: Office) -> None:
    office.end(["acme.A1", "acme.C1", "acme.gone"])
    assert set(office.registered()) == {"acme.B1"}
    office.end(["acme.A1"])
    office.register("A1")
    assert set(office.registered()) == {"acme.A1", "acme.B1"}


@pytest.mark.proves("G7")
def test_a_registration_that_is_made_anew_meanwhile_stays(office: Office) -> None:
    """It was made with what the phone has been given since the old one was looked at."""
    held = office.ask(lambda it: it.held(["acme.A1", "acme.B1"]))
    assert {it.account for it in held} == {"acme.A1", "acme.B1"}
    time.sleep(1.1)  # Engines write in whole seconds until when a registration is good.
    office.register("A1")
    office.ask(lambda it: it.end(held))
    assert set(office.registered()) == {"acme.A1"}
    office.register("B1")


CALL_IDS = ("a<b@c", "x</call-id><user>acme.Z1</user>", "a)exp(2030-01-01", '"%41\\{[')
"""RFC 3261, 25.1: each is of characters that a `word` may have."""


@pytest.mark.parametrize("call_id", CALL_IDS)
def test_a_phone_may_choose_its_call_id(
    office: Office, call_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = office.stand.engine
    account = Account("acme.C1", "acme.C1", PASSWORD, engine.address, engine.sip_port)
    with SipAgent(office.bank.ip, account) as agent:
        monkeypatch.setattr(agent, "_call_id", lambda: call_id)
        agent.register()
        assert set(office.registered()) == {"acme.A1", "acme.B1", "acme.C1"}
        office.end(["acme.C1"])
    assert set(office.registered()) == {"acme.A1", "acme.B1"}


def test_a_removed_handset_and_a_changed_password_are_refused_at_once(office: Office) -> None:
    office.load(A1="another-password", C1=PASSWORD)
    office.end(["acme.A1", "acme.B1"])
    assert office.registered() == {}
    for name in ("A1", "B1"):
        with pytest.raises(SippFailed, match=f"not registered: acme.{name}"):
            office.register(name)
    office.register("A1", password="another-password")
    assert set(office.registered()) == {"acme.A1"}
    office.load(A1=PASSWORD, B1=PASSWORD, C1=PASSWORD)
    office.end(["acme.A1"])
    office.register("A1", "B1")

"""Emulated handsets of every vendor on real engines, with files that were written by hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from controlplane.live.ami.connection import AmiConnection
from controlplane.live.ami.settings import AmiSettings
from controlplane.live.esl.commands import notify
from controlplane.render.freeswitch.names import PHONES, PROFILE
from controlplane.render.phones.catalogue import catalogue
from tests.engines.deployed import Engine, engine_of, initialised, password_of
from tests.engines.freeswitch_process import FreeSwitchProcess
from tests.fleet import VENDORS, FleetPhone
from tests.fleet.file_server import FileServer, file_server
from tests.fleet.learned import Account
from tests.fleet.linphonec import Linphonec
from tests.fleet.sip_agent import Refused, SipAgent
from tests.unit.cli.conftest import run_process
from tests.unit.fleet.samples import files_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.221", "127.0.0.222", 19271),
    "freeswitch": ("127.0.0.223", "127.0.0.224", 19272),
}
"""Of the engine, of its phones, and the controller's port (where none runs)."""

TOLD = [it for it in VENDORS if catalogue().vendors[it].check_sync]
EVENTS = {event for it in VENDORS.values() for event in it.events}
CHALLENGES = {"cisco": "Auth_Resync-Reboot_1_", "grandstream": "sip.notify.challenge"}

LINES = {vendor: str(101 + number) for number, vendor in enumerate(VENDORS)}


@dataclass
class Office:
    """An engine with a line and a handset a vendor; `phones` have booted."""

    kind: str
    address: str
    password: str
    engine: Engine
    server: FileServer
    phones: dict[str, FleetPhone] = field(default_factory=dict)

    def account(self, vendor: str, transport: str = "udp") -> Account:
        name = f"acme.{vendor}"
        return Account(name, name, f"pw-of-{vendor}&<", self.address, 5060, transport)

    def boot(self, vendor: str, ip: str, transport: str = "udp") -> FleetPhone:
        kind = VENDORS[vendor]
        handset = kind(kind.oui + "0000aa", self.server.url + kind.entry)
        files = files_of(handset, self.account(vendor, transport))
        self.server.files |= {name: text.encode() for name, text in files.items()}
        phone = FleetPhone(handset, ip)
        phone.boot()
        self.phones[vendor] = phone
        return phone

    def notify(self, vendor: str, event: str) -> None:
        """As the engine tells one phone."""
        if isinstance(self.engine, FreeSwitchProcess):
            self.engine.tell(notify(PROFILE, f"acme.{vendor}", PHONES, event))
            return

        async def tell() -> None:
            async with AmiConnection(
                AmiSettings(self.address, "controlplane", self.password)
            ) as it:
                await it.pjsip_notify(endpoint=f"acme.{vendor}", variables=[("Event", event)])

        asyncio.run(tell())


@pytest.fixture(scope="module", params=PLACES)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    kind = request.param
    address, _, port = PLACES[kind]
    home = tmp_path_factory.mktemp(kind)
    handsets = "".join(
        f"  {vendor}: {{line: {line}, sip_password: 'pw-of-{vendor}&<'}}\n"
        for vendor, line in LINES.items()
    )
    lines = ", ".join(f'"{line}": {{label: {vendor}}}' for vendor, line in LINES.items())
    (home / "acme.yaml").write_text(f"tenant: acme\nlines: {{{lines}}}\nhandsets:\n{handsets}")
    initialised(home, kind, address, "--rtp", "17600-17699", "--run-port", str(port))
    with ExitStack() as stack:
        engine = stack.enter_context(engine_of(home, kind, address))
        applied = run_process("apply", "acme.yaml", cwd=home)
        assert applied.returncode == 0, applied.stderr
        yield Office(kind, address, password_of(home), engine, stack.enter_context(file_server()))


@pytest.fixture
def phones(office: Office) -> Iterator[dict[str, FleetPhone]]:
    address = PLACES[office.kind][1]
    try:
        for vendor in VENDORS:
            office.boot(vendor, address, "udp")
        yield office.phones
    finally:
        for phone in office.phones.values():
            phone.__exit__(None, None, None)
        office.phones.clear()


@pytest.mark.proves("G8")
def test_every_vendor_registers_with_what_it_read_and_calls(
    office: Office, phones: dict[str, FleetPhone]
) -> None:
    names = list(phones)
    for vendor, other in zip(names, names[1:] + names[:1], strict=True):
        since = time.time()
        placed = phones[vendor].call(LINES[other])
        assert placed.answered, (vendor, other, placed)
        [seen] = phones[other].agent.wait_ringing(since)
        assert (seen.name, seen.number) == (vendor, LINES[vendor])


def test_what_is_wrong_is_refused_by_the_registrar(office: Office) -> None:
    address = PLACES[office.kind][1]
    wrong = replace(office.account("snom"), password="guessed")
    with SipAgent(address, wrong) as agent, pytest.raises(Refused) as refused:
        agent.register()
    assert refused.value.status in (401, 403)


@pytest.mark.proves("G8")
def test_over_tcp(office: Office) -> None:
    address = PLACES[office.kind][1]
    with office.boot("yealink", address) as udp, office.boot("snom", address, "tcp") as tcp:
        assert tcp.agent.account.transport == "tcp"
        assert tcp.call(LINES["yealink"]).answered
        since = time.time()
        assert udp.call(LINES["snom"]).answered
        assert tcp.agent.wait_ringing(since)
    office.phones.clear()


@pytest.mark.proves("G7")
def test_a_notify_makes_one_phone_fetch_again(
    office: Office, phones: dict[str, FleetPhone]
) -> None:
    phone = phones["yealink"]
    name = f"{phone.handset.mac}.cfg"
    office.server.files[name] = office.server.files[name].replace(b"LDN-01", b"LDN-99")
    office.notify("yealink", "check-sync;reboot=false")
    phone.wait_rounds(2)
    assert phone.learned is not None
    assert phone.learned.account.label == "LDN-99"
    assert "check-sync;reboot=false" in phone.agent.events
    assert phone.handset.reboots == 0
    assert {vendor: it.handset.rounds for vendor, it in phones.items()} == {
        **dict.fromkeys(phones, 1),
        "yealink": 2,
    }
    assert phones["poly"].call(LINES["yealink"]).answered, "it is still registered"


@pytest.mark.proves("G7")
@pytest.mark.parametrize("vendor", TOLD)
def test_its_vendors_notify_is_obeyed_and_no_other(office: Office, vendor: str) -> None:
    """The Event is what the vendor's data say; the handset goes by the vendor's documentation."""
    own = catalogue().vendors[vendor].check_sync
    with office.boot(vendor, PLACES[office.kind][1]) as phone:
        others = sorted(EVENTS - phone.handset.events)
        assert others
        for event in others:
            office.notify(vendor, event)
        heard_of(phone, others)
        office.notify(vendor, own)
        phone.wait_rounds(2)
        heard_of(phone, [*others, own])
        assert (phone.handset.rounds, phone.handset.reboots) == (2, 0)
    office.phones.clear()


@pytest.mark.proves("G7")
@pytest.mark.parametrize("vendor", ["cisco", "grandstream"])
def test_a_notify_is_challenged_where_no_file_says_otherwise(office: Office, vendor: str) -> None:
    """So that a phone that lost the setting is one that no engine can tell to fetch."""
    with office.boot(vendor, PLACES[office.kind][1]) as phone:
        phone.handset.settings.pop(CHALLENGES[vendor])
        office.notify(vendor, "check-sync")
        until = time.monotonic() + 10
        while not phone.agent.challenged:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert "check-sync" not in phone.agent.events
        assert phone.handset.rounds == 1
    office.phones.clear()


def heard_of(phone: FleetPhone, events: list[str]) -> None:
    until = time.monotonic() + 10
    while not set(events) <= set(phone.agent.events):
        assert time.monotonic() < until, (events, phone.agent.events)
        time.sleep(0.02)


@pytest.mark.proves("G8")
def test_a_real_linphone_fetches_registers_and_is_called(office: Office, tmp_path: Path) -> None:
    address = PLACES[office.kind][1]
    kind = VENDORS["linphone"]
    [text] = files_of(kind("020000000001", ""), office.account("linphone")).values()
    office.server.files["real.xml"] = text.encode()
    with (
        Linphonec(office.server.url + "real.xml", tmp_path) as linphone,
        office.boot("yealink", address) as yealink,
    ):
        linphone.wait_registered("acme.linphone@")
        assert yealink.call(LINES["linphone"], talk=1.0).answered
        linphone.wait_said("ended")
        since = time.time()
        linphone.say(f"call {LINES['yealink']}")
        found = yealink.agent.wait_ringing(since, 10)
        assert found, linphone.said[-2000:]
        [seen] = found
        assert (seen.name, seen.number) == ("linphone", LINES["linphone"])
    office.phones.clear()

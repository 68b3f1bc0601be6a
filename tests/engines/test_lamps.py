"""Lamps of real phones on real engines: lines that are watched, and messages that wait."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from controlplane.capabilities import Capability
from controlplane.engines import ENGINES
from controlplane.model.deployment import EngineKind
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.conformance.asterisk import AsteriskStand
from tests.conformance.freeswitch import FreeSwitchStand
from tests.conformance.stand import STANDS, Stand
from tests.engines.freeswitch_process import require_freeswitch
from tests.phones import ANSWERS, Answers, Behaviour, Caller, Manner, Phone, PhoneBank, PlacedCall
from tests.phones.watcher import Watcher, lamp, waiting

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESSES = {
    "asterisk": ("127.0.0.101", "127.0.0.102"),
    "freeswitch": ("127.0.0.103", "127.0.0.104"),
}
PASSWORD = "phone-password"
EVENTS = {"dialog": "application/dialog-info+xml", "presence": "application/pidf+xml"}
SUMMARY = "application/simple-message-summary"
RINGS_A_WHILE = Answers(after=1.5)
LEAVES = Manner(digits="#", digits_after=0.4, talks=True, hang_up_after=3.0)


class Office:
    """Lines 101, 102 and 103; A1 is 101's; B1 and C1 are where people log in."""

    def __init__(self, kind: str, stand: Stand, bank: PhoneBank) -> None:
        self.kind = kind
        self.stand = stand
        self.bank = bank
        self.address, self.phones = ADDRESSES[kind]

    def load(
        self,
        b1: str | None,
        c1: str | None,
        settings: Mapping[str, Any] | None = None,
        **line: Any,
    ) -> None:
        """Who is logged in where; `line` is said of 102, `settings` of the tenant."""
        system = PhoneSystem.model_validate(
            {
                "tenant": "acme",
                "settings": dict(settings or {}),
                "lines": {
                    "101": {"ring": 20},
                    "102": {"ring": 20, "voicemail": {}, **line},
                    "103": {"ring": 20, "voicemail": {}},
                },
                "handsets": {"A1": {"line": "101"}, "B1": {"login": b1}, "C1": {"login": c1}},
            }
        )
        passwords = dict.fromkeys(system.handsets, PASSWORD)
        view = TenantView(system, compile_plan(system), state_of(system), passwords)
        self.stand.load([view])

    def are(self, **does: Behaviour) -> None:
        self.bank.register_all(
            {Phone(f"acme.{name}", PASSWORD): behaviour for name, behaviour in does.items()}
        )

    def place(self, who: str, called: str, manner: Manner) -> PlacedCall:
        return self.bank.place(Caller(f"acme.{who}", PASSWORD), called, manner)

    def restart(self) -> None:
        """The engine, which knows all it knew."""
        if isinstance(self.stand, AsteriskStand):
            self.stand.container.restart()
        elif isinstance(self.stand, FreeSwitchStand):
            self.stand.process.restart()

    def can(self, capability: Capability) -> bool:
        return capability in ENGINES[EngineKind(self.kind)].capabilities

    def helped(self) -> AbstractContextManager[object]:
        """With a controller, where the engine alone cannot do it."""
        return self.stand.controller() if self.kind == "freeswitch" else nullcontext()

    def delete_messages(self, box: str) -> None:
        """By the engine, as from a web page."""
        if isinstance(self.stand, AsteriskStand):
            folder = Path(self.stand.engine.folder).parent / "state/spool/voicemail/acme" / box
            texts = [path.read_text() for path in folder.glob("INBOX/msg*.txt")]
            for message in re.findall("^msg_id=(.*)", "\n".join(texts), re.M):
                self.stand.container.cli(f"voicemail remove {box} acme INBOX {message}")
        elif isinstance(self.stand, FreeSwitchStand):
            self.stand.process.api("vm_delete", f"{box}@acme")

    def watcher(self, handset: str) -> Watcher:
        return Watcher(self.stand.sip, self.phones, f"acme.{handset}", PASSWORD)


@pytest.fixture(scope="module", params=sorted(STANDS))
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    kind: str = request.param
    if kind == "freeswitch":
        require_freeswitch()
    folder: Path = tmp_path_factory.mktemp(kind)
    address, phones = ADDRESSES[kind]
    with STANDS[kind](folder, address) as stand, PhoneBank(stand.sip, phones) as bank:
        made = Office(kind, stand, bank)
        made.load("102", "103")
        made.are(A1=ANSWERS, B1=RINGS_A_WHILE, C1=ANSWERS)
        yield made


@pytest.mark.parametrize("event", EVENTS)
def test_a_lamp_shows_who_rings_and_who_talks(office: Office, event: str) -> None:
    office.load("102", "103")
    office.are(B1=RINGS_A_WHILE)
    with office.watcher("A1") as watcher:
        called = watcher.subscribe("acme.102", event, EVENTS[event])
        caller = watcher.subscribe("acme.103", event, EVENTS[event])
        for line in (called, caller):
            watcher.wait(lambda told: lamp(told) == "idle", line)
        call = office.place("C1", "102", Manner(hang_up_after=1.0))
        watcher.wait(lambda told: lamp(told) == "ringing", called)
        watcher.wait(lambda told: lamp(told) == "busy", called)
        watcher.wait(lambda told: lamp(told) == "busy", caller)
        assert call.wait().answered
        for line in (called, caller):
            watcher.wait(lambda told: lamp(told) == "idle", line)


def test_a_line_is_watched_wherever_its_user_logs_in(office: Office) -> None:
    office.load("102", "103")
    office.are(B1=ANSWERS, C1=ANSWERS)
    with office.watcher("A1") as watcher:
        line = watcher.subscribe("acme.102", "dialog", EVENTS["dialog"])
        watcher.wait(lambda told: lamp(told) == "idle", line)
        before = office.place("B1", "101", Manner(hang_up_after=3.0))
        watcher.wait(lambda told: lamp(told) == "busy", line)
        office.load(None, "102")
        assert before.wait().answered, "a login drops no call"
        watcher.wait(lambda told: lamp(told) == "idle", line)
        after = office.place("A1", "102", Manner(hang_up_after=1.0))
        watcher.wait(lambda told: lamp(told) == "busy", line)
        assert after.wait().answered
        watcher.wait(lambda told: lamp(told) == "idle", line)
        told = len(watcher.notified(line))
        office.load("103", "102")
        office.place("A1", "103", Manner(hang_up_after=0.3)).wait()
        time.sleep(0.3)
        assert all(lamp(one) == "idle" for one in watcher.notified(line)[told:])


@pytest.mark.parametrize("event", EVENTS)
def test_do_not_disturb_shows_as_busy(office: Office, event: str) -> None:
    office.load("102", "103")
    with office.watcher("A1") as watcher:
        line = watcher.subscribe("acme.102", event, EVENTS[event])
        watcher.wait(lambda told: lamp(told) == "idle", line)
        office.load("102", "103", do_not_disturb=True)
        watcher.wait(lambda told: lamp(told) == "busy", line)
        office.load("102", "103")
        watcher.wait(lambda told: lamp(told) == "idle", line)


@pytest.mark.parametrize("event", EVENTS)
def test_do_not_disturb_shows_after_calls_too(office: Office, event: str) -> None:
    """Those the line places, those it takes from a caller who is allowed to, and one in whose
    midst do not disturb was set."""
    office.load("102", "103", do_not_disturb=True, allowed=["103"])
    office.are(B1=ANSWERS, C1=ANSWERS)
    with office.watcher("A1") as watcher:
        with office.helped():
            line = watcher.subscribe("acme.102", event, EVENTS[event])
            watcher.wait(lambda told: lamp(told) == "busy", line)
        for caller, called in (("B1", "103"), ("C1", "102")):
            assert office.place(caller, called, Manner(hang_up_after=0.5)).wait().answered
            time.sleep(1)
            watcher.wait(lambda told: lamp(told) == "busy", line)
        office.load("102", "103")
        watcher.wait(lambda told: lamp(told) == "idle", line)
        under_way = office.place("B1", "103", Manner(hang_up_after=1.5))
        watcher.wait(lambda told: lamp(told) == "busy", line)
        office.load("102", "103", do_not_disturb=True)
        assert under_way.wait().answered
        time.sleep(1)
        watcher.wait(lambda told: lamp(told) == "busy", line)
        office.load("102", "103")
        watcher.wait(lambda told: lamp(told) == "idle", line)


def test_a_line_is_watched_by_its_extension_too(office: Office) -> None:
    """Where the engine can; else that shows nothing, of any tenant, and never changes."""
    office.load("102", "103", do_not_disturb=True)
    with office.helped(), office.watcher("A1") as watcher:
        line = watcher.subscribe("102", "dialog", EVENTS["dialog"])
        if office.can(Capability.WATCH_BY_EXTENSION):
            watcher.wait(lambda told: lamp(told) == "busy", line)
            return
        watcher.wait(lambda told: lamp(told) == "idle", line)
        office.load("102", "103")
        office.load("102", "103", do_not_disturb=True)
        office.place("C1", "101", Manner(hang_up_after=0.5)).wait()
        time.sleep(1)
        assert {lamp(told) for told in watcher.notified(line)} == {"idle"}


def test_do_not_disturb_shows_without_a_controller(office: Office) -> None:
    """Where the engine can; else a phone that comes later sees the next change."""
    office.load("102", "103", do_not_disturb=True)
    with office.watcher("A1") as watcher:
        line = watcher.subscribe("acme.102", "dialog", EVENTS["dialog"])
        if office.can(Capability.QUIET_WITHOUT_US):
            watcher.wait(lambda told: lamp(told) == "busy", line)
            return
        watcher.wait(lambda told: lamp(told) == "idle", line)
        office.load("102", "103")
        office.load("102", "103", do_not_disturb=True)
        watcher.wait(lambda told: lamp(told) == "busy", line)


@pytest.mark.parametrize("event", EVENTS)
def test_do_not_disturb_shows_at_a_phone_that_comes_later(office: Office, event: str) -> None:
    office.load("102", "103", do_not_disturb=True)
    for again in (False, True):
        if again:
            office.restart()
        with office.helped(), office.watcher("A1") as watcher:
            line = watcher.subscribe("acme.102", event, EVENTS[event])
            watcher.wait(lambda told: lamp(told) == "busy", line)


@pytest.mark.proves("F9")
def test_the_message_lamp_follows_the_line(office: Office) -> None:
    office.load("102", None)
    with office.watcher("B1") as first, office.watcher("C1") as second:
        first.register()
        second.register()
        office.load("102", None, do_not_disturb=True)
        assert office.place("A1", "102", LEAVES).wait().answered
        first.wait(waiting, event="message-summary")
        office.load("103", "102")
        second.wait(waiting, event="message-summary")
        first.wait(lambda told: not waiting(told), event="message-summary")
        office.restart()
    with office.helped(), office.watcher("C1") as second:
        second.register()
        second.wait(waiting, event="message-summary")
        if office.kind == "asterisk":
            asked = second.subscribe("acme.C1", "message-summary", SUMMARY)
            second.wait(waiting, asked)
        office.load("102", "103")
        second.wait(lambda told: not waiting(told), event="message-summary")


def test_the_message_lamp_goes_out_when_the_last_message_does(office: Office) -> None:
    office.load("102", "103", do_not_disturb=True)
    with office.helped(), office.watcher("B1") as watcher:
        watcher.register()
        assert office.place("A1", "102", LEAVES).wait().answered
        watcher.wait(waiting, event="message-summary")
        office.delete_messages("102")
        watcher.wait(lambda told: not waiting(told), event="message-summary")


@pytest.mark.proves("G5", "H9")
def test_who_logs_out_at_the_phone_is_watched_no_more(office: Office) -> None:
    """Without a controller where the engine can; else once it is committed."""
    inside = {"hot_desk": {"internal_calls": True}}
    office.load("102", "103", inside)
    office.are(A1=ANSWERS, B1=ANSWERS)
    with office.watcher("C1") as watcher:
        line = watcher.subscribe("acme.102", "dialog", EVENTS["dialog"])
        watcher.wait(lambda told: lamp(told) == "idle", line)
        assert office.place("B1", "*12", Manner(hang_up_after=0.5)).wait().answered
        time.sleep(1)
        before = len(watcher.notified(line))
        call = office.place("B1", "101", Manner(hang_up_after=2.0))
        if office.can(Capability.FREED_WITHOUT_US):
            assert call.wait().answered
            assert {lamp(told) for told in watcher.notified(line)[before:]} <= {"idle"}
        else:
            watcher.wait(lambda told: lamp(told) == "busy", line)
            assert call.wait().answered
        office.load(None, "103", inside)
        watcher.wait(lambda told: lamp(told) == "idle", line)
        time.sleep(1)
        before = len(watcher.notified(line))
        assert office.place("B1", "101", Manner(hang_up_after=1.0)).wait().answered
        assert {lamp(told) for told in watcher.notified(line)[before:]} <= {"idle"}


@pytest.mark.proves("F9", "G5", "H9")
def test_the_message_lamp_goes_out_with_who_logs_out_at_the_phone(office: Office) -> None:
    office.load("102", "103", do_not_disturb=True)
    with office.watcher("B1") as watcher:
        watcher.register()
        assert office.place("A1", "102", LEAVES).wait().answered
        watcher.wait(waiting, event="message-summary")
        assert office.place("B1", "*12", Manner(hang_up_after=0.5)).wait().answered
        watcher.wait(lambda told: not waiting(told), event="message-summary")

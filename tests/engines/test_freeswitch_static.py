"""A rendered bundle alone makes a bare FreeSWITCH a PBX: real calls, and no controller."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.render.freeswitch.store import stored
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.conformance.freeswitch import FreeSwitchStand
from tests.engines.freeswitch_process import require_freeswitch
from tests.phones import (
    BUSY,
    DECLINES,
    NO_CIRCUIT,
    RINGS_OUT,
    Answers,
    Behaviour,
    Caller,
    CallResult,
    Identity,
    Manner,
    Observation,
    Phone,
    PhoneBank,
    Served,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

ADDRESS, PHONES, CARRIER, SECOND = "127.0.0.93", "127.0.0.94", "127.0.0.95", "127.0.0.96"
NAME = "A\";b, ${X} 'é' \\ %41"
MAIN, ADA, OUTSIDE = "+442071838750", "+442071838751", "+447700900901"

OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "sites": {"london": {"main_number": MAIN}},
    "lines": {
        "101": {"label": [NAME], "ring": 2, "presented_number": ADA},
        "102": {"label": ["Bob"], "ring": 2, "voicemail": {}},
        "103": {"label": ["Cy"], "ring": 2},
        "104": {"ring": 2, "do_not_disturb": True},
        "105": {"ring": 2, "forward": {"always": "line/103"}},
        "106": {"ring": 2, "hide_caller_id": True},
        "107": {"ring": 2, "forward": {"always": "line/108"}},
        "108": {"ring": 2, "forward": {"always": "line/107"}},
        "109": {"ring": 2, "forward": {"always": ["line/103", "handset/C1", OUTSIDE, OUTSIDE]}},
    },
    "numbers": {MAIN: {"to": "group/sales-uk"}, ADA: {"to": "line/101"}},
    "groups": {
        "sales-uk": {
            "extension": "600",
            "members": ["102", "103", "104"],
            "ring": 2,
            "overflow": "mailbox/102",
            "caller_name_prefix": "S;{}",
        }
    },
    "handsets": {
        "A1": {"line": "101"},
        "B1": {"line": "102"},
        "C1": {"line": "103"},
        "D1": {"line": "104"},
        "H1": {"line": "106"},
        "X1": {"site": "london"},
    },
}
ANSWERS = Answers(after=0.2)


class Office:
    """The engine, its phones and its carriers."""

    def __init__(self, stand: FreeSwitchStand, bank: PhoneBank) -> None:
        self.stand = stand
        self.bank = bank

    def load(self, first: Served = ANSWERS, second: Served = ANSWERS, **more: Any) -> None:
        trunks = {
            "uplink": (CARRIER, first, 1),
            "backup": (SECOND, second, 2),
        }
        raw = {**OFFICE, **more}
        raw["trunks"] = {
            name: {
                "host": ip,
                "port": self.bank.carrier(behaviour, ip=ip).port,
                "username": f"{name}-user",
                "priority": priority,
            }
            for name, (ip, behaviour, priority) in trunks.items()
        }
        system = PhoneSystem.model_validate(raw)
        passwords = {name: f"pw-{name}" for name in system.handsets}
        view = TenantView(system, compile_plan(system), state_of(system), passwords)
        self.stand.load([view])

    def are(self, **behaviours: Behaviour) -> None:
        """These phones are registered and do so."""
        self.bank.register_all(
            {Phone(f"acme.{name}", f"pw-{name}"): does for name, does in behaviours.items()}
        )

    def call(self, handset: str, called: str, manner: Manner | None = None) -> CallResult:
        caller = Caller(f"acme.{handset}", f"pw-{handset}")
        return self.bank.place(caller, called, manner or Manner(hang_up_after=0.3)).wait()

    def deliver(self, called: str, number: str, name: str = "", ip: str = CARRIER) -> CallResult:
        caller = Caller(number, display=name, ip=ip)
        return self.bank.place(caller, called, Manner(hang_up_after=0.3)).wait()

    def last(self, called: str) -> Observation:
        return self.bank.wait_observed(called)[-1]

    def flip(self, key: str, value: str) -> None:
        """One key of the state, as it is changed by day."""
        for name, held in stored("acme", key, value).items():
            verb = f"insert/{name}/{held}" if held else f"delete/{name}"
            assert self.stand.process.api("db", verb) == "+OK"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    require_freeswitch()
    folder = tmp_path_factory.mktemp("freeswitch")
    with FreeSwitchStand(folder, ADDRESS) as stand, PhoneBank(stand.sip, PHONES) as bank:
        found = Office(stand, bank)
        found.load()
        found.are(A1=ANSWERS, B1=ANSWERS, C1=ANSWERS, D1=ANSWERS, H1=ANSWERS, X1=ANSWERS)
        yield found


@pytest.fixture(autouse=True)
def as_before(office: Office) -> Iterator[None]:
    yield
    office.are(B1=ANSWERS, C1=ANSWERS)


def test_a_call_inside_shows_a_hostile_name_as_it_is(office: Office) -> None:
    result = office.call("A1", "102")
    assert result.answered
    assert office.last("acme.B1").caller == Identity(NAME, "101")


@pytest.mark.parametrize(
    ("does", "status", "cause"),
    [(BUSY, 486, 17), (DECLINES, 486, 17), (RINGS_OUT, 480, 19)],
)
def test_why_nobody_answers_is_told(
    office: Office, does: Behaviour, status: int, cause: int
) -> None:
    office.are(C1=does)
    result = office.call("A1", "103")
    assert (result.status, result.cause) == (status, cause)
    assert 183 not in result.provisional


def test_a_phone_that_is_not_there(office: Office) -> None:
    office.bank.unregister("acme.C1", "pw-C1")
    result = office.call("A1", "103")
    assert (result.status, result.cause) == (480, 20)


def test_a_message_is_kept(office: Office) -> None:
    office.are(B1=RINGS_OUT)
    before = office.stand.messages("acme").get("102", 0)
    leaves = Manner(digits="#", digits_after=0.4, talks=True, hang_up_after=2.5)
    assert office.call("A1", "102", leaves).answered
    assert office.stand.messages("acme")["102"] == before + 1


@pytest.mark.parametrize(
    ("called", "status", "cause"),
    [("104", 486, 17), ("107", 603, 25), ("177", 404, 1)],
)
def test_the_way_ends(office: Office, called: str, status: int, cause: int) -> None:
    result = office.call("A1", called)
    assert (result.status, result.cause) == (status, cause)
    assert (183 in result.provisional) is (called != "104")


def test_a_handset_without_a_line_may_call_nobody(office: Office) -> None:
    result = office.call("X1", "102")
    assert (result.status, result.cause) == (403, 21)


def test_a_forward_and_a_flip_without_a_reload(office: Office) -> None:
    assert office.call("A1", "105").answered
    assert office.last("acme.C1").answered
    office.flip("line/105/forward/always", "")
    assert office.call("A1", "105").status == 480
    office.flip("line/104/dnd", "")
    assert office.call("A1", "104").answered
    office.flip("line/104/dnd", "1")
    office.flip("line/105/forward/always", "line/103")


def test_a_flip_survives_a_restart(office: Office) -> None:
    office.flip("line/103/dnd", "1")
    office.stand.process.restart()
    assert office.call("A1", "103").status == 486
    office.flip("line/103/dnd", "")
    assert office.call("A1", "103").answered


def test_several_ring_together_and_each_once(office: Office) -> None:
    office.are(C1=RINGS_OUT)
    since = time.time()
    assert office.call("A1", "109").answered
    found = office.bank.observed(since=since)
    assert sorted(one.called for one in found) == [OUTSIDE, "acme.C1"]
    assert {one.called: one.caller.number for one in found} == {"acme.C1": "101", OUTSIDE: MAIN}


def test_a_group_with_a_prefix_and_a_member_not_to_be_disturbed(office: Office) -> None:
    office.are(B1=BUSY)
    result = office.deliver(MAIN, "07700900123", "Eve")
    assert result.answered
    assert office.last("acme.C1").caller == Identity("S;{} Eve", "+447700900123")
    assert office.bank.observed("acme.D1", since=office.last("acme.C1").invite.at - 1) == []


@pytest.mark.parametrize(
    ("handset", "dialled", "shown"),
    [
        ("A1", "07700900901", ADA),
        ("B1", OUTSIDE, MAIN),
        ("H1", OUTSIDE, "anonymous"),
        ("H1", "999", MAIN),
        ("X1", "112", MAIN),
    ],
)
def test_what_a_carrier_sees(office: Office, handset: str, dialled: str, shown: str) -> None:
    assert office.call(handset, dialled).answered
    reached = office.last(dialled if dialled[0] in "19" else OUTSIDE)
    assert reached.caller.number == shown
    asserted = dict(reached.invite.headers).get("p-asserted-identity", "")
    if shown == "anonymous":
        assert dict(reached.invite.headers)["privacy"] == "id"
        assert "uplink-user" in asserted
    else:
        assert shown in asserted


def test_the_next_carrier_where_one_cannot(office: Office) -> None:
    office.load(first=NO_CIRCUIT)
    try:
        assert office.call("A1", OUTSIDE).answered
    finally:
        office.load()


def test_numbers_from_outside(office: Office) -> None:
    assert office.deliver(ADA, "anonymous", "Anonymous").answered
    assert office.last("acme.A1").caller.number == "anonymous"
    assert office.deliver("102", "+447700900123").status == 404
    assert office.deliver("+442071838799", "+447700900123").status == 404


EVIL = (
    "${system id}",
    "a%0d%0aX-Evil: 1",
    "a%0D%0AX-Evil: 1",
    "${a%0D%0AX-Evil: 1",
    "${a%250D%250AX-Evil: 1",
    '\\"',
    '${a\\" <sip:1@evil>',
    "$${x}%22 y",
    "%22 <sip:1@evil>",
    "%5C%22%00",
    "'|~/",
    "x" * 300,
)
"""As they stand between the quotes of a From."""


@pytest.mark.parametrize("name", EVIL)
def test_what_a_carrier_sends_as_a_name_is_never_read(office: Office, name: str) -> None:
    assert office.deliver(ADA, "+447700900123", name).answered
    invite = office.last("acme.A1").invite
    assert "x-evil" not in dict(invite.headers)
    assert office.last("acme.A1").caller.number == "+447700900123"


def test_strangers_are_refused(office: Office) -> None:
    stranger = Caller("+447700900123", ip="127.0.0.97")
    assert office.bank.place(stranger, ADA, Manner()).wait().status in (401, 407)
    wrong = Caller("acme.A1", "not-it")
    result = office.bank.place(wrong, "102", Manner()).wait()
    assert result.status in (401, 403, 407)
    assert not result.answered


def test_a_phone_at_a_carriers_address_is_not_the_carrier(office: Office) -> None:
    """The engine asks for no password there: so the call is refused."""
    since = time.time()
    for called in (ADA, "101"):
        assert office.deliver(called, "acme.B1").status == 403
    assert not office.bank.observed("acme.A1", since=since)
    assert office.deliver(ADA, "acme.nobody").answered


def test_nothing_is_asked_for_ever(office: Office) -> None:
    """No controller listens: the call goes on at once."""
    result = office.call("A1", "102")
    assert result.ring_ms is not None
    assert result.ring_ms < 500

"""What Asterisk itself does for answering rules and groups, decided by its dialplan and live."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controlplane.model.part import RING_SECONDS
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from controlplane.service.calls.asking import approximations
from tests import phones
from tests.conformance.asterisk import AsteriskStand
from tests.conformance.freeswitch import FreeSwitchStand
from tests.phones import BUSY, DECLINES, OFFLINE, RINGS_OUT, Answers, Manner, PlacedCall

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ENGINE, PHONES, CARRIER = "127.0.0.131", "127.0.0.132", "127.0.0.133"
MAIN, MOBILE, OTHER = "+442071838750", "+447700900123", "+447700900666"
ACCEPTS, REFUSES = Answers(presses="1"), Answers(presses="2")
LEAVES = Answers(hangs_up_after=1.5)
ANSWERED_ELSEWHERE = re.compile(r"Q\.850\s*;\s*cause=26|SIP\s*;\s*cause=200")
"""What makes a phone list no missed call: ITU-T Q.850, or RFC 3326."""

CALLER = "+447700900555"

LINES: dict[str, Any] = {
    "101": {"label": "Ada", "ring": 3, "presented_number": MAIN},
    "102": {"label": "Bob", "ring": 3},
    "103": {"label": "Cy", "ring": 3},
    "104": {"ring": 4, "also_ring": [{"to": "line/102", "delay": 2}]},
    "105": {"ring": 4, "presented_number": "+442071838755", "also_ring": [MOBILE]},
    "106": {"ring": 3, "also_ring": [{"to": "line/102", "delay": 3}]},
    "107": {"ring": 3, "call_waiting": False, "forward": {"busy": "line/108"}},
    "108": {"ring": 3, "forward": {"unanswered": "line/103"}},
    "109": {"ring": 4, "screening": True, "allowed": "103"},
    "110": {"ring": 3, "blocked": ["list/bad", "+4477009005*"], "blocked_hear": "message"},
    "111": {"ring": 3, "do_not_disturb": True, "allowed": CALLER, "block_anonymous": True},
    "112": {"forward": {"always": MOBILE}, "presented_number": "+442071838752"},
    "113": {"ring": 4, "ring_own": False, "also_ring": [{"to": MOBILE, "confirm": False}]},
    "114": {"ring": "2 rings"},
    "115": {"ring": 30, "rules": [{"name": "now", "when": "always", "ring": "5s"}]},
}

OFFICE: dict[str, Any] = {
    "tenant": "rules",
    "sites": {"london": {"main_number": MAIN}},
    "lines": LINES,
    "time_frames": {"always": {"mon-sun": "00:00-24:00"}},
    "number_lists": {"bad": {"numbers": ["+4477009006*", "103"]}},
    "numbers": {
        MAIN: {"to": "line/109"},
        "+442071838751": {"to": "line/110"},
        "+442071838752": {"to": "line/111"},
        "+442071838753": {"to": "line/112"},
    },
    "groups": {
        "linear": {"extension": "601", "strategy": "linear", "members": ["102", "103"], "ring": 2},
        "turns": {"extension": "602", "strategy": "round-robin", "members": ["101", "102", "103"]},
        **{
            name: {"extension": extension, "members": ["101", "102", "103"], **settings}
            for name, extension, settings in (
                ("longest", "606", {"strategy": "longest-idle"}),
                ("fewest", "607", {"strategy": "fewest-calls"}),
                ("wrap", "608", {"strategy": "linear", "wrap_up": 60}),
            )
        },
        "random": {"extension": "603", "strategy": "random", "members": ["101", "102", "103"]},
        "idle": {"extension": "604", "members": ["102", "103"], "skip_busy": True, "ring": 3},
        "follow": {
            "extension": "605",
            "members": ["112"],
            "follow_forwards": True,
            "ring": 4,
            "caller_name_prefix": "Sales",
        },
    },
    "handsets": {f"P{line}": {"line": line, "site": "london"} for line in LINES},
}


@dataclass
class Office:
    stand: AsteriskStand | FreeSwitchStand
    bank: phones.PhoneBank
    folder: Path
    does: dict[str, phones.Behaviour] = field(default_factory=dict)

    def phones(self, **does: phones.Behaviour) -> None:
        """What the phones do; those not named answer."""
        wanted = {name: does.get(name, phones.ANSWERS) for name in OFFICE["handsets"]}
        changed = {n: b for n, b in wanted.items() if self.does.get(n) != b}
        self.bank.register_all(
            {phones.Phone(f"rules.{n}", "secret"): b for n, b in changed.items()}
        )
        self.does = wanted

    def place(self, who: str, called: str, manner: Manner) -> PlacedCall:
        if who.startswith("P"):
            caller = phones.Caller(f"rules.{who}", "secret")
        else:
            caller = phones.Caller(who, display="Eve", ip=CARRIER)
        return self.bank.place(caller, called, manner)

    def said(self) -> list[Path]:
        """The names that callers said, as files of the engine."""
        return list(self.folder.glob("state/spool/said/*"))

    def why_cancelled(self, one: phones.Observation) -> str:
        """The Reason of the CANCEL that a phone got."""
        (cancel,) = (
            it for it in self.bank.requests("CANCEL", since=one.at) if it.call_id == one.call_id
        )
        return cancel.header("reason")

    def call(self, who: str, called: str, manner: Manner | None = None) -> Ended:
        since = time.time()
        result = self.place(who, called, manner or Manner(hang_up_after=0.7)).wait()
        time.sleep(0.3)
        seen = self.bank.observed(since=since)
        return Ended(result, {one.called.removeprefix("rules."): one for one in seen})


@dataclass
class Ended:
    result: phones.CallResult
    seen: Mapping[str, phones.Observation]

    @property
    def status(self) -> int | None:
        return self.result.status

    @property
    def rang(self) -> set[str]:
        return {name for name, one in self.seen.items() if one.rang}

    @property
    def answered(self) -> set[str]:
        return {name for name, one in self.seen.items() if one.answered}

    def __str__(self) -> str:
        return f"{self.status} {sorted(self.rang)} {sorted(self.answered)}"


def _view(trunks: Mapping[str, object]) -> TenantView:
    system = PhoneSystem.model_validate({**OFFICE, "trunks": trunks})
    passwords = dict.fromkeys(system.handsets, "secret")
    return TenantView(system, compile_plan(system), state_of(system), passwords)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("rules")
    with AsteriskStand(folder, ENGINE) as stand, phones.PhoneBank(stand.sip, PHONES) as bank:
        made = Office(stand, bank, folder)
        load(made, phones.ANSWERS)
        yield made
        print(stand.log()[-20000:])


def load(office: Office, mobile: phones.Served) -> None:
    """With a carrier behind which everybody does so."""
    carrier = office.bank.carrier(mobile)
    trunk = {"host": carrier.ip, "port": carrier.port, "accept_from": [CARRIER]}
    office.stand.load([_view({"uplink": trunk})])
    time.sleep(1)


@pytest.fixture(scope="module", params=["alone", "live"])
def office(house: Office, request: pytest.FixtureRequest) -> Iterator[Office]:
    live = request.param == "live"
    with house.stand.controller() if live else nullcontext() as controller:
        yield house
        if controller is not None:
            print(*controller.decisions(), sep="\n")
            assert not [it for it in controller.decisions() if it.startswith("failed")]


def test_a_delayed_phone_rings_after_the_others_and_takes_the_call(office: Office) -> None:
    office.phones(P104=RINGS_OUT)
    ended = office.call("P101", "104")
    assert (ended.status, ended.rang, ended.answered) == (200, {"P104", "P102"}, {"P102"})
    assert ended.seen["P102"].at - ended.seen["P104"].at == pytest.approx(2, abs=1.1)
    assert ended.seen["P102"].caller == phones.Identity("Ada", "101")
    assert ANSWERED_ELSEWHERE.match(office.why_cancelled(ended.seen["P104"]))


def test_an_answer_spares_the_delayed_phone(office: Office) -> None:
    office.phones()
    ended = office.call("P101", "104", Manner(hang_up_after=3))
    assert (ended.status, set(ended.seen)) == (200, {"P104"})


def test_the_delayed_phone_is_cancelled_when_another_answers(office: Office) -> None:
    office.phones(P104=Answers(after=3), P102=RINGS_OUT)
    ended = office.call("P101", "104")
    assert (ended.status, ended.answered) == (200, {"P104"})
    assert ANSWERED_ELSEWHERE.match(office.why_cancelled(ended.seen["P102"]))


@pytest.mark.proves("D1", "E6")
def test_ring_times_in_rings_and_in_seconds(office: Office) -> None:
    """101 rings for three seconds, 114 for two rings, 115 as its rule says."""
    office.phones(P101=RINGS_OUT, P114=RINGS_OUT, P115=RINGS_OUT)
    lasting = {"101": 3, "114": 2 * RING_SECONDS, "115": 5}
    placed = {called: office.place("P104", called, Manner()) for called in lasting}
    for called, seconds in lasting.items():
        result = placed[called].wait()
        assert result.status == 480
        assert result.final_ms == pytest.approx(seconds * 1000, abs=1200)


def test_a_delay_as_long_as_the_ringing_never_rings(office: Office) -> None:
    office.phones(P106=BUSY)
    ended = office.call("P101", "106")
    assert (ended.status, set(ended.seen)) == (480, {"P106"})
    assert ended.result.final_ms == pytest.approx(3000, abs=1100)


@pytest.mark.parametrize(
    ("own", "other", "status"),
    [
        (BUSY, BUSY, 486),
        (BUSY, OFFLINE, 486),
        (OFFLINE, DECLINES, 486),
        (OFFLINE, OFFLINE, 480),
        (BUSY, RINGS_OUT, 480),
    ],
)
def test_nobody_of_plain_and_delayed(
    office: Office, own: phones.Behaviour, other: phones.Behaviour, status: int
) -> None:
    office.phones(P104=own, P102=other)
    assert office.call("P101", "104").status == status


@pytest.mark.parametrize(
    ("own", "mobile", "status", "answered"),
    [
        (RINGS_OUT, ACCEPTS, 200, {MOBILE}),
        (RINGS_OUT, REFUSES, 480, {MOBILE}),
        (BUSY, REFUSES, 486, {MOBILE}),
        (OFFLINE, LEAVES, 486, {MOBILE}),
        (Answers(after=2), Answers(after=0.1), 200, {MOBILE, "P105"}),
    ],
)
def test_a_mobile_has_to_confirm(
    office: Office,
    own: phones.Behaviour,
    mobile: phones.Served,
    status: int,
    answered: set[str],
) -> None:
    load(office, mobile)
    try:
        office.phones(P105=own)
        ended = office.call("P101", "105", Manner(hang_up_after=2))
        assert (ended.status, ended.answered) == (status, answered)
        assert ended.seen[MOBILE].caller.number == "+442071838755"
    finally:
        load(office, phones.ANSWERS)


def test_a_mobile_that_rings_beside_shows_the_number_of_the_line(office: Office) -> None:
    office.phones()
    ended = office.call(CALLER, "+442071838753")
    assert (ended.status, ended.answered) == (200, {MOBILE})
    assert ended.seen[MOBILE].caller.number == "+442071838752"
    ended = office.call("P103", "113")
    assert (ended.status, ended.answered) == (200, {MOBILE})


def test_a_line_with_one_path_is_busy_in_a_call(office: Office) -> None:
    office.phones(P108=RINGS_OUT)
    held = office.place("P101", "107", Manner(hang_up_after=12))
    assert held.wait_answered()
    ended = office.call("P102", "107")
    assert (ended.status, ended.rang, ended.answered) == (200, {"P108", "P103"}, {"P103"})
    held.wait()
    assert office.call("P102", "107").answered == {"P107"}


def test_a_call_that_a_line_placed_counts_too(office: Office) -> None:
    office.phones()
    held = office.place("P107", "101", Manner(hang_up_after=6))
    assert held.wait_answered()
    assert office.call("P102", "107").answered == {"P108"}
    held.wait()


def test_paths_are_free_again_when_the_call_has_gone_on(office: Office) -> None:
    """108 has two paths; two calls rang there in vain, and are at 103 now."""
    office.phones(P108=RINGS_OUT, P103=Answers(after=2))
    first = office.place("P101", "108", Manner(hang_up_after=8))
    second = office.place("P102", "108", Manner(hang_up_after=8))
    time.sleep(1)
    assert office.call("P104", "108", Manner(abandon_after=0.5)).status == 486
    time.sleep(4)
    third = office.call("P104", "108", Manner(abandon_after=0.5))
    assert third.rang == {"P108"}
    first.wait()
    second.wait()


@pytest.mark.parametrize(
    ("does", "answered"),
    [(ACCEPTS, True), (REFUSES, False), (LEAVES, False), (phones.ANSWERS, False)],
)
def test_screening(office: Office, does: phones.Behaviour, answered: bool) -> None:
    """Who says nothing to it is asked twice."""
    office.phones(P109=does)
    talks = 40 if does == phones.ANSWERS else 12
    ended = office.call(
        CALLER, MAIN, Manner(digits="#", digits_after=3.0, talks=True, hang_up_after=talks)
    )
    assert (ended.status, ended.answered) == (200, {"P109"})
    assert ended.result.ended_by == ("phone" if answered else "engine")
    until = time.monotonic() + 5
    while office.said():
        assert time.monotonic() < until, office.said()
        time.sleep(0.1)


def test_an_allowed_caller_is_not_screened(office: Office) -> None:
    office.phones()
    assert office.call("P103", "109", Manner(hang_up_after=2)).result.ring_ms is not None


@pytest.mark.parametrize(
    ("who", "called", "status"),
    [
        ("P103", "110", 404),
        ("P102", "110", 200),
        ("07700900555", "+442071838751", 404),
        ("07700900655", "+442071838751", 404),
        ("07700900755", "+442071838751", 200),
        ("07700900555", "+442071838752", 200),
        ("07700900556", "+442071838752", 486),
        ("anonymous", "+442071838752", 503),
    ],
)
def test_lists_of_callers(office: Office, who: str, called: str, status: int) -> None:
    office.phones()
    assert office.call(who, called).status == status


def test_members_in_order(office: Office) -> None:
    office.phones(P102=RINGS_OUT)
    ended = office.call("P101", "601")
    assert (ended.status, ended.answered) == (200, {"P103"})
    assert ended.seen["P103"].at - ended.seen["P102"].at == pytest.approx(2, abs=1.1)


def test_members_in_turn_and_at_random(office: Office) -> None:
    office.phones()
    took = [office.call("P104", "602", Manner(hang_up_after=0.1)).answered for _ in range(4)]
    order = ["P101", "P102", "P103"] * 3
    start = order.index(next(iter(took[0])))
    assert took == [{it} for it in order[start : start + 4]]
    random = [office.call("P104", "603", Manner(hang_up_after=0.1)).answered for _ in range(8)]
    assert len(Counter(map(str, random))) > 1


@pytest.mark.proves("H1", "H9")
@pytest.mark.parametrize("office", ["alone"], indirect=True)
def test_without_a_controller_it_goes_as_explain_says(office: Office) -> None:
    office.phones()
    told = dict(approximations(PhoneSystem.model_validate(OFFICE)))
    groups = {key: text for key, text in told.items() if "/groups/" in key}
    assert {key.split("/")[2]: text for key, text in groups.items()} == {
        "random": "on a FreeSWITCH only who is first is random",
        "longest": "longest-idle is round-robin",
        "fewest": "fewest-calls is round-robin",
        "wrap": "members ring again at once",
    }
    for group in ("606", "607"):
        took = [office.call("P104", group, Manner(hang_up_after=0.1)).answered for _ in range(4)]
        assert took == [{"P101"}, {"P102"}, {"P103"}, {"P101"}]
    took = [office.call("P104", "608", Manner(hang_up_after=0.1)).answered for _ in range(2)]
    assert took == [{"P101"}] * 2


def test_members_in_a_call_are_not_rung(office: Office) -> None:
    office.phones(P103=RINGS_OUT)
    held = office.place("P101", "102", Manner(hang_up_after=9))
    assert held.wait_answered()
    ended = office.call("P104", "604")
    assert (ended.status, ended.rang) == (480, {"P103"})
    office.phones(P103=OFFLINE)
    ended = office.call("P104", "604")
    assert (ended.status, ended.rang) == (486, set())
    held.wait()
    assert office.call("P104", "604").answered == {"P102"}


def test_a_member_is_rung_where_it_forwards_to(office: Office) -> None:
    load(office, ACCEPTS)
    try:
        office.phones()
        ended = office.call("P101", "605", Manner(hang_up_after=2))
        assert (ended.status, ended.answered) == (200, {MOBILE})
        assert ended.seen[MOBILE].caller.number == "+442071838752"
    finally:
        load(office, phones.ANSWERS)

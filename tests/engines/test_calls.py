"""Calls by the rendered dialplan alone, by a controller, and by one that is lost on the way."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests.engines.calls_office import NAME
from tests.engines.calls_stand import Leg, Seen, Stand, controlling, stand
from tests.phones import BUSY, DECLINES, OFFLINE, RINGS_OUT, Behaviour, Identity, Manner

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADA = Identity(NAME, "101")
EVE = Identity("Eve; <x> ${Y}", "+447700900555")
GROUP_EVE = Identity("S;{} Eve; <x> ${Y}", "+447700900555")
MAIN, DIRECT = "+442071838750", "+442071838751"
MOBILE = "+447700900123"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("calls")) as made:
        yield made


def rang(name: str, caller: Identity, *, answered: bool = False, privacy: str = "") -> Leg:
    called = name if name[0] in "+9" else f"acme.{name}"
    return (called, True, answered, caller, privacy)


def answered(*legs: Leg) -> Seen:
    return Seen(200, None, (180,), frozenset(legs))


def released(status: int, cause: int, *legs: Leg, provisional: tuple[int, ...] = ()) -> Seen:
    return Seen(status, cause, provisional, frozenset(legs))


def refused(name: str, caller: Identity = ADA) -> Leg:
    return (f"acme.{name}", False, False, caller, "")


CALLS: tuple[tuple[str, str, str, dict[str, Behaviour], Seen], ...] = (
    ("answered", "A1", "102", {}, answered(rang("B1", ADA, answered=True))),
    ("busy", "A1", "103", {"C1": BUSY}, released(486, 17, refused("C1"))),
    ("declined", "A1", "103", {"C1": DECLINES}, released(486, 17, refused("C1"))),
    (
        "unanswered",
        "A1",
        "103",
        {"C1": RINGS_OUT},
        released(480, 19, rang("C1", ADA), provisional=(180,)),
    ),
    ("offline", "A1", "103", {"C1": OFFLINE}, released(480, 20)),
    (
        "voicemail when busy",
        "A1",
        "102",
        {"B1": BUSY},
        Seen(200, None, (), frozenset({refused("B1")})),
    ),
    ("voicemail when unanswered", "A1", "102", {"B1": RINGS_OUT}, answered(rang("B1", ADA))),
    ("do not disturb", "A1", "104", {}, released(486, 17)),
    ("forward", "A1", "105", {}, answered(rang("C1", ADA, answered=True))),
    (
        "forward to two",
        "A1",
        "109",
        {"C1": RINGS_OUT},
        answered(rang("C1", ADA), rang("+447700900901", Identity("", MAIN), answered=True)),
    ),
    (
        "group from outside",
        "",
        "02071838750",
        {"B1": RINGS_OUT},
        answered(rang("B1", GROUP_EVE), rang("C1", GROUP_EVE, answered=True)),
    ),
    ("number of a line", "", DIRECT, {}, answered(rang("A1", EVE, answered=True))),
    ("unknown number", "", "+442071838799", {}, released(404, 1, provisional=(183,))),
    ("unknown extension", "A1", "177", {}, released(404, 1, provisional=(183,))),
    ("loop", "A1", "107", {}, released(603, 25, provisional=(183,))),
    ("no line logged in", "X1", "102", {}, released(403, 21, provisional=(183,))),
    ("out", "A1", "07700900123", {}, answered(rang(MOBILE, Identity("", DIRECT), answered=True))),
    (
        "out with the number withheld",
        "H1",
        "07700900123",
        {},
        answered(rang(MOBILE, Identity("Anonymous", "anonymous"), answered=True, privacy="id")),
    ),
    ("emergency", "H1", "999", {}, answered(rang("999", Identity("", MAIN), answered=True))),
    (
        "emergency without a line",
        "X1",
        "999",
        {},
        answered(rang("999", Identity("", MAIN), answered=True)),
    ),
)


@pytest.mark.proves("H9")
@pytest.mark.parametrize("mode", ["alone", "controlled"])
def test_calls_end_as_they_should(office: Stand, mode: str) -> None:
    """Many short calls in one test: the controller need be started once only."""
    wrong = []
    if mode == "controlled":
        with controlling():
            wrong = _wrong(office)
    else:
        wrong = _wrong(office)
    assert not wrong, "\n".join(wrong)


def _wrong(office: Stand) -> list[str]:
    wrong = []
    for name, who, called, does, expected in CALLS:
        office.phones(**does)
        found = office.call(who, called)
        if found != expected:
            wrong.append(f"{name}:\n  expected {expected}\n  found    {found}")
    return wrong


def test_a_flip_in_the_engines_store_counts_without_a_reload(office: Stand) -> None:
    office.phones()
    office.store({"cp/acme/line/103/dnd": "1"})
    try:
        assert office.call("A1", "103") == released(486, 17)
    finally:
        office.store({"cp/acme/line/103/dnd": "0"})
    assert office.call("A1", "103").status == 200


def test_a_hung_controller_delays_a_call_by_two_seconds(office: Stand) -> None:
    office.phones()
    with controlling() as controller:
        controller.signal(signal.SIGSTOP)
        result = office.place("A1", "103").wait()
    assert result.answered
    assert result.ring_ms == pytest.approx(2000, abs=400)


@pytest.mark.proves("H9")
def test_a_controller_killed_or_hung_while_it_rings(office: Stand) -> None:
    office.phones(B1=RINGS_OUT)
    for how, most in ((signal.SIGKILL, 2600), (signal.SIGSTOP, 4600)):
        with controlling() as controller:
            call = office.place("A1", "102")
            controller.wait_for("decided entry ring")
            controller.signal(how)
            result = call.wait()
        assert result.answered, "the voicemail answers"
        assert result.final_ms is not None
        assert 1900 < result.final_ms < most


def test_another_controller_takes_a_ringing_call_over(office: Stand) -> None:
    office.phones(B1=RINGS_OUT)
    with controlling() as first:
        call = office.place("A1", "102")
        first.wait_for("decided entry ring")
        first.kill()
        with controlling() as second:
            second.wait_for("decided no-answer voicemail")
            assert call.wait().answered


def test_a_call_that_waits_for_a_dead_controller_goes_on_when_one_comes(office: Stand) -> None:
    office.phones()
    with controlling() as first:
        first.signal(signal.SIGSTOP)
        call = office.place("A1", "103")
        time.sleep(0.2)
        first.kill()
        with controlling():
            result = call.wait()
    assert result.answered
    assert result.ring_ms is not None
    assert result.ring_ms < 2300


def test_a_controller_that_is_ended_drains_and_leaves_calls_alone(office: Stand) -> None:
    office.phones(B1=RINGS_OUT)
    with controlling() as controller:
        established = office.place("A1", "103", Manner(hang_up_after=3.0))
        assert established.wait_answered()
        ringing = office.place("H1", "102")
        controller.wait_for("decided entry ring")
        assert controller.end() == 0
        assert ringing.wait().answered, "the voicemail answers"
        result = established.wait()
    assert (result.ended_by, result.answered) == ("phone", True)
    assert "0 active channels" in office.asterisk.cli("core show channels count")

"""What a caller must know something for: own mailbox, voice portal, calls out; and who says so."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.calls.call import Call, FromHandset
from controlplane.calls.facts import Facts
from controlplane.calls.given import Check, Look, check_of
from controlplane.calls.simulator import Journey, simulate
from controlplane.calls.walk import resume, start
from controlplane.calls.world import World
from controlplane.routing.compiler import compile_plan
from controlplane.routing.plan import STANDING
from controlplane.routing.steps import (
    Collect,
    Flip,
    Hangup,
    LogIn,
    OpenMailbox,
    Outcome,
    Play,
    Prompt,
    Step,
)
from controlplane.routing.stored import state_of
from tests.conformance.scenario import NOON
from tests.unit.calls.build import system

RIGHT, WRONG, CHANGE = Outcome.RIGHT, Outcome.WRONG, Outcome.CHANGE
LOCKED, NOTHING = Outcome.LOCKED, Outcome.NOTHING
MAILBOX, PORTAL = "*97", "*98"


def called(number: str, *pins: Outcome, presses: tuple[str, ...] = (), **more: Any) -> Journey:
    """By line 102, which has a mailbox."""
    facts = Facts(NOON, doors=more.pop("doors", True))
    made = system(lines={"102": {"voicemail": {}}}, **more)
    world = World(pins=pins or (RIGHT,), presses=presses)
    call = Call(number, FromHandset("B1"))
    return simulate(compile_plan(made), state_of(made), call, world, facts)


def said(journey: Journey) -> list[str]:
    """What is asked, told and opened, in its order."""
    return [name for stage in journey.stages if (name := _name(stage.decision.step))]


def _name(step: Step) -> str:
    match step:
        case Collect(prompt, told=told):
            return f"{told}, {prompt}?" if told else f"{prompt}?"
        case Play(prompt):
            return prompt.value
        case OpenMailbox(box):
            return f"open {box}"
        case LogIn(handset, line):
            return f"{line} at {handset}"
        case _:
            return ""


@pytest.mark.proves("C2", "C3", "C4", "H7")
@pytest.mark.parametrize(
    ("pins", "heard"),
    [
        ((RIGHT,), ["enter-pin?", "open 102"]),
        ((CHANGE,), ["enter-pin?", "new-pin?", "pin-changed", "open 102"]),
        (
            (CHANGE, WRONG, RIGHT),
            ["enter-pin?", "new-pin?", "bad-pin, new-pin?", "pin-changed", "open 102"],
        ),
        (
            (CHANGE, WRONG),
            ["enter-pin?", "new-pin?", "bad-pin, new-pin?", "bad-pin, new-pin?", "bad-pin"],
        ),
        ((WRONG, RIGHT), ["enter-pin?", "wrong-pin, enter-pin?", "open 102"]),
        (
            (WRONG,),
            ["enter-pin?", "wrong-pin, enter-pin?", "wrong-pin, enter-pin?", "wrong-pin"],
        ),
        ((NOTHING, RIGHT), ["enter-pin?", "wrong-pin, enter-pin?", "open 102"]),
        ((LOCKED, RIGHT), ["enter-pin?", "locked-pin"]),
    ],
)
def test_the_own_mailbox(pins: tuple[Outcome, ...], heard: list[str]) -> None:
    journey = called(MAILBOX, *pins)
    assert said(journey) == heard
    assert journey.opened == ("102" if heard[-1].startswith("open") else None)


@pytest.mark.proves("C2")
def test_the_portal_opens_any_line_and_changes_its_pin() -> None:
    assert said(called(PORTAL, presses=("102", "1", "2"))) == [
        "enter-line?",
        "enter-pin?",
        "portal-menu?",
        "open 102",
        "portal-menu?",
        "new-pin?",
        "pin-changed",
        "portal-menu?",
        "goodbye",
    ]
    assert said(called(PORTAL, presses=("101", "1")))[3] == "no-mailbox"
    assert said(called(PORTAL)) == ["enter-line?"]
    assert "open" not in " ".join(said(called(PORTAL, WRONG, presses=("102", "1"))))


@pytest.mark.proves("H9")
@pytest.mark.parametrize("code", [MAILBOX, PORTAL])
def test_where_nobody_looks_at_pins_the_door_is_not_available(code: str) -> None:
    assert said(called(code, presses=("102", "1"), doors=False)) == ["not-available"]


def test_an_engine_s_word_is_not_taken_for_a_pin_s() -> None:
    """Digits that nobody looked at open nothing."""
    made = system(lines={"102": {"voicemail": {}}})
    plan, state = compile_plan(made), state_of(made)
    asked = start(plan, state, Call(MAILBOX, FromHandset("B1")), Facts(NOON))
    check = check_of(plan, asked.point, Outcome.DIGITS, "2468")
    assert check == Check(Look.PIN, "acme", "102", "2468")
    assert "2468" not in repr(check)
    after = resume(plan, state, asked.caller, asked.point, Outcome.DIGITS, Facts(NOON), "2468")
    assert after.step == Play(Prompt.NOT_AVAILABLE)
    assert not any("2468" in note.text for note in after.notes)


def test_a_tenant_s_own_codes_lead_there() -> None:
    codes = {"feature_codes": {"voicemail": "*123", "voice-portal": None}}
    assert said(called("*123", settings=codes)) == ["enter-pin?", "open 102"]
    for gone in (MAILBOX, PORTAL):
        assert said(called(gone, settings=codes)) == ["not-in-service"]


def test_every_path_through_a_door_ends() -> None:
    plan = compile_plan(system())
    assert set(plan.flows) >= STANDING
    for code in (MAILBOX, PORTAL):
        for pin in (RIGHT, WRONG, CHANGE, LOCKED, NOTHING, Outcome.DIFFERENT):
            journey = called(code, pin, presses=("102", "7", "2", "1", "1"))
            assert isinstance(journey.stages[-1].decision.step, Hangup)
            assert len(journey.stages) < 20


LOGIN = "*11"


def at_desk(*pins: Outcome, **more: Any) -> Journey:
    """Somebody presses 102 and its PIN at D1, where nobody is logged in unless `desks` say so."""
    desks = {"B1": None, "D1": {}, "D2": {}, **more.pop("desks", {})}
    made = system(handsets=desks, **more)
    world = World(pins=pins or (RIGHT,), presses=("102",))
    call = Call(LOGIN, FromHandset("D1"))
    return simulate(compile_plan(made), state_of(made), call, world, Facts(NOON))


@pytest.mark.proves("G1", "G2", "C3", "H7")
@pytest.mark.parametrize(
    ("pins", "desks", "heard"),
    [
        ((RIGHT,), {}, ["enter-line?", "enter-pin?", "102 at D1", "logged-in"]),
        ((CHANGE,), {}, ["enter-line?", "enter-pin?", "new-pin?", "102 at D1", "logged-in"]),
        ((WRONG,), {}, ["enter-line?", "enter-pin?", *["wrong-pin, enter-pin?"] * 2, "wrong-pin"]),
        ((LOCKED,), {}, ["enter-line?", "enter-pin?", "locked-pin"]),
        ((RIGHT,), {"D1": {"login": "101"}},
         ["enter-line?", "enter-pin?", "102 at D1", "handset-taken"]),
        ((RIGHT,), {"D2": {"login": "102"}},
         ["enter-line?", "enter-pin?", "102 at D1", "line-elsewhere"]),
        ((RIGHT,), {"D1": {"login": "102"}},
         ["enter-line?", "enter-pin?", "102 at D1", "logged-in"]),
    ],
)  # fmt: skip
def test_a_login_at_a_handset(
    pins: tuple[Outcome, ...], desks: dict[str, Any], heard: list[str]
) -> None:
    journey = at_desk(*pins, desks=desks)
    assert said(journey) == heard
    assert isinstance(journey.stages[-1].decision.step, Hangup)


def flips(journey: Journey) -> list[Flip]:
    steps = (stage.decision.step for stage in journey.stages)
    return [step for step in steps if isinstance(step, Flip)]


@pytest.mark.proves("C2", "D1", "D7")
@pytest.mark.parametrize(
    ("presses", "written"),
    [
        (("102", "3", "1"), [("line/102/dnd", "1")]),
        (("102", "3", "2"), [("line/102/dnd", "")]),
        (("102", "4", "1", "101"), [("line/102/forward/always", "line/101")]),
        (("102", "4", "3", "07700900123"), [("line/102/forward/unanswered", "+447700900123")]),
        (("102", "4", "4"), [("line/102/forward/offline", "")]),
        (("101", "3", "1"), [("line/101/dnd", "1")]),
        (("102", "3", "9"), []),
        (("102", "4", "2", "101"), []),
        (("102", "4", "1", "102"), []),
        (("102", "4", "1", "999"), []),
        (("102", "4", "1", "55"), []),
    ],
)
def test_the_portal_turns_on_and_off_what_a_line_may(
    presses: tuple[str, ...], written: list[tuple[str, str]]
) -> None:
    journey = called(PORTAL, presses=presses)
    assert [(it.key, it.value) for it in flips(journey)] == written


@pytest.mark.proves("H9")
def test_without_a_controller_or_a_right_pin_the_portal_turns_nothing_on() -> None:
    assert flips(called(PORTAL, presses=("102", "3", "1"), doors=False)) == []
    assert flips(called(PORTAL, WRONG, presses=("102", "3", "1"))) == []


def test_of_what_is_turned_on_and_off_in_one_call_the_last_counts() -> None:
    journey = called(PORTAL, presses=("102", "3", "1", "3", "2"))
    assert [it.value for it in flips(journey)] == ["1", ""]
    assert journey.stages[-1].decision.point.seen == ("flip/line/102/dnd@",)

"""The driver: decides from memory, follows revisions and flips, and keeps no call."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.calls.call import Call, Decision, FromHandset
from controlplane.calls.given import Binding, Check, Look
from controlplane.live.driver import Driver, Ended, Entered
from controlplane.routing.features import flipped_at
from controlplane.routing.steps import (
    Cause,
    Hangup,
    LogOut,
    OpenMailbox,
    Outcome,
    Play,
    Prompt,
    Ring,
    Step,
    Voicemail,
)
from tests.unit.render.asterisk.office import view

FROM_ADA = Entered("acme", Call("102", FromHandset("A1")))


def driver(**changes: Any) -> Driver:
    made = Driver()
    office = view(**changes)
    made.follow({"acme": (office.plan, office.state)})
    return made


def ended(decision: Decision, outcome: Outcome) -> Ended:
    return Ended("acme", decision.caller, decision.point, outcome)


def decided(driver: Driver, question: Entered | Ended) -> Decision:
    decision = driver.decide(question)
    assert decision is not None
    return decision


def test_a_call_is_decided_step_by_step_by_drivers_that_know_nothing_of_it() -> None:
    first = decided(driver(), FROM_ADA)
    assert isinstance(first.step, Ring)
    second = decided(driver(), ended(first, Outcome.NO_ANSWER))
    assert second.step == Voicemail("102", second.step.greeting)  # type: ignore[union-attr]
    last = decided(driver(), ended(second, Outcome.DONE))
    assert last.step == Hangup(Cause.NORMAL)


def test_a_flip_counts_from_the_next_decision_on() -> None:
    made = driver()
    made.flip("acme", {"line/102/dnd": "1"})
    assert isinstance(decided(made, FROM_ADA).step, Voicemail)
    made.flip("acme", {"line/102/dnd": None})
    assert isinstance(decided(made, FROM_ADA).step, Ring)


def test_a_flip_does_not_change_what_was_handed_in() -> None:
    office = view()
    made = Driver()
    made.follow({"acme": (office.plan, office.state)})
    made.flip("acme", {"line/102/dnd": "1"})
    assert "line/102/dnd" not in office.state


def test_a_call_goes_on_in_the_routine_it_began_in() -> None:
    made = driver()
    ringing = decided(made, FROM_ADA)
    without = view(lines={"101": {}, "102": {}, "103": {}})
    made.follow({"acme": (without.plan, without.state)})
    assert ringing.point.routine not in without.plan.routines
    assert isinstance(decided(made, ended(ringing, Outcome.BUSY)).step, Voicemail)
    again = decided(made, FROM_ADA)
    assert decided(made, ended(again, Outcome.BUSY)).step == Hangup(Cause.BUSY)


def test_what_is_not_in_memory_is_left_to_the_engine() -> None:
    ringing = decided(driver(), FROM_ADA)
    other = driver(lines={"101": {}, "102": {}, "103": {}})
    assert other.decide(ended(ringing, Outcome.BUSY)) is None
    assert Driver().decide(FROM_ADA) is None


def test_a_tenant_that_is_gone_is_no_longer_decided() -> None:
    made = driver()
    made.follow({})
    assert made.tenants == frozenset()
    assert made.decide(FROM_ADA) is None
    with pytest.raises(KeyError):
        made.flip("acme", {"line/102/dnd": "1"})


@pytest.mark.parametrize(
    ("found", "step"),
    [
        (Outcome.RIGHT, OpenMailbox("102")),
        (Outcome.LOCKED, Play(Prompt.LOCKED_PIN)),
        (Outcome.DIGITS, Play(Prompt.NOT_AVAILABLE)),
    ],
)
async def test_a_pin_is_looked_at_elsewhere_and_then_forgotten(found: Outcome, step: Step) -> None:
    checks: list[Check] = []

    async def doors(check: Check) -> Outcome:
        checks.append(check)
        return found

    office = view()
    made = Driver(doors=doors)
    made.follow({"acme": (office.plan, office.state)})
    asked = decided(made, Entered("acme", Call("*97", FromHandset("B1"))))
    question = ended(asked, Outcome.DIGITS)._replace(digits="8642")
    check = made.to_check(question)
    assert check is not None
    after = await made.checked(question, check)
    assert checks == [Check(Look.PIN, "acme", "102", "8642")]
    assert "8642" not in f"{question} {question!r} {check!r} {after} {after!r}"
    assert isinstance(after, Ended)
    assert (after.digits, decided(made, after).step) == ("", step)
    assert made.to_check(ended(asked, Outcome.NOTHING)) is None


async def test_without_who_looks_at_pins_nobody_gets_in() -> None:
    made = driver()
    asked = decided(made, Entered("acme", Call("*97", FromHandset("B1"))))
    assert asked.step == Play(Prompt.NOT_AVAILABLE)
    assert decided(made, ended(asked, Outcome.DONE)).step == Hangup(Cause.CONGESTION)


@pytest.mark.proves("G1", "G2")
@pytest.mark.parametrize(
    ("bound", "told"),
    [
        (Outcome.DONE, Prompt.LOGGED_IN),
        (Outcome.TAKEN, Prompt.HANDSET_TAKEN),
        (Outcome.ELSEWHERE, Prompt.LINE_ELSEWHERE),
        (Outcome.REFUSED, Prompt.NOT_ALLOWED),
    ],
)
async def test_a_login_is_carried_out_before_the_caller_hears_of_it(
    bound: Outcome, told: Prompt
) -> None:
    """By the store's word, whatever is known here."""
    asked: list[object] = []

    async def doors(question: Check | Binding) -> Outcome:
        asked.append(question)
        return bound if isinstance(question, Binding) else Outcome.RIGHT

    made = Driver(doors=doors)
    office = view()
    made.follow({"acme": (office.plan, office.state)})
    line = decided(made, Entered("acme", Call("*11", FromHandset("A1"))))
    pin = decided(made, ended(line, Outcome.DIGITS)._replace(digits="102"))
    question = ended(pin, Outcome.DIGITS)._replace(digits="2468")
    check = made.to_check(question)
    assert check == Check(Look.PIN, "acme", "102", "2468")
    after = decided(made, await made.checked(question, check))
    assert asked[0] == check
    assert isinstance(asked[1], Binding)
    assert asked[1][:3] == ("acme", "102", "A1")
    assert after.step == Play(told)


def test_a_logout_counts_at_once_and_until_the_store_has_it() -> None:
    handsets = {"B1": {"login": "101"}}
    office, after = view(handsets=handsets), view(handsets={"B1": {}})
    made = Driver()
    made.follow({"acme": (office.plan, office.state)})
    out = decided(made, Entered("acme", Call("*12", FromHandset("B1"))))
    assert isinstance(out.step, LogOut)
    (flipped,) = filter(None, map(flipped_at, out.point.seen))
    for _ in range(2):
        assert decided(made, Entered("acme", Call("*12", FromHandset("B1")))).step == Play(
            Prompt.NOT_ALLOWED
        )
        # An older state is read meanwhile.
        made.follow({"acme": (office.plan, office.state)})
    assert made.known()["acme"][1] == after.state
    # It is stored, and somebody logs in there again.
    made.kept("acme", flipped)
    made.follow({"acme": (office.plan, office.state)})
    assert made.known()["acme"][1] == office.state

"""Ahead: what was decided before the question holds only while nothing has changed."""

from __future__ import annotations

import pytest

from controlplane.calls.call import Call, Decision, FromHandset
from controlplane.live.ahead import FRESH_SECONDS, MOST, Ahead
from controlplane.live.driver import Driver, Entered
from controlplane.routing.steps import Flip, Ring, Voicemail
from tests.unit.render.asterisk.office import view

FROM_ADA = Entered("acme", Call("102", FromHandset("A1")))


class Counting(Driver):
    """Counts how often it had to think."""

    thoughts = 0

    def think(self, question: Entered) -> Decision | None:  # type: ignore[override]
        self.thoughts += 1
        return super().think(question)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def driver() -> Counting:
    made, office = Counting(), view()
    made.follow({"acme": (office.plan, office.state)})
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ahead(driver: Counting, clock: Clock) -> Ahead:
    return Ahead(driver, clock, lambda call, _question, _decision: call.encode())


def test_what_was_foreseen_is_decided_once(ahead: Ahead, driver: Counting) -> None:
    ahead.think("1.1", FROM_ADA)
    decision, packet = ahead.decide("1.1", FROM_ADA)
    assert decision is not None
    assert isinstance(decision.step, Ring)
    assert driver.thoughts == 1
    assert packet == b"1.1"


def test_a_flip_in_between_counts(ahead: Ahead, driver: Counting) -> None:
    ahead.think("1.1", FROM_ADA)
    driver.flip("acme", {"line/102/dnd": "1"})
    decision, packet = ahead.decide("1.1", FROM_ADA)
    assert decision is not None
    assert isinstance(decision.step, Voicemail)
    assert packet is None


def test_so_does_a_revision_in_between(ahead: Ahead, driver: Counting) -> None:
    ahead.think("1.1", FROM_ADA)
    driver.follow({})
    assert ahead.decide("1.1", FROM_ADA) == (None, None)


@pytest.mark.parametrize("asked", [FROM_ADA._replace(call=Call("101", FromHandset("B1")))])
def test_another_question_is_decided_by_itself(ahead: Ahead, asked: Entered) -> None:
    ahead.think("1.1", FROM_ADA)
    decision, packet = ahead.decide("1.1", asked)
    assert decision is not None
    assert decision.point.flow == "line/101"
    assert packet is None


def test_an_old_thought_is_not_relied_on(ahead: Ahead, driver: Counting, clock: Clock) -> None:
    ahead.think("1.1", FROM_ADA)
    clock.now += FRESH_SECONDS
    assert ahead.decide("1.1", FROM_ADA)[1] is None
    assert driver.thoughts == 2


def test_what_changes_something_is_decided_only_when_asked(
    ahead: Ahead, driver: Counting, clock: Clock
) -> None:
    on = Entered("acme", Call("*78", FromHandset("A1")))
    ahead.think("1.1", on)
    assert not driver.is_quiet("acme", "101")
    decision, packet = ahead.decide("1.1", on)
    assert decision is not None
    assert isinstance(decision.step, Flip)
    assert packet is None
    assert driver.is_quiet("acme", "101")


def test_calls_that_never_ask_are_forgotten(ahead: Ahead, driver: Counting) -> None:
    for number in range(MOST + 1):
        ahead.think(f"1.{number}", FROM_ADA)
    ahead.decide("1.0", FROM_ADA)
    assert driver.thoughts == MOST + 2
    ahead.decide(f"1.{MOST}", FROM_ADA)
    assert driver.thoughts == MOST + 2

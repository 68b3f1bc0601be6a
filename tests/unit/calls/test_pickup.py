"""Calls that are taken over elsewhere, and calls back to who called last."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.calls.call import Call, FromHandset
from controlplane.calls.explain import explanation
from controlplane.calls.facts import Facts
from controlplane.calls.simulator import Journey, simulate
from controlplane.calls.walk import resume, start
from controlplane.calls.world import World, world_from
from controlplane.routing.compiler import compile_plan
from controlplane.routing.steps import (
    Authorise,
    Cause,
    Hangup,
    LastCaller,
    Outcome,
    PickUp,
    Play,
    Prompt,
    Ring,
)
from controlplane.routing.stored import state_of
from tests.conformance.scenario import NOON
from tests.unit.calls.build import compiled, system

GROUP = {"sales": {"extension": "600", "members": ["101", "102"]}, "none": {"extension": "601"}}


def dialled(code: str, world: World, **more: Any) -> Journey:
    """By line 102."""
    made = system(**more)
    call = Call(code, FromHandset("B1"))
    return simulate(compile_plan(made), state_of(made), call, world, Facts(NOON))


@pytest.mark.parametrize(
    ("code", "lines"), [("*8", ()), ("**101", ("101",)), ("**600", ("101", "102"))]
)
def test_a_call_is_taken_over_where_one_rings(code: str, lines: tuple[str, ...]) -> None:
    journey = dialled(code, World(ringing=frozenset({"101"})), groups=GROUP)
    assert journey.stages[-1].decision.step == PickUp(lines)
    assert journey.picked_up
    assert explanation(journey)["result"]["text"] == "a call that rang elsewhere is taken over"


@pytest.mark.parametrize("code", ["*8", "**101", "**600", "**601"])
def test_where_none_rings_the_caller_hears_it(code: str) -> None:
    journey = dialled(code, World(), groups=GROUP)
    steps = [stage.decision.step for stage in journey.stages]
    assert Play(Prompt.NOBODY_RINGS) in steps
    assert steps[-1] == Hangup(Cause.ABSENT)


def test_a_call_at_another_line_stays_there() -> None:
    assert dialled("**102", World(ringing=frozenset({"101"}))).cause is Cause.ABSENT


def test_what_is_no_line_and_no_group_is_refused() -> None:
    journey = dialled("**800", World(ringing=frozenset({"101"})), mailboxes={"800": {}})
    assert journey.cause is Cause.REJECTED


def test_explain_is_told_where_a_call_rings() -> None:
    plan, state = compiled()
    assert world_from(plan, state, {"101": "ringing"}).ringing == {"101"}


def test_who_called_last_is_called_back() -> None:
    journey = dialled("*69", World(last_caller="101"))
    assert isinstance(journey.stages[0].decision.step, LastCaller)
    assert journey.answered is not None
    assert journey.shown[journey.answered].number == "102"
    outside = dialled("*69", World(last_caller="+447700900123"))
    assert [leg.number for leg in outside.rang if hasattr(leg, "number")] == ["+447700900123"]


def test_a_call_back_outside_takes_a_code_where_calls_out_do() -> None:
    coded = {"102": {"authorisation_code": True}}
    asked = dialled("*69", World(last_caller="+447700900123"), lines=coded)
    assert isinstance(asked.stages[1].decision.step, Authorise)
    inside = dialled("*69", World(last_caller="101"), lines=coded)
    assert isinstance(inside.stages[1].decision.step, Ring)


@pytest.mark.parametrize("last", ["anonymous", "*72101", "0044", "+44\n77", "line/101", "x" * 99])
def test_what_is_no_number_is_not_called(last: str) -> None:
    journey = dialled("*69", World(last_caller=last))
    if last == "0044":
        assert journey.cause is Cause.UNALLOCATED, "no line has it"
        return
    assert [it.decision.step for it in journey.stages][1:] == [
        Play(Prompt.CALLER_UNKNOWN),
        Hangup(Cause.ABSENT),
    ]


def test_an_engine_that_tells_nonsense_leads_nowhere() -> None:
    plan, state = compiled()
    first = start(plan, state, Call("*69", FromHandset("B1")), Facts(NOON))
    told = resume(plan, state, first.caller, first.point, Outcome.DIGITS, Facts(NOON), "*72101")
    assert told.step == Play(Prompt.CALLER_UNKNOWN)

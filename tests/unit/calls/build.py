"""What the tests of calls start from: an office compiled, and journeys through it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from controlplane.calls.call import Call, FromHandset, FromTrunk
from controlplane.calls.facts import Facts
from controlplane.calls.simulator import Journey, simulate
from controlplane.calls.world import world_from
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.plan import Plan
from controlplane.routing.steps import CallerId
from controlplane.routing.stored import state_of
from tests.conformance.office import office
from tests.conformance.scenario import NOON, Numbered, Scenario
from tests.conformance.scenario import Phone as CallingPhone

MAIN = "+442071018700"
DDI = "+442071018701"
MOBILE = "+447700101901"
CALLER = "+447700101123"


def system(**changes: Any) -> PhoneSystem:
    scenario = Scenario("unit", office(**changes), CallingPhone("A1"), "102")
    return Numbered("acme", 101, scenario).system()


def compiled(**changes: Any) -> tuple[Plan, dict[str, str]]:
    built = system(**changes)
    return compile_plan(built), state_of(built)


def from_handset(called: str, handset: str = "A1") -> Call:
    return Call(called, FromHandset(handset))


def from_trunk(called: str, number: str = CALLER, name: str = "") -> Call:
    return Call(called, FromTrunk("uplink", CallerId(number, name)))


def journey(
    call: Call,
    when: Mapping[str, str] | None = None,
    *,
    patience: int | None = None,
    flips: Mapping[str, str] | None = None,
    at: dt.datetime = NOON,
    facts: Facts | None = None,
    **changes: Any,
) -> Journey:
    """`when` names what does not answer; `flips` are keys of the state set afterwards."""
    plan, state = compiled(**changes)
    state = {**state, **(flips or {})}
    world = world_from(plan, state, when or {}, patience)
    return simulate(plan, state, call, world, facts or Facts(at))

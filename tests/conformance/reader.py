"""The first reader: the plan walked with a made-up world, which is what `ctl explain` tells."""

from __future__ import annotations

from dataclasses import replace

from controlplane.calls.call import FromHandset
from controlplane.calls.simulator import simulate
from controlplane.calls.world import World
from controlplane.routing.compiler import compile_plan
from controlplane.routing.hotdesk import freed
from controlplane.routing.plan import Plan
from controlplane.routing.state import State, serves_key
from controlplane.routing.steps import Flip, LogOut, Step
from controlplane.routing.stored import state_of
from tests.conformance.ending import Ending, of_journey
from tests.conformance.scenario import Numbered


def simulated(numbered: Numbered) -> Ending:
    system = numbered.system()
    plan, state = compile_plan(system), state_of(system)
    for code in numbered.codes:
        journey = simulate(plan, state, code, World(), numbered.facts)
        for stage in journey.stages:
            state |= _written(state, stage.decision.step)
    world = replace(numbered.world, last_caller=_last_caller(numbered, plan, state))
    return of_journey(numbered, simulate(plan, state, numbered.call, world, numbered.facts))


def _last_caller(numbered: Numbered, plan: Plan, state: State) -> str:
    """Who called the line last that calls now."""
    caller = numbered.call.source
    own = state.get(serves_key(caller.handset)) if isinstance(caller, FromHandset) else None
    found = ""
    for by, called in numbered.scenario.called_before:
        placed = numbered.placed(by, called)
        journey = simulate(plan, state, placed, numbered.world, numbered.facts)
        last = journey.stages[-1].decision
        lines = [place for place in last.point.seen if place.startswith("line/")]
        if f"line/{own}" in lines[:1] + lines[-1:]:
            found = last.caller.number or "anonymous"
    return found


def _written(state: State, step: Step) -> dict[str, str]:
    """What the engine writes in a step, by state key."""
    match step:
        case Flip(key, value):
            return {key: value}
        case LogOut(handset):
            return freed(state, handset)
        case _:
            return {}

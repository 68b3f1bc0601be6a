"""The first reader: the plan walked with a made-up world, which is what `ctl explain` tells."""

from __future__ import annotations

from controlplane.calls.simulator import simulate
from controlplane.calls.world import World
from controlplane.routing.compiler import compile_plan
from controlplane.routing.hotdesk import freed
from controlplane.routing.state import State
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
    return of_journey(
        numbered, simulate(plan, state, numbered.call, numbered.world, numbered.facts)
    )


def _written(state: State, step: Step) -> dict[str, str]:
    """What the engine writes in a step, by state key."""
    match step:
        case Flip(key, value):
            return {key: value}
        case LogOut(handset):
            return freed(state, handset)
        case _:
            return {}

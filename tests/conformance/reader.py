"""The first reader: the plan walked with a made-up world, which is what `ctl explain` tells."""

from __future__ import annotations

from controlplane.calls.simulator import simulate
from controlplane.calls.world import World
from controlplane.routing.compiler import compile_plan
from controlplane.routing.steps import Flip
from controlplane.routing.stored import state_of
from tests.conformance.ending import Ending, of_journey
from tests.conformance.scenario import Numbered


def simulated(numbered: Numbered) -> Ending:
    system = numbered.system()
    plan, state = compile_plan(system), state_of(system)
    for code in numbered.codes:
        journey = simulate(plan, state, code, World(), numbered.facts)
        steps = (stage.decision.step for stage in journey.stages)
        state |= {step.key: step.value for step in steps if isinstance(step, Flip)}
    return of_journey(
        numbered, simulate(plan, state, numbered.call, numbered.world, numbered.facts)
    )

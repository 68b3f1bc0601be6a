"""The first reader: the plan walked with a made-up world, which is what `ctl explain` tells."""

from __future__ import annotations

from controlplane.calls.simulator import simulate
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.conformance.ending import Ending, of_journey
from tests.conformance.scenario import Numbered


def simulated(numbered: Numbered) -> Ending:
    system = numbered.system()
    plan, state = compile_plan(system), state_of(system)
    return of_journey(
        numbered, simulate(plan, state, numbered.call, numbered.world, numbered.facts)
    )

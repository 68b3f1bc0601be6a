"""Reader: whatever puts calls through a routing plan and tells how they ended; the simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from controlplane.calls.simulator import simulate
from controlplane.routing.compiler import compile_plan
from controlplane.routing.state import state_of
from tests.conformance.ending import Ending, of_journey
from tests.conformance.scenario import Numbered


class Reader(Protocol):
    """A context manager; `run` puts the calls of all scenarios through and names them by tenant."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def run(self, scenarios: Sequence[Numbered]) -> Mapping[str, Ending]: ...


class Simulator:
    """The plan walked with a made-up world: what `ctl explain` says."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def run(self, scenarios: Sequence[Numbered]) -> Mapping[str, Ending]:
        return {one.tenant: simulated(one) for one in scenarios}


def simulated(numbered: Numbered) -> Ending:
    system = numbered.system()
    plan, state = compile_plan(system), state_of(system)
    return of_journey(numbered, simulate(plan, state, numbered.call, numbered.world))

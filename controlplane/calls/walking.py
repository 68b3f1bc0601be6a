"""Walking: what every part of the walker has at hand — the call, and the notes of why."""

from __future__ import annotations

from dataclasses import dataclass, field

from controlplane.calls.call import Note, Point, Reason
from controlplane.calls.facts import Facts
from controlplane.model.destination import Destination, parse
from controlplane.routing.plan import HANDSET, MAILBOX, STANDING, UNKNOWN, Plan
from controlplane.routing.state import State, flow_of
from controlplane.routing.steps import CallerId


def begin(plan: Plan, flow: str, argument: str, seen: tuple[str, ...], cli: str) -> Point:
    """The first node of a flow; a flow that no longer exists is an unknown number."""
    found = plan.flows.get(flow)
    if found is None:
        flow, found = UNKNOWN, plan.flows[UNKNOWN]
    args = (*found.args, argument) if found.takes else found.args
    first = len(plan.routines[found.routine].nodes) - 1
    return Point(flow, found.routine, first, args, seen, cli)


@dataclass
class Walking:
    """A call on its way through a plan."""

    plan: Plan
    state: State
    facts: Facts
    caller: CallerId
    notes: list[Reason] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)

    def jump(self, destination: Destination, point: Point, setting: str) -> Point:
        self.note(point, setting, f"on to {destination}")
        if own := self.plan.numbers.get(destination.key):
            self.notes.append(
                Note(f"{self.plan.tenant}/numbers/{destination.key}/to", f"goes to {own}")
            )
            destination = parse(own)
        flow, argument = flow_of(destination)
        return begin(self.plan, flow, argument, point.seen, point.cli)

    def note(self, point: Point, setting: str, text: str) -> None:
        self.notes.append(self.noted(point, setting, text))

    def noted(self, point: Point, setting: str, text: str) -> Note:
        # What every tenant has is no object of the model, and has no settings.
        inner = "" if point.flow in STANDING else setting
        parts = (self.plan.tenant, self._place(point), inner)
        return Note("/".join(filter(None, parts)), text)

    def _place(self, point: Point) -> str:
        address = self.plan.address(point.flow)
        if point.flow not in (MAILBOX, HANDSET):
            return address
        key = point.args[-1]
        of_a_line = point.flow == MAILBOX and f"line/{key}" in self.plan.flows
        return f"lines/{key}/voicemail" if of_a_line else f"{address}/{key}"


def setting_of(point: Point, setting: str) -> str:
    """Below the active rule, where that is not the default one."""
    _, _, rule = point.active.prefix.partition("/rule/")
    return f"rules/{rule}/{setting}" if rule else setting

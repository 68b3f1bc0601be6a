"""The walk: from where a call stands in the plan to the next step, and on with its outcome.

`start` and `resume` hold nothing between steps: a Point says all there is to know, so a
driver may forget a call while the engine executes a step, or take over another's.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import assert_never

from controlplane.calls.call import Call, Decision, Point, ended
from controlplane.calls.entry import enter
from controlplane.calls.facts import Facts
from controlplane.calls.walker import Walker, begin
from controlplane.routing.plan import (
    Announce,
    CheckCaller,
    FlipOwn,
    Forward,
    IfDoNotDisturb,
    Jump,
    LeaveMessage,
    Node,
    OrderMembers,
    PickRule,
    Plan,
    Release,
    RingLegs,
    RingLine,
    RingMembers,
    RingNext,
    Visit,
)
from controlplane.routing.state import State
from controlplane.routing.steps import CallerId, Outcome


def start(plan: Plan, state: State, call: Call, facts: Facts) -> Decision:
    """The first decision about a call."""
    entry = enter(plan, state, call)
    point = begin(plan, entry.flow, entry.argument, (), entry.cli)
    return Walker(plan, state, facts, entry.caller, [entry.note]).decide(point)


def resume(
    plan: Plan, state: State, caller: CallerId, point: Point, outcome: Outcome, facts: Facts
) -> Decision:
    """The decision after the step at `point` ended with `outcome` (not answered, not gone).

    KeyError where the plan does not know the point's routine.
    """
    node = plan.routines[point.routine].nodes[point.node]
    walker = Walker(plan, state, facts, caller, [])
    if isinstance(node, LeaveMessage) and outcome is Outcome.OPERATOR:
        return walker.decide(walker.operator(node, point))
    return walker.decide(point.at(_after(node, point, outcome)))


def walk(plan: Plan, state: State, call: Call, facts: Facts) -> Generator[Decision, Outcome, None]:
    """Yields each decision and is sent the outcome of its step."""
    decision = start(plan, state, call, facts)
    while True:
        outcome = yield decision
        if decision.final or ended(outcome):
            return
        decision = resume(plan, state, decision.caller, decision.point, outcome, facts)


def _after(node: Node, point: Point, outcome: Outcome) -> int:
    match node:
        case RingLine() | RingLegs() | RingMembers():
            match outcome:
                case Outcome.BUSY:
                    return node.busy
                case Outcome.OFFLINE:
                    return node.offline
                case _:
                    return node.no_answer
        case RingNext():
            return point.node
        case Forward():
            return node.failed
        case FlipOwn() | LeaveMessage() | Announce():
            return node.then
        case (
            Visit()
            | CheckCaller()
            | PickRule()
            | IfDoNotDisturb()
            | OrderMembers()
            | Jump()
            | Release()
        ):
            raise ValueError(f"{node} is no step that ends with an outcome")
        case _ as never:
            assert_never(never)

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
from controlplane.calls.given import after_question
from controlplane.calls.walker import Walker
from controlplane.calls.walking import begin
from controlplane.routing.features import code_place
from controlplane.routing.nodes import (
    Announce,
    AskCode,
    AskLine,
    AskPin,
    AskTarget,
    BindHandset,
    CallBack,
    CheckCaller,
    ChoosePin,
    FlipMember,
    FlipOwn,
    Forward,
    FreeHandset,
    IfDoNotDisturb,
    Jump,
    LeaveMessage,
    Menu,
    Node,
    OpenBox,
    OrderMembers,
    PickRule,
    PickUpCall,
    Release,
    RingLegs,
    RingLine,
    RingMembers,
    RingNext,
    TakeOwn,
    Visit,
)
from controlplane.routing.plan import Plan
from controlplane.routing.state import State
from controlplane.routing.steps import CallerId, Outcome


def start(plan: Plan, state: State, call: Call, facts: Facts) -> Decision:
    """The first decision about a call."""
    entry = enter(plan, state, call)
    point = begin(plan, entry.flow, entry.argument, (), entry.cli)
    return Walker(plan, state, facts, entry.caller, [entry.reason]).decide(point)


def resume(
    plan: Plan,
    state: State,
    caller: CallerId,
    point: Point,
    outcome: Outcome,
    facts: Facts,
    digits: str = "",
) -> Decision:
    """The decision after the step at `point` ended with `outcome` (not answered, not gone).

    `digits` are those the caller pressed, where they are no secret. KeyError where the plan does
    not know the point's routine.
    """
    node = plan.routines[point.routine].nodes[point.node]
    walker = Walker(plan, state, facts, caller, [])
    if isinstance(node, LeaveMessage) and outcome is Outcome.OPERATOR:
        return walker.decide(walker.operator(node, point))
    if isinstance(node, CallBack):
        return walker.decide(walker.called_back(node, point, outcome, digits))
    if isinstance(node, AskCode) and outcome is Outcome.RIGHT and digits:
        # The engine tells which one it was, by its name.
        point = point.at(point.node, seen=(*point.seen, code_place(digits)))
    if isinstance(node, AskPin | ChoosePin | AskLine | AskTarget | Menu):
        return walker.decide(after_question(plan, node, point, outcome, digits))
    return walker.decide(point.at(_after(node, point, outcome)))


Ended = Outcome | tuple[Outcome, str]
"""How a step ended, and the digits that were pressed in it."""


def walk(plan: Plan, state: State, call: Call, facts: Facts) -> Generator[Decision, Ended, None]:
    """Yields each decision and is sent the outcome of its step."""
    decision = start(plan, state, call, facts)
    while True:
        told = yield decision
        outcome, digits = told if isinstance(told, tuple) else (told, "")
        if decision.final or ended(outcome):
            return
        decision = resume(plan, state, decision.caller, decision.point, outcome, facts, digits)


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
        case FlipOwn() | FlipMember() | FreeHandset() | LeaveMessage() | Announce() | OpenBox():
            return node.then
        case PickUpCall():
            return node.nothing
        case BindHandset():
            return _after_login(node, outcome)
        case AskCode():
            return node.right if outcome is Outcome.RIGHT else node.wrong
        case (
            Visit()
            | CheckCaller()
            | PickRule()
            | IfDoNotDisturb()
            | OrderMembers()
            | TakeOwn()
            | CallBack()
            | AskPin()
            | ChoosePin()
            | AskLine()
            | AskTarget()
            | Menu()
            | Jump()
            | Release()
        ):
            raise ValueError(f"{node} is no step that ends with an outcome")
        case _ as never:
            assert_never(never)


def _after_login(node: BindHandset, outcome: Outcome) -> int:
    match outcome:
        case Outcome.DONE:
            return node.then
        case Outcome.TAKEN:
            return node.taken
        case Outcome.ELSEWHERE:
            return node.elsewhere
        case Outcome.REFUSED:
            return node.refused
        case _:
            return node.away

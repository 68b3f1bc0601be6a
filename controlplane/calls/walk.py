"""The walk: from where a call stands in the plan to the next step, and on with its outcome.

`start` and `resume` hold nothing between steps: a Point says all there is to know, so a
driver may forget a call while the engine executes a step, or take over another's.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from controlplane.calls.call import Call, Decision, Note, Point, ended
from controlplane.calls.entry import enter
from controlplane.model.destination import Destination, Kind, parse
from controlplane.routing.plan import (
    UNKNOWN,
    Announce,
    Arg,
    Forward,
    IfDoNotDisturb,
    Jump,
    LeaveMessage,
    LegKind,
    LegRef,
    Node,
    Plan,
    Release,
    RingLegs,
    Value,
    Visit,
)
from controlplane.routing.state import (
    ON,
    State,
    cli_key,
    dnd_key,
    flow_of,
    forward_of,
    operator_key,
    phones_of,
    prefix_key,
)
from controlplane.routing.steps import (
    CallerId,
    Hangup,
    Leg,
    Outcome,
    PhoneLeg,
    Play,
    Ring,
    Step,
    TrunkLeg,
    Voicemail,
)


def start(plan: Plan, state: State, call: Call) -> Decision:
    """The first decision about a call."""
    entry = enter(plan, state, call)
    point = _begin(plan, entry.flow, entry.argument, (), entry.cli)
    return _Walker(plan, state, entry.caller, [entry.note]).decide(point)


def resume(plan: Plan, state: State, caller: CallerId, point: Point, outcome: Outcome) -> Decision:
    """The decision after the step at `point` ended with `outcome` (not answered, not gone).

    KeyError where the plan does not know the point's routine.
    """
    node = plan.routines[point.routine].nodes[point.node]
    walker = _Walker(plan, state, caller, [])
    if isinstance(node, LeaveMessage) and outcome is Outcome.OPERATOR:
        return walker.decide(walker.operator(node, point))
    return walker.decide(point.at(_after(node, outcome)))


def walk(plan: Plan, state: State, call: Call) -> Generator[Decision, Outcome, None]:
    """Yields each decision and is sent the outcome of its step."""
    decision = start(plan, state, call)
    while True:
        outcome = yield decision
        if decision.final or ended(outcome):
            return
        decision = resume(plan, state, decision.caller, decision.point, outcome)


def _begin(plan: Plan, flow: str, argument: str, seen: tuple[str, ...], cli: str) -> Point:
    """The first node of a flow; a flow that no longer exists is an unknown number."""
    found = plan.flows.get(flow)
    if found is None:
        flow, found = UNKNOWN, plan.flows[UNKNOWN]
    args = (*found.args, argument) if found.takes else found.args
    first = len(plan.routines[found.routine].nodes) - 1
    return Point(flow, found.routine, first, args, seen, cli)


def _after(node: Node, outcome: Outcome) -> int:
    match node:
        case RingLegs():
            match outcome:
                case Outcome.BUSY:
                    return node.busy
                case Outcome.OFFLINE:
                    return node.offline
                case _:
                    return node.no_answer
        case Forward():
            return node.failed
        case LeaveMessage() | Announce():
            return node.then
        case Visit() | IfDoNotDisturb() | Jump() | Release():
            raise ValueError(f"{node} is no step that ends with an outcome")
        case _ as never:
            assert_never(never)


@dataclass
class _Walker:
    """Goes from node to node until one is a step."""

    plan: Plan
    state: State
    caller: CallerId
    notes: list[Note] = field(default_factory=list)

    def decide(self, point: Point) -> Decision:
        while True:
            found = self._look(point)
            if isinstance(found, Point):
                point = found
            else:
                return Decision(found, point, self.caller, tuple(self.notes))

    def _look(self, point: Point) -> Point | Step:
        """The step at `point`, or the next point to look at."""
        node = self.plan.routines[point.routine].nodes[point.node]
        match node:
            case Visit():
                return self._visit(node, point)
            case IfDoNotDisturb():
                return self._do_not_disturb(node, point)
            case Forward():
                return self._forward(node, point)
            case RingLegs():
                return self._ring(node, point)
            case LeaveMessage():
                mailbox = _value(node.mailbox, point)
                self._note(point, "voicemail", f"a message may be left in mailbox {mailbox}")
                return Voicemail(mailbox, node.greeting)
            case Announce():
                return Play(node.prompt)
            case Jump():
                return self._jump(parse(_value(node.to, point)), point, "overflow")
            case Release():
                cause = node.cause
                self._note(point, "", f"released: {cause.name.lower()} ({cause.value})")
                return Hangup(cause)
            case _ as never:
                assert_never(never)

    def _visit(self, node: Visit, point: Point) -> Point:
        place = _value(node.place, point)
        if place in point.seen:
            self._note(point, "", f"the call has been at {place} before: a loop")
            return point.at(node.again)
        seen = (*point.seen, place)
        return Point(point.flow, point.routine, node.then, point.args, seen, point.cli)

    def _do_not_disturb(self, node: IfDoNotDisturb, point: Point) -> Point:
        if self.state.get(dnd_key(_value(node.line, point))) == ON:
            self._note(point, "do_not_disturb", "do not disturb is on")
            return point.at(node.yes)
        return point.at(node.no)

    def _forward(self, node: Forward, point: Point) -> Point | Step:
        line = _value(node.line, point)
        targets = forward_of(self.state, line, node.occasion)
        if not targets:
            return point.at(node.unset)
        setting = f"forward/{node.occasion}"
        point = replace(point, cli=self.state.get(cli_key(line), ""))
        if len(targets) == 1:
            return self._jump(targets[0], point, setting)
        names = ", ".join(str(target) for target in targets)
        self._note(point, setting, f"{names} ring together")
        legs = tuple(leg for target in targets for leg in self._legs_of(target, point))
        return self._ring_or_offline(legs, node.seconds, self.caller, point, node.failed)

    def operator(self, node: LeaveMessage, point: Point) -> Point:
        """Where a caller goes who pressed 0 during the greeting."""
        mailbox = _value(node.mailbox, point)
        target = self.state.get(operator_key(mailbox))
        if not target:
            return point.at(node.then)
        point = replace(point, cli=self.state.get(cli_key(mailbox), ""))
        return self._jump(parse(target), point, "voicemail/operator")

    def _jump(self, destination: Destination, point: Point, setting: str) -> Point:
        self._note(point, setting, f"on to {destination}")
        if own := self.plan.numbers.get(destination.key):
            self.notes.append(
                Note(f"{self.plan.tenant}/numbers/{destination.key}/to", f"goes to {own}")
            )
            destination = parse(own)
        flow, argument = flow_of(destination)
        return _begin(self.plan, flow, argument, point.seen, point.cli)

    def _ring(self, node: RingLegs, point: Point) -> Point | Step:
        prefix = self.state.get(prefix_key(_value(node.group, point)), "") if node.group else ""
        name = f"{prefix} {self.caller.name}".strip()
        caller = replace(self.caller, name=name) if prefix else self.caller
        legs = tuple(leg for ref in node.legs for leg in self._legs(ref, point))
        return self._ring_or_offline(legs, node.seconds, caller, point, node.offline)

    def _ring_or_offline(
        self,
        legs: tuple[Leg, ...],
        seconds: Value,
        caller: CallerId,
        point: Point,
        offline: int,
    ) -> Point | Step:
        if not legs:
            self._note(point, "", "no phone to ring")
            return point.at(offline)
        wait = int(_value(seconds, point))
        self._note(point, "ring", f"rings {_names(legs)} for {wait} s")
        return Ring(tuple(dict.fromkeys(legs)), wait, caller)

    def _legs(self, ref: LegRef, point: Point) -> Iterator[Leg]:
        key = _value(ref.key, point)
        match ref.kind:
            case LegKind.LINE:
                yield from map(PhoneLeg, phones_of(self.state, key))
            case LegKind.MEMBER:
                if self.state.get(dnd_key(key)) == ON:
                    self.notes.append(
                        Note(f"{self.plan.tenant}/lines/{key}/do_not_disturb", "member not rung")
                    )
                else:
                    yield from map(PhoneLeg, phones_of(self.state, key))
            case LegKind.HANDSET:
                yield PhoneLeg(key)
            case LegKind.TRUNK:
                yield TrunkLeg(key, _value(ref.number, point), point.cli)
            case _ as never:
                assert_never(never)

    def _legs_of(self, target: Destination, point: Point) -> Iterator[Leg]:
        """What rings at one of several targets; groups and mailboxes do not ring beside others."""
        match target.kind:
            case Kind.LINE:
                yield from map(PhoneLeg, phones_of(self.state, target.key))
            case Kind.HANDSET:
                yield PhoneLeg(target.key)
            case Kind.EXTERNAL:
                if first := self.plan.first_trunk:
                    yield TrunkLeg(first, target.key, point.cli)
            case Kind.GROUP | Kind.MAILBOX:
                return
            case _ as never:
                assert_never(never)

    def _note(self, point: Point, setting: str, text: str) -> None:
        parts = (self.plan.tenant, self.plan.address(point.flow), setting)
        self.notes.append(Note("/".join(part for part in parts if part), text))


def _value(value: Value, point: Point) -> str:
    return point.args[value.index] if isinstance(value, Arg) else value


def _names(legs: tuple[Leg, ...]) -> str:
    return ", ".join(
        leg.handset if isinstance(leg, PhoneLeg) else f"{leg.number} by {leg.trunk}" for leg in legs
    )

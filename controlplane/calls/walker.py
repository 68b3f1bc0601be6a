"""The walker: goes from node to node of a routine until one is a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from controlplane.calls.call import NOTHING, TRUSTED, Decision, Note, Point, Reason
from controlplane.calls.facts import Facts
from controlplane.calls.given import Door, question_of
from controlplane.calls.hunt import in_order
from controlplane.calls.legs import Legs, Rung
from controlplane.calls.rules import pick
from controlplane.calls.rung import once, told, unless_plain
from controlplane.calls.world import can_be_called
from controlplane.model.destination import Destination, Kind, parse
from controlplane.model.group import Strategy
from controlplane.routing.features import flip_place, is_forward, own_key
from controlplane.routing.hotdesk import logged_in, logout_place
from controlplane.routing.plan import (
    AUTHORISED,
    HANDSET,
    MAILBOX,
    MOST_PLACES,
    STANDING,
    UNKNOWN,
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
    OpenBox,
    OrderMembers,
    Own,
    PickRule,
    PickUpCall,
    Plan,
    Release,
    RingLegs,
    RingLine,
    RingMembers,
    RingNext,
    TakeOwn,
    Visit,
)
from controlplane.routing.state import (
    IN,
    ON,
    OUT,
    State,
    Verdict,
    cli_key,
    coded_key,
    dnd_key,
    flow_of,
    forward_of,
    member_key,
    members_key,
    no_waiting_key,
    operator_key,
    own_line_key,
    prefix_key,
    prefix_of,
    screen_key,
    split,
    verdict_on,
)
from controlplane.routing.steps import (
    Authorise,
    CallerId,
    Flip,
    Hangup,
    LastCaller,
    Leg,
    LogIn,
    LogOut,
    OpenMailbox,
    Outcome,
    PickUp,
    Play,
    Ring,
    Step,
    Terms,
    Voicemail,
)


def begin(plan: Plan, flow: str, argument: str, seen: tuple[str, ...], cli: str) -> Point:
    """The first node of a flow; a flow that no longer exists is an unknown number."""
    found = plan.flows.get(flow)
    if found is None:
        flow, found = UNKNOWN, plan.flows[UNKNOWN]
    args = (*found.args, argument) if found.takes else found.args
    first = len(plan.routines[found.routine].nodes) - 1
    return Point(flow, found.routine, first, args, seen, cli)


@dataclass
class Walker:
    """Goes from node to node until one is a step."""

    plan: Plan
    state: State
    facts: Facts
    caller: CallerId
    notes: list[Reason] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)

    def decide(self, point: Point) -> Decision:
        while True:
            found = self._look(point)
            if isinstance(found, Point):
                point = found
            else:
                step, point = found
                return Decision(step, point, self.caller, tuple(self.notes), tuple(self.turns))

    def _look(self, point: Point) -> Point | tuple[Step, Point]:
        """The step at `point`, or the next point to look at."""
        node = self.plan.routines[point.routine].nodes[point.node]
        match node:
            case Visit():
                return self._visit(node, point)
            case CheckCaller():
                return self._check_caller(node, point)
            case PickRule():
                return self._pick_rule(node, point)
            case IfDoNotDisturb():
                return self._do_not_disturb(node, point)
            case Forward():
                return self._forward(node, point)
            case RingLine():
                return self._ring_line(node, point)
            case RingLegs():
                rung = self._legs.of_refs(node.legs, point)
                return self._ring(rung, int(point.value(node.seconds)), point, node.offline)
            case RingMembers():
                return self._ring_members(node, point)
            case OrderMembers():
                return self._order(node, point)
            case RingNext():
                return self._ring_next(node, point)
            case FlipOwn():
                return self._flip(node, point)
            case FlipMember():
                return self._flip_member(node, point)
            case PickUpCall():
                return self._pick_up(node, point)
            case CallBack():
                return LastCaller(self.caller.number), point
            case BindHandset():
                return self._log_in(node, point)
            case FreeHandset():
                return self._log_out(node, point)
            case LeaveMessage():
                mailbox = point.value(node.mailbox)
                self._note(point, "voicemail", f"a message may be left in mailbox {mailbox}")
                return Voicemail(mailbox, node.greeting), point
            case Announce():
                return Play(node.prompt), point
            case TakeOwn():
                return point.at(node.then)._replace(args=(self.caller.number,))
            case AskPin() | ChoosePin() | AskLine() | AskTarget() | Menu():
                return self._ask(node, point)
            case OpenBox():
                return self._open(node, point)
            case AskCode():
                self._note(point, "authorisation_codes", "asked for an authorisation code")
                return Authorise(), point
            case Jump():
                return self._jump(parse(point.value(node.to)), point, "overflow")
            case Release():
                cause = node.cause
                self._note(point, "", f"released: {cause.name.lower()} ({cause.value})")
                return Hangup(cause), point
            case _ as never:
                assert_never(never)

    @property
    def _legs(self) -> Legs:
        return Legs(self.plan, self.state, self.facts, self.notes)

    def _visit(self, node: Visit, point: Point) -> Point:
        place = point.value(node.place)
        if place in point.seen:
            self._note(point, "", f"the call has been at {place} before: a loop")
            return point.at(node.again)
        if len(point.seen) >= MOST_PLACES:
            self._note(point, "", f"the call has been at {MOST_PLACES} places: too many")
            return point.at(node.again)
        return point.at(node.then, seen=(*point.seen, place))

    def _check_caller(self, node: CheckCaller, point: Point) -> Point:
        line = point.value(node.line)
        verdict = verdict_on(self.state, line, self.caller.number)
        match verdict:
            case "":
                return point.at(node.then, active=NOTHING)
            case Verdict.ALLOW:
                self._note(point, "allowed", "the caller is allowed")
                return point.at(node.then, active=TRUSTED)
            case Verdict.MESSAGE:
                self._note(point, "blocked", "the caller is blocked")
                return point.at(node.message)
            case _:
                self._note(point, "blocked", "the caller is blocked")
                return point.at(node.fast_busy)

    def _pick_rule(self, node: PickRule, point: Point) -> Point:
        picked = pick(self.plan, self.state, point.value(node.line), self.facts.at)
        self.notes.extend(picked.notes)
        active = picked.active
        if point.active.trusted:
            active = active._replace(trusted=True)
        return point.at(node.then, active=active)

    def _do_not_disturb(self, node: IfDoNotDisturb, point: Point) -> Point:
        own = prefix_of(point.value(node.line), "")
        if self.state.get(dnd_key(own)) == ON:
            setting = "do_not_disturb"
        elif self.state.get(dnd_key(point.active.prefix)) == ON:
            setting = _setting(point, "do_not_disturb")
        else:
            return point.at(node.no)
        if point.active.trusted:
            self._note(point, setting, "do not disturb is on, but not for an allowed caller")
            return point.at(node.no)
        self._note(point, setting, "do not disturb is on")
        return point.at(node.yes)

    def _forward(self, node: Forward, point: Point) -> Point | tuple[Step, Point]:
        line = point.value(node.line)
        targets = forward_of(self.state, point.active.prefix, node.occasion)
        if not targets:
            return point.at(node.unset)
        setting = _setting(point, f"forward/{node.occasion}")
        point = point._replace(cli=self.state.get(cli_key(line), ""))
        if len(targets) == 1:
            return self._jump(targets[0], point, setting)
        names = ", ".join(str(target) for target in targets)
        self._note(point, setting, f"{names} ring together")
        rung = (leg for target in targets for leg in self._legs.at(target, point.cli))
        return self._ring(rung, point.active.seconds, point, node.failed)

    def _flip(self, node: FlipOwn, point: Point) -> Point | tuple[Step, Point]:
        line = self.caller.number if node.line is None else point.value(node.line)
        value = point.value(node.value)
        if value and (why := self._may_not(node.own, line, value)):
            self._note(point, "", why)
            return point.at(node.refused)
        self.notes.append(Note(f"{self.plan.tenant}/lines/{line}", f"{node.own}: {value or 'off'}"))
        return self._write(own_key(node.own, line), value, point)

    def _flip_member(self, node: FlipMember, point: Point) -> Point | tuple[Step, Point]:
        line, group = self.caller.number, point.value(node.group)
        key, value = member_key(line, group), IN if node.on else OUT
        if not self.state.get(key):
            self._note(point, "", f"line {line} is no member of {group}")
            return point.at(node.refused)
        self.notes.append(Note(f"{self.plan.tenant}/lines/{line}", f"logged {value}: {group}"))
        return self._write(key, value, point)

    @staticmethod
    def _write(key: str, value: str, point: Point) -> tuple[Step, Point]:
        # Where a call writes a key again, its history is to tell of the last time alone.
        again = flip_place(key, "")
        seen = (place for place in point.seen if not place.startswith(again))
        return Flip(key, value), point.at(point.node, seen=(*seen, flip_place(key, value)))

    def _log_in(self, node: BindHandset, point: Point) -> Point | tuple[Step, Point]:
        if not self.facts.doors:
            return point.at(node.away)
        line, handset = point.value(node.line), point.value(node.handset)
        self.notes.append(Note(f"{self.plan.tenant}/handsets/{handset}/login", f"line {line}"))
        return LogIn(handset, line), point

    def _log_out(self, node: FreeHandset, point: Point) -> Point | tuple[Step, Point]:
        handset = point.value(node.handset)
        address = f"{self.plan.tenant}/handsets/{handset}/login"
        if not (line := logged_in(self.state, handset)):
            self.notes.append(Note(address, "nobody is logged in here"))
            return point.at(node.refused)
        self.notes.append(Note(address, f"line {line} logs out"))
        own = self.state.get(own_line_key(handset), "")
        seen = (*point.seen, logout_place(line, handset))
        return LogOut(handset, line, own), point.at(point.node, seen=seen)

    def _may_not(self, own: Own, line: str, value: str) -> str:
        """Why a line cannot turn it on; "" where it can."""
        if not is_forward(own):
            return ""
        if self.state.get(coded_key(line)) == ON:
            return f"line {line} cannot forward while its authorisation code is on"
        if own is Own.FORWARD_BUSY and self.state.get(no_waiting_key(line)) != ON:
            return f"line {line} cannot forward when busy while call waiting is on"
        return f"line {line} would forward to itself" if value == f"line/{line}" else ""

    def _pick_up(self, node: PickUpCall, point: Point) -> Point | tuple[Step, Point]:
        if node.of is None:
            self._note(point, "", "a call that rings at any phone is taken")
            return PickUp(()), point
        of = parse(point.value(node.of))
        match of.kind:
            case Kind.LINE:
                lines: tuple[str, ...] = (of.key,)
            case Kind.GROUP:
                lines = split(self.state, members_key(of.key))
            case _:
                self._note(point, "", f"no call rings at {of}: it is no line and no group")
                return point.at(node.refused)
        self._note(point, "", f"a call that rings at {', '.join(lines) or 'nobody'} is taken")
        return (PickUp(lines), point) if lines else point.at(node.nothing)

    def called_back(self, node: CallBack, point: Point, outcome: Outcome, number: str) -> Point:
        """Where the call goes once the engine said who called the line last."""
        if outcome is not Outcome.DIGITS:
            return point.at(node.unknown if outcome is Outcome.WITHHELD else node.nobody)
        if not can_be_called(number):
            return point.at(node.unknown)
        if not number.startswith("+"):
            return self._jump(Destination(Kind.LINE, number), point, "")
        coded = self.state.get(coded_key(self.caller.number)) == ON
        if coded and number not in self.plan.numbers:
            self._note(point, "authorisation_code", "calls out take a code")
            return begin(self.plan, AUTHORISED, number, point.seen, point.cli)
        return self._jump(Destination(Kind.EXTERNAL, number), point, "")

    def operator(self, node: LeaveMessage, point: Point) -> Point:
        """Where a caller goes who pressed 0 during the greeting."""
        mailbox = point.value(node.mailbox)
        target = self.state.get(operator_key(mailbox))
        if not target:
            return point.at(node.then)
        point = point._replace(cli=self.state.get(cli_key(mailbox), ""))
        return self._jump(parse(target), point, "voicemail/operator")

    def _ask(self, node: Door, point: Point) -> Point | tuple[Step, Point]:
        if not self.facts.doors:
            self._note(point, "", "nobody is there who looks at PINs")
            return point.at(node.away)
        if isinstance(node, AskPin):
            line = point.value(node.line)
            self.notes.append(Note(f"{self.plan.tenant}/lines/{line}/pin", "asked for the PIN"))
        return question_of(node), point

    def _open(self, node: OpenBox, point: Point) -> Point | tuple[Step, Point]:
        mailbox = point.value(node.mailbox)
        if not self.facts.doors:
            return point.at(node.away)
        if mailbox not in self.plan.mailboxes:
            self._note(point, "", f"there is no mailbox {mailbox}")
            return point.at(node.without)
        self._note(point, "", f"the messages of mailbox {mailbox}")
        return OpenMailbox(mailbox), point

    def _jump(self, destination: Destination, point: Point, setting: str) -> Point:
        self._note(point, setting, f"on to {destination}")
        if own := self.plan.numbers.get(destination.key):
            self.notes.append(
                Note(f"{self.plan.tenant}/numbers/{destination.key}/to", f"goes to {own}")
            )
            destination = parse(own)
        flow, argument = flow_of(destination)
        return begin(self.plan, flow, argument, point.seen, point.cli)

    def _ring_line(self, node: RingLine, point: Point) -> Point | tuple[Step, Point]:
        line, active = point.value(node.line), point.active
        terms = once(self._legs.of_line(line, point))
        if not terms:
            return self._nobody(point, node.offline)
        self._rings(terms, active.seconds, point)
        screen = not active.trusted and self.state.get(screen_key(active.prefix)) == ON
        if screen:
            self._note(point, _setting(point, "screening"), "the caller is asked for a name")
        return Ring(
            tuple(terms),
            active.seconds,
            self.caller,
            unless_plain(terms),
            screen,
            line,
            active.paths,
        ), point

    def _ring_members(self, node: RingMembers, point: Point) -> Point | tuple[Step, Point]:
        group = point.value(node.group)
        members = split(self.state, members_key(group))
        rung = (leg for line in members for leg in self._legs.of_member(line, group, node.terms))
        seconds = int(point.value(node.seconds))
        return self._ring(rung, seconds, point, node.offline, self._prefixed(group))

    def _order(self, node: OrderMembers, point: Point) -> Point:
        group = point.value(node.group)
        members = split(self.state, members_key(group))
        order = in_order(node.strategy, group, members, self.facts)
        self._note(point, "strategy", f"{node.strategy}: {', '.join(order) or 'nobody'}")
        if node.strategy is Strategy.ROUND_ROBIN:
            self.turns.append(group)
        return point.at(node.then, order=order)

    def _ring_next(self, node: RingNext, point: Point) -> Point | tuple[Step, Point]:
        group, seconds = point.value(node.group), int(point.value(node.seconds))
        for index, line in enumerate(point.order):
            rung = tuple(self._legs.of_member(line, group, node.terms))
            if rung:
                left = point._replace(order=point.order[index + 1 :])
                return self._ring(rung, seconds, left, node.exhausted, self._prefixed(group))
        return point.at(node.exhausted, order=())

    def _prefixed(self, group: str) -> CallerId:
        prefix = self.state.get(prefix_key(group), "")
        name = f"{prefix} {self.caller.name}".strip()
        return self.caller._replace(name=name) if prefix else self.caller

    def _ring(
        self,
        rung: Rung | tuple[tuple[Leg, Terms], ...],
        seconds: int,
        point: Point,
        offline: int,
        caller: CallerId | None = None,
    ) -> Point | tuple[Ring, Point]:
        terms = once(rung)
        if not terms:
            return self._nobody(point, offline)
        self._rings(terms, seconds, point)
        return Ring(tuple(terms), seconds, caller or self.caller, unless_plain(terms)), point

    def _nobody(self, point: Point, offline: int) -> Point:
        self._note(point, "", "no phone to ring")
        return point.at(offline)

    def _rings(self, terms: dict[Leg, Terms], seconds: int, point: Point) -> None:
        self.notes.append(
            lambda: self._noted(
                point, _setting(point, "ring"), f"rings {told(terms)} for {seconds} s"
            )
        )

    def _note(self, point: Point, setting: str, text: str) -> None:
        self.notes.append(self._noted(point, setting, text))

    def _noted(self, point: Point, setting: str, text: str) -> Note:
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


def _setting(point: Point, setting: str) -> str:
    """Below the active rule, where that is not the default one."""
    _, _, rule = point.active.prefix.partition("/rule/")
    return f"rules/{rule}/{setting}" if rule else setting

"""The walker: goes from node to node of a routine until one is a step."""

from __future__ import annotations

from typing import assert_never

from controlplane.calls.call import NOTHING, TRUSTED, Decision, Point
from controlplane.calls.own_phone import OwnPhone
from controlplane.calls.ringing import Ringing
from controlplane.calls.rules import pick
from controlplane.calls.walking import setting_of
from controlplane.model.destination import parse
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
from controlplane.routing.plan import MOST_PLACES
from controlplane.routing.state import (
    ON,
    Verdict,
    cli_key,
    dnd_key,
    operator_key,
    prefix_of,
    verdict_on,
)
from controlplane.routing.steps import Authorise, Hangup, LastCaller, Play, Step, Voicemail


class Walker(Ringing, OwnPhone):
    """Goes from node to node until one is a step."""

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
                self.note(point, "voicemail", f"a message may be left in mailbox {mailbox}")
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
                self.note(point, "authorisation_codes", "asked for an authorisation code")
                return Authorise(), point
            case Jump():
                return self.jump(parse(point.value(node.to)), point, "overflow")
            case Release():
                cause = node.cause
                self.note(point, "", f"released: {cause.name.lower()} ({cause.value})")
                return Hangup(cause), point
            case _ as never:
                assert_never(never)

    def _visit(self, node: Visit, point: Point) -> Point:
        place = point.value(node.place)
        if place in point.seen:
            self.note(point, "", f"the call has been at {place} before: a loop")
            return point.at(node.again)
        if len(point.seen) >= MOST_PLACES:
            self.note(point, "", f"the call has been at {MOST_PLACES} places: too many")
            return point.at(node.again)
        return point.at(node.then, seen=(*point.seen, place))

    def _check_caller(self, node: CheckCaller, point: Point) -> Point:
        line = point.value(node.line)
        verdict = verdict_on(self.state, line, self.caller.number)
        match verdict:
            case "":
                return point.at(node.then, active=NOTHING)
            case Verdict.ALLOW:
                self.note(point, "allowed", "the caller is allowed")
                return point.at(node.then, active=TRUSTED)
            case Verdict.MESSAGE:
                self.note(point, "blocked", "the caller is blocked")
                return point.at(node.message)
            case _:
                self.note(point, "blocked", "the caller is blocked")
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
            setting = setting_of(point, "do_not_disturb")
        else:
            return point.at(node.no)
        if point.active.trusted:
            self.note(point, setting, "do not disturb is on, but not for an allowed caller")
            return point.at(node.no)
        self.note(point, setting, "do not disturb is on")
        return point.at(node.yes)

    def operator(self, node: LeaveMessage, point: Point) -> Point:
        """Where a caller goes who pressed 0 during the greeting."""
        mailbox = point.value(node.mailbox)
        target = self.state.get(operator_key(mailbox))
        if not target:
            return point.at(node.then)
        point = point._replace(cli=self.state.get(cli_key(mailbox), ""))
        return self.jump(parse(target), point, "voicemail/operator")

"""Own phone: the nodes behind what a person dials there — flips, logins, pickup, doors."""

from __future__ import annotations

from controlplane.calls.call import Note, Point
from controlplane.calls.given import Door, question_of
from controlplane.calls.walking import Walking, begin
from controlplane.calls.world import can_be_called
from controlplane.model.destination import Destination, Kind, parse
from controlplane.routing.features import flip_place, is_forward, own_key
from controlplane.routing.hotdesk import logged_in, logout_place
from controlplane.routing.nodes import (
    AskPin,
    BindHandset,
    CallBack,
    FlipMember,
    FlipOwn,
    FreeHandset,
    OpenBox,
    Own,
    PickUpCall,
)
from controlplane.routing.plan import AUTHORISED
from controlplane.routing.state import (
    IN,
    ON,
    OUT,
    coded_key,
    member_key,
    members_key,
    no_waiting_key,
    own_line_key,
    split,
)
from controlplane.routing.steps import Flip, LogIn, LogOut, OpenMailbox, Outcome, PickUp, Step


class OwnPhone(Walking):
    """Each gives the step, or the next point to look at."""

    def _flip(self, node: FlipOwn, point: Point) -> Point | tuple[Step, Point]:
        line = self.caller.number if node.line is None else point.value(node.line)
        value = point.value(node.value)
        if value and (why := self._may_not(node.own, line, value)):
            self.note(point, "", why)
            return point.at(node.refused)
        self.notes.append(Note(f"{self.plan.tenant}/lines/{line}", f"{node.own}: {value or 'off'}"))
        return self._write(own_key(node.own, line), value, point)

    def _flip_member(self, node: FlipMember, point: Point) -> Point | tuple[Step, Point]:
        line, group = self.caller.number, point.value(node.group)
        key, value = member_key(line, group), IN if node.on else OUT
        if not self.state.get(key):
            self.note(point, "", f"line {line} is no member of {group}")
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
            self.note(point, "", "a call that rings at any phone is taken")
            return PickUp(()), point
        of = parse(point.value(node.of))
        match of.kind:
            case Kind.LINE:
                lines: tuple[str, ...] = (of.key,)
            case Kind.GROUP:
                lines = split(self.state, members_key(of.key))
            case _:
                self.note(point, "", f"no call rings at {of}: it is no line and no group")
                return point.at(node.refused)
        self.note(point, "", f"a call that rings at {', '.join(lines) or 'nobody'} is taken")
        return (PickUp(lines), point) if lines else point.at(node.nothing)

    def called_back(self, node: CallBack, point: Point, outcome: Outcome, number: str) -> Point:
        """Where the call goes once the engine said who called the line last."""
        if outcome is not Outcome.DIGITS:
            return point.at(node.unknown if outcome is Outcome.WITHHELD else node.nobody)
        if not can_be_called(number):
            return point.at(node.unknown)
        if not number.startswith("+"):
            return self.jump(Destination(Kind.LINE, number), point, "")
        coded = self.state.get(coded_key(self.caller.number)) == ON
        if coded and number not in self.plan.numbers:
            self.note(point, "authorisation_code", "calls out take a code")
            return begin(self.plan, AUTHORISED, number, point.seen, point.cli)
        return self.jump(Destination(Kind.EXTERNAL, number), point, "")

    def _ask(self, node: Door, point: Point) -> Point | tuple[Step, Point]:
        if not self.facts.doors:
            self.note(point, "", "nobody is there who looks at PINs")
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
            self.note(point, "", f"there is no mailbox {mailbox}")
            return point.at(node.without)
        self.note(point, "", f"the messages of mailbox {mailbox}")
        return OpenMailbox(mailbox), point

"""What happens to a call at a line: do not disturb, forwards, ringing, voicemail or hang-up."""

from __future__ import annotations

from controlplane.model.line import Line
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.plan import (
    Arg,
    Flow,
    Forward,
    IfDoNotDisturb,
    LeaveMessage,
    LegKind,
    LegRef,
    Node,
    Occasion,
    RingLegs,
    Visit,
)
from controlplane.routing.steps import Cause, Greeting, Prompt


def line_flow(extension: str, line: Line, routines: Routines) -> Flow:
    build = Builder()
    own, seconds = build.arg(extension), build.arg(str(line.ring))
    place = build.arg(f"line/{extension}")
    mailbox = own if line.mailbox else None
    routine = routines.of_shape(
        ("line", own, seconds, place, mailbox),
        lambda: _nodes(build, own, seconds, place, mailbox),
    )
    return Flow(routine, build.args, f"lines/{extension}")


def _nodes(
    build: Builder, own: Arg, seconds: Arg, place: Arg, mailbox: Arg | None
) -> tuple[Node, ...]:
    ends = _Ends(build, mailbox)
    busy = build.add(Forward(own, Occasion.BUSY, seconds, ends.busy, ends.busy))
    unanswered = build.add(
        Forward(own, Occasion.UNANSWERED, seconds, ends.no_answer, ends.no_answer)
    )
    offline = build.add(Forward(own, Occasion.OFFLINE, seconds, ends.offline, ends.offline))
    ring = build.add(RingLegs((LegRef(LegKind.LINE, own),), seconds, busy, unanswered, offline))
    always = build.add(Forward(own, Occasion.ALWAYS, seconds, ring, ends.no_answer))
    dnd = build.add(IfDoNotDisturb(own, ends.busy, always))
    again = build.release(Cause.ROUTING_ERROR, Prompt.CANNOT_COMPLETE)
    build.add(Visit(place, dnd, again))
    return build.nodes


class _Ends:
    """Where a call that nobody took ends, by why nobody took it (node indexes)."""

    def __init__(self, build: Builder, mailbox: Arg | None) -> None:
        if mailbox is None:
            self.busy = build.release(Cause.BUSY)
            self.no_answer = build.release(Cause.NO_ANSWER)
            self.offline = build.release(Cause.ABSENT)
            return
        done = build.release(Cause.NORMAL)
        self.busy = build.add(LeaveMessage(mailbox, Greeting.BUSY, done))
        self.no_answer = build.add(LeaveMessage(mailbox, Greeting.UNAVAILABLE, done))
        self.offline = self.no_answer

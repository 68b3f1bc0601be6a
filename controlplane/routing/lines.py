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
    values = extension, str(line.ring), f"line/{extension}"
    args = tuple(dict.fromkeys(values))
    with_mailbox = line.mailbox is not None
    # The second value is the only one that may be equal to another.
    shape = ("line", len(args), with_mailbox)
    routine = routines.of_shape(shape, lambda: _nodes(values, with_mailbox))
    return Flow(routine, args, f"lines/{extension}")


def _nodes(values: tuple[str, str, str], with_mailbox: bool) -> tuple[Node, ...]:
    build = Builder()
    own, seconds, place = map(build.arg, values)
    ends = _Ends(build, own if with_mailbox else None)
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

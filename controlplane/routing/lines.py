"""What happens to a call at a line: who may call, which rule is active, and what it does."""

from __future__ import annotations

from controlplane.model.line import Line
from controlplane.routing.actions import do_not_disturb, forwards, ringing
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.nodes import (
    Arg,
    CheckCaller,
    LeaveMessage,
    Node,
    Occasion,
    PickRule,
    Visit,
)
from controlplane.routing.plan import Flow
from controlplane.routing.steps import Cause, Greeting, Prompt


def line_flow(extension: str, line: Line, routines: Routines) -> Flow:
    with_mailbox = line.mailbox is not None
    routine = routines.of_shape(("line", with_mailbox), lambda: _nodes(with_mailbox))
    return Flow(routine, (extension, f"line/{extension}"), f"lines/{extension}")


def _nodes(with_mailbox: bool) -> tuple[Node, ...]:
    build = Builder()
    own, place = build.arg("extension"), build.arg("place")
    ends = _Ends(build, own if with_mailbox else None)
    busy = forwards.node(build, own, Occasion.BUSY, ends.busy, ends.busy)
    unanswered = forwards.node(build, own, Occasion.UNANSWERED, ends.no_answer, ends.no_answer)
    offline = forwards.node(build, own, Occasion.OFFLINE, ends.offline, ends.offline)
    ring = ringing.node(build, own, busy, unanswered, offline)
    always = forwards.node(build, own, Occasion.ALWAYS, ring, ends.no_answer)
    open_to_calls = do_not_disturb.node(build, own, ends.busy, always)
    rule = build.add(PickRule(own, open_to_calls))
    fast_busy = build.release(Cause.CONGESTION)
    message = build.release(Cause.UNALLOCATED, Prompt.NOT_IN_SERVICE)
    caller = build.add(CheckCaller(own, fast_busy, message, rule))
    again = build.release(Cause.ROUTING_ERROR, Prompt.CANNOT_COMPLETE)
    build.add(Visit(place, caller, again))
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

"""What happens to a call at a hunt group: its members ring, then its overflow takes it."""

from __future__ import annotations

from controlplane.model.destination import Destination
from controlplane.model.group import HuntGroup, Strategy
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.nodes import Jump, MemberTerms, OrderMembers, RingMembers, RingNext, Visit
from controlplane.routing.plan import Flow
from controlplane.routing.steps import Cause, Prompt


def jump_to(build: Builder, destination: Destination) -> int:
    """A node that sends the call to `destination`."""
    return build.add(Jump(build.arg(str(destination))))


def group_flow(key: str, group: HuntGroup, routines: Routines) -> Flow:
    build = Builder()
    own = build.arg(key)
    if group.overflow:
        busy = no_answer = offline = jump_to(build, group.overflow)
    else:
        busy = build.release(Cause.BUSY)
        no_answer = build.release(Cause.NO_ANSWER)
        offline = build.release(Cause.ABSENT)
    terms = MemberTerms(group.skip_busy, group.follow_forwards, group.wrap_up)
    seconds = build.arg(str(group.ring))
    if group.strategy is Strategy.RING_ALL:
        first = build.add(RingMembers(own, terms, seconds, busy, no_answer, offline))
    else:
        following = build.add(RingNext(own, terms, seconds, no_answer))
        first = build.add(OrderMembers(own, group.strategy, following))
    again = build.release(Cause.ROUTING_ERROR, Prompt.CANNOT_COMPLETE)
    build.add(Visit(build.arg(f"group/{key}"), first, again))
    return build.flow(routines, f"groups/{key}")

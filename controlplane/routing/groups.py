"""What happens to a call at a hunt group: its members ring, then its overflow takes it."""

from __future__ import annotations

from controlplane.model.destination import Destination
from controlplane.model.group import HuntGroup
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.plan import Flow, Jump, LegKind, LegRef, RingLegs, Visit
from controlplane.routing.steps import Cause, Prompt


def jump_to(build: Builder, destination: Destination) -> int:
    """A node that sends the call to `destination`."""
    return build.add(Jump(build.arg(str(destination))))


def group_flow(key: str, group: HuntGroup, routines: Routines) -> Flow:
    build = Builder()
    if group.overflow:
        busy = no_answer = offline = jump_to(build, group.overflow)
    else:
        busy = build.release(Cause.BUSY)
        no_answer = build.release(Cause.NO_ANSWER)
        offline = build.release(Cause.ABSENT)
    legs = tuple(LegRef(LegKind.MEMBER, build.arg(member)) for member in group.members)
    ring = build.add(
        RingLegs(
            legs,
            build.arg(str(group.ring)),
            busy,
            no_answer,
            offline,
            group=build.arg(key),
        )
    )
    again = build.release(Cause.ROUTING_ERROR, Prompt.CANNOT_COMPLETE)
    build.add(Visit(build.arg(f"group/{key}"), ring, again))
    return build.flow(routines, f"groups/{key}")

"""The flows every tenant has: calls out, emergency calls, mailboxes, handsets, dead ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controlplane.model.trunk import Trunk
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.doors import authorised, own_mailbox, portal
from controlplane.routing.hotdesk import login_flow, logout_flow
from controlplane.routing.nodes import LeaveMessage, LegKind, LegRef, RingLegs
from controlplane.routing.plan import (
    AUTHORISED,
    BARRED,
    EMERGENCY,
    EXTERNAL,
    HANDSET,
    LOGIN,
    LOGOUT,
    MAILBOX,
    OWN_MAILBOX,
    PORTAL,
    UNKNOWN,
    Flow,
)
from controlplane.routing.steps import Cause, Greeting, Prompt

OUT_SECONDS = "120"
"""How long a call out may ring before it is given up."""

HANDSET_SECONDS = "24"


def trunks_in_order(trunks: Mapping[str, Trunk]) -> tuple[str, ...]:
    """Names of the enabled trunks, the one to try first first."""
    enabled = (name for name, trunk in trunks.items() if trunk.enabled)
    return tuple(sorted(enabled, key=lambda name: (trunks[name].priority, name)))


def standing_flows(order: Sequence[str], routines: Routines) -> dict[str, Flow]:
    return {
        EXTERNAL: _out(order, routines),
        EMERGENCY: _out(order, routines),
        MAILBOX: _mailbox(routines),
        HANDSET: _handset(routines),
        UNKNOWN: _dead_end(routines, Cause.UNALLOCATED, Prompt.NOT_IN_SERVICE),
        BARRED: _dead_end(routines, Cause.REJECTED, Prompt.NOT_ALLOWED),
        AUTHORISED: authorised(routines),
        OWN_MAILBOX: own_mailbox(routines),
        PORTAL: portal(routines),
        LOGIN: login_flow(routines),
        LOGOUT: logout_flow(routines),
    }


def _out(trunks: Sequence[str], routines: Routines) -> Flow:
    """Each trunk in turn; the next one where a trunk cannot take the call."""
    build = Builder()
    names = [build.arg(name) for name in trunks]
    seconds = build.arg(OUT_SECONDS)
    number = build.taken()
    busy = build.release(Cause.BUSY)
    no_answer = build.release(Cause.NO_ANSWER)
    following = build.release(Cause.CONGESTION, Prompt.CANNOT_COMPLETE)
    for name in reversed(names):
        leg = LegRef(LegKind.TRUNK, name, number)
        following = build.add(RingLegs((leg,), seconds, busy, no_answer, following))
    return build.flow(routines, "trunks", takes=True)


def _mailbox(routines: Routines) -> Flow:
    build = Builder()
    done = build.release(Cause.NORMAL)
    build.add(LeaveMessage(build.taken(), Greeting.UNAVAILABLE, done))
    return build.flow(routines, "mailboxes", takes=True)


def _handset(routines: Routines) -> Flow:
    """The handset itself: the rules of the line it serves are passed by."""
    build = Builder()
    seconds = build.arg(HANDSET_SECONDS)
    name = build.taken()
    busy = build.release(Cause.BUSY)
    no_answer = build.release(Cause.NO_ANSWER)
    offline = build.release(Cause.ABSENT)
    build.add(RingLegs((LegRef(LegKind.HANDSET, name),), seconds, busy, no_answer, offline))
    return build.flow(routines, "handsets", takes=True)


def _dead_end(routines: Routines, cause: Cause, prompt: Prompt) -> Flow:
    build = Builder()
    build.release(cause, prompt)
    return build.flow(routines, "settings")

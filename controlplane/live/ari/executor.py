"""Executor: a decision as ARI requests. The engine then does the step natively by itself (pure)."""

from __future__ import annotations

from controlplane.calls.call import Decision
from controlplane.live.ari.messages import Channel
from controlplane.live.ari.point_codec import write_point, write_step
from controlplane.live.ari.requests import (
    Request,
    can_share,
    continue_in_dialplan,
    set_variable,
    share_variable,
)
from controlplane.render.asterisk.record import (
    HANGUP_CONTEXT,
    LONG,
    LONGEST_SHARED,
    POINT_VARIABLE,
    STEP_VARIABLE,
)
from controlplane.routing.steps import Hangup


def requests_for(channel: Channel, tenant: str, decision: Decision | None) -> tuple[Request, ...]:
    """To be carried out in this order. No decision: the dialplan goes on by itself."""
    if decision is None:
        return (go_on(channel.id),)
    if isinstance(decision.step, Hangup):
        cause = str(decision.step.cause.value)
        # The point is for the call's history: the dialplan goes on from it no more.
        return (
            set_variable(channel.id, POINT_VARIABLE, write_point(decision)),
            continue_in_dialplan(channel.id, HANGUP_CONTEXT, cause, 1),
        )
    context, record = write_step(tenant, decision.step, decision)
    if len(record) <= LONGEST_SHARED and can_share(channel.name):
        written = share_variable(channel.name, STEP_VARIABLE, record)
    else:
        written, context = set_variable(channel.id, STEP_VARIABLE, record), context + LONG
    return written, continue_in_dialplan(channel.id, context, "s", 1)


def go_on(channel: str) -> Request:
    """Leave the application: the dialplan takes its own way on."""
    return continue_in_dialplan(channel)

"""Executor: a decision as ARI requests. The engine then does the step natively by itself (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.calls.call import Decision
from controlplane.live.ari.point_codec import write_point, write_step
from controlplane.live.ari.requests import Request, continue_in_dialplan, set_variable
from controlplane.render.asterisk.names import turns_key
from controlplane.render.asterisk.record import HANGUP_CONTEXT, POINT_VARIABLE, STEP_VARIABLE
from controlplane.routing.steps import Hangup

NO_TURNS: Mapping[str, int] = {}


def requests_for(
    channel: str, tenant: str, decision: Decision | None, turns: Mapping[str, int] = NO_TURNS
) -> tuple[Request, ...]:
    """To be carried out in this order. No decision: the dialplan goes on by itself.

    `turns` are the counts of groups as they are now; the engine keeps those that changed.
    """
    if decision is None:
        return (go_on(channel),)
    counts = tuple(
        set_variable(channel, f"DB({turns_key(tenant, group)})", str(turns[group]))
        for group in decision.turns
        if group in turns
    )
    if isinstance(decision.step, Hangup):
        cause = str(decision.step.cause.value)
        # The point is for the call's history: the dialplan goes on from it no more.
        return (
            *counts,
            set_variable(channel, POINT_VARIABLE, write_point(decision)),
            continue_in_dialplan(channel, HANGUP_CONTEXT, cause, 1),
        )
    step = write_step(tenant, decision.step, decision)
    return (
        *counts,
        set_variable(channel, STEP_VARIABLE, step.record),
        continue_in_dialplan(channel, step.context, step.extension, 1),
    )


def go_on(channel: str) -> Request:
    """Leave the application: the dialplan takes its own way on."""
    return continue_in_dialplan(channel)

"""Executor: a decision as commands. The engine then does the step natively by itself (pure).

Only variables and counts are set, by API commands, which the engine carries out at once; one of
the variables says where the call goes when it is let go. Nobody but the call's own thread moves
it: a transfer from here could meet the dialplan going on.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.calls.call import Decision
from controlplane.live.esl.commands import Command, api
from controlplane.live.esl.point_codec import write_step
from controlplane.render.freeswitch.names import turn_key

NO_TURNS: Mapping[str, int] = {}


def commands_for(
    channel: str, tenant: str, decision: Decision | None, turns: Mapping[str, int] = NO_TURNS
) -> tuple[Command, ...]:
    """No decision: none, and the dialplan goes on by itself. An empty value unsets.

    `turns` are the counts of groups as they are now; the engine keeps those that changed.
    """
    if decision is None:
        return ()
    pairs = ";".join(f"{name}={value}" for name, value in write_step(decision).items())
    counts = (
        api("db", f"insert/{turn_key(tenant, group)}/{turns[group]}")
        for group in decision.turns
        if group in turns
    )
    return (api("uuid_setvar_multi", f"{channel} {pairs}"), *counts)

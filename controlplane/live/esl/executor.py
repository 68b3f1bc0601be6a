"""Executor: a decision as a command. The engine then does the step natively by itself (pure).

Only variables are set, by an API command, which the engine carries out at once; one of them says
where the call goes when it is let go. Nobody but the call's own thread moves it: a transfer from
here could meet the dialplan going on.
"""

from __future__ import annotations

from controlplane.calls.call import Decision
from controlplane.live.esl.commands import Command, api
from controlplane.live.esl.point_codec import write_step


def command_for(channel: str, decision: Decision) -> Command:
    """An empty value unsets."""
    pairs = ";".join(f"{name}={value}" for name, value in write_step(decision).items())
    return api("uuid_setvar_multi", f"{channel} {pairs}")

"""Executor: a decision as commands. The engine then does the step natively by itself (pure).

They are API commands, which the engine carries out at once. A `sendmsg execute` waits in the
channel's queue, and a channel that has no media yet looks there every 20 ms only.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.calls.call import Decision
from controlplane.live.esl.commands import Command, api
from controlplane.live.esl.point_codec import Place, write_step


def commands_for(channel: str, decision: Decision) -> tuple[Command, ...]:
    """To be carried out in this order."""
    place, variables = write_step(decision)
    if not variables:
        return (send_to(channel, place),)
    return _set(channel, variables), send_to(channel, place)


def send_to(channel: str, place: Place) -> Command:
    return api("uuid_transfer", f"{channel} {place.extension} XML {place.context}")


def _set(channel: str, variables: Mapping[str, str]) -> Command:
    """An empty value unsets."""
    pairs = ";".join(f"{name}={value}" for name, value in variables.items())
    return api("uuid_setvar_multi", f"{channel} {pairs}")

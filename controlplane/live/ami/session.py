"""Logging in to AMI, and what an action's messages say."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from panoramisk.message import Message

from controlplane.live.ami.protocol import ListAction, Protocol, new_action
from controlplane.live.ami.settings import AmiSettings
from controlplane.live.errors import AmiError, EngineDown, LinkLost, WrongCredentials

Headers = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What an action answered. A header that came several times is a list."""

    headers: Headers
    events: tuple[Headers, ...] = ()

    def text(self, header: str) -> str:
        """A header's value, its lines joined where it came several times; empty if absent."""
        return joined(self.headers.get(header, ""))


def joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "\n".join(value)


async def answer(action: ListAction) -> Reply:
    """Wait for all messages of `action`. Raises AmiError, LinkLost."""
    messages: list[Message] = await action.future
    reply = Reply(dict(messages[0]), tuple(dict(item) for item in messages[1:]))
    if reply.text("Response") != "Success":
        # A failed CLI command says why in its output.
        reason = reply.text("Output") or reply.text("Message") or "no reason given"
        raise AmiError(reason, action["Action"])
    return reply


async def log_in(settings: AmiSettings) -> Protocol:
    """A connection that is logged in, without events. Raises EngineDown, WrongCredentials."""
    login = {"Username": settings.user, "Secret": settings.password, "Events": "off"}
    protocol = None
    try:
        async with asyncio.timeout(settings.timeout):
            protocol = await _connected(settings)
            action = new_action("Login", login)
            protocol.submit(action)
            await answer(action)
    except BaseException as error:
        if protocol is not None:
            protocol.close()
        match error:
            case AmiError():
                raise WrongCredentials(
                    f"AMI at {settings.address} refuses the user {settings.user!r}"
                ) from None
            case TimeoutError():
                raise EngineDown(f"AMI at {settings.address} does not answer") from None
            case OSError() | LinkLost():
                reason = getattr(error, "strerror", None) or error
                raise EngineDown(f"AMI at {settings.address} is not reachable: {reason}") from None
            case _:
                raise
    return protocol


async def _connected(settings: AmiSettings) -> Protocol:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(Protocol, settings.host, settings.port)
    return protocol

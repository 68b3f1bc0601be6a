"""Lamps of an Asterisk: what must be told to the engine when a stored key changes.

A hint says which devices a lamp key watches. Asterisk expands one that is a pattern when a phone
first subscribes to it, and never again, so a watched line is given its hint anew when other
handsets serve it. Its watchers are told only when one of its devices changes: hence a device for
each line (`Custom:cp.<tenant>.<line>`), which is busy, too, while the line is not to be disturbed.

A message lamp shows a mailbox of the handset, which the dialplan tells how many messages there
are (see lamps.conf).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from controlplane.live.ami.connection import AmiConnection
from controlplane.live.ami.session import joined
from controlplane.live.errors import AmiError
from controlplane.render.asterisk.flows import watched_devices
from controlplane.render.asterisk.names import KEYS, account, hints_context, key, line_device
from controlplane.routing.state import ON, dnd_key, prefix_of

_LINE = re.compile(rf"{KEYS}/([^/]+)/line/([0-9]+)/(dnd|phones)")
_HANDSET = re.compile(rf"{KEYS}/([^/]+)/handset/([^/]+)/line")

_QUIET = ("INVALID", "UNAVAILABLE")
"""States of a line's device that show nothing beside those of its handsets."""

_LIST_SECONDS = 30.0

_SINGLY = 100
"""Handsets that are told one by one; if there are more, all are."""


async def refresh(ami: AmiConnection, put: Mapping[str, str], delete: Iterable[str]) -> None:
    """After these keys were written. Raises LiveError.

    What the engine refuses is left: a lamp is no reason to undo a change.
    """
    changed = {**put, **dict.fromkeys(delete, "")}
    lines = [found.groups() for name in changed if (found := _LINE.fullmatch(name))]
    for tenant, line, field in lines:
        if field == "dnd":
            busy = changed[key(tenant, dnd_key(prefix_of(line, "")))] == ON
            await _set_device(ami, tenant, line, "BUSY" if busy else _QUIET[0])
    await _moved(ami, {(tenant, line) for tenant, line, field in lines if field == "phones"})
    phones = [account(*found.groups()) for name in changed if (found := _HANDSET.fullmatch(name))]
    for phone in phones if len(phones) <= _SINGLY else ("all",):
        await tell_messages(ami, phone)


async def tell_messages(ami: AmiConnection, whom: str) -> None:
    """`whom`: `acme.A1`, a handset; `*acme.102`, all of a line; or `all`.

    The engine does it by itself: nobody waits for a message lamp.
    """
    with suppress(AmiError):
        await ami.command(f"channel originate Local/{whom}@cp-lamps/n application Wait 1")


async def _moved(ami: AmiConnection, lines: set[tuple[str, str]]) -> None:
    if not lines:
        return
    with suppress(AmiError):
        for tenant, watched in await _watched(ami):
            line = watched.rpartition(".")[2]
            if (tenant, line) in lines:
                await _watch_anew(ami, tenant, line, watched)


async def _watched(ami: AmiConnection) -> list[tuple[str, str]]:
    """Tenant and extension of hints that were expanded: those that a phone has subscribed to."""
    reply = await ami.action("ExtensionStateList", within=_LIST_SECONDS)
    contexts = hints_context("")
    places = [(joined(e.get("Context", "")), joined(e.get("Exten", ""))) for e in reply.events]
    return [
        (context.removeprefix(contexts), extension)
        for context, extension in places
        if context.startswith(contexts) and not extension.startswith("_")
    ]


async def _watch_anew(ami: AmiConnection, tenant: str, line: str, watched: str) -> None:
    await ami.action(
        "DialplanExtensionAdd",
        Context=hints_context(tenant),
        Extension=watched,
        Priority="hint",
        Application=watched_devices(tenant, line),
        Replace="yes",
    )
    device = line_device(tenant, line)
    state = await ami.get_global(f"DEVICE_STATE({device})")
    if state != "BUSY":
        await _set_device(ami, tenant, line, _QUIET[state == _QUIET[0]])


async def _set_device(ami: AmiConnection, tenant: str, line: str, state: str) -> None:
    with suppress(AmiError):
        device = f"DEVICE_STATE({line_device(tenant, line)})"
        await ami.action("Setvar", Variable=device, Value=state)

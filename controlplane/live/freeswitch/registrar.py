"""Registrations at a FreeSWITCH: read, told and ended over its event socket."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from controlplane.diagnostics import fault
from controlplane.live.errors import ProtocolError
from controlplane.live.esl.commands import notify
from controlplane.live.freeswitch.control import FreeSwitchControl, clear, connect
from controlplane.live.registrar import Held, Registration
from controlplane.model.deployment import Engine
from controlplane.render.freeswitch.escape import word
from controlplane.render.freeswitch.names import PHONES, PROFILE

_LIST_SECONDS = 30.0

_CALL_ID = re.compile("^ *<call-id>.*</call-id>$", re.MULTILINE)
"""As the phone has chosen it. It stands in a line of its own and is not escaped: it may hold what
looks like elements (RFC 3261, 25.1: `word`), but no line break."""

_HELD = re.compile(
    r"^ *<call-id>(.*)</call-id>\n(?:.*\n){3} *<status>.* exp\(([^()\n]*)\) ", re.MULTILINE
)
"""Of a row, the Call-ID and the local time at which it ends."""


class FreeSwitchRegistrar:
    def __init__(self, engine: Engine, control: FreeSwitchControl) -> None:
        self._engine = engine
        self._control = control

    async def registered(self) -> Mapping[str, Registration]:
        """Source: `sofia xmlstatus profile … reg` of mod_sofia."""
        with clear(self._engine):
            document = await self._control.api(
                "sofia", f"xmlstatus profile {PROFILE} reg", _LIST_SECONDS
            )
            return {it.account: it for it in _registrations(document)}

    async def notify(self, account: str, event: str) -> None:
        with clear(self._engine):
            await self._control.send(notify(PROFILE, word(account), PHONES, event))

    async def held(self, accounts: Iterable[str]) -> frozenset[Held]:
        found: set[Held] = set()
        for account in accounts:
            user = f"{word(account)}@{PHONES}"
            asked = f"xmlstatus profile {PROFILE} user {user}"
            with clear(self._engine):
                listed = await self._control.api("sofia", asked, _LIST_SECONDS)
            found |= {Held(account, key, until) for key, until in _HELD.findall(listed)}
        return frozenset(found)

    async def end(self, held: Iterable[Held]) -> None:
        old = frozenset(held)
        for account in sorted({it.account for it in old}):
            if not old & await self.held([account]):
                continue
            user = f"{word(account)}@{PHONES}"
            with clear(self._engine, "ending a registration"):
                # Without a user it would end all of them.
                await self._control.api("sofia", f"profile {PROFILE} flush_inbound_reg {user}")
            if old & await self.held([account]):
                text = f"the registration of {account} is still there"
                raise fault(text, self._engine.address, "`ctl apply` tries it again")


def _registrations(document: str) -> Iterable[Registration]:
    """What is not of the document stands before or behind it."""
    document = _CALL_ID.sub("", document)
    start = max(document.find("<"), 0)
    try:
        root = ET.fromstring(document[start : document.rfind(">") + 1])
    except ET.ParseError as error:
        raise ProtocolError(f"the engine's list of registrations is no XML: {error}") from None
    for row in root.iter("registration"):
        host, port = row.findtext("network-ip") or "", row.findtext("network-port") or ""
        yield Registration(
            account=(row.findtext("user") or "").partition("@")[0],
            contact=_uri(row.findtext("contact") or ""),
            address=f"{host}:{port}" if host else "",
            agent=row.findtext("agent") or "",
            reachable={"Reachable": True, "Unreachable": False}.get(
                row.findtext("ping-status") or ""
            ),
        )


def _uri(contact: str) -> str:
    """Of a Contact header, which may have a display name."""
    _, bracket, rest = contact.partition("<")
    return rest.partition(">")[0] if bracket else contact


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[FreeSwitchRegistrar]:
    async with connect(engine) as control:
        yield FreeSwitchRegistrar(engine, control)

"""Registrations at an Asterisk: read and told over AMI, ended over ARI.

A contact is a sorcery object of res_pjsip, kept in the engine's database as
`/registrar/contact/<AOR>;@<md5 of the URI>` and there until it expires, even where its AOR is gone.
Deleting it over ARI, unlike deleting the entry, also ends its OPTIONS and shows it as offline.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from http.client import HTTPConnection, HTTPException

from controlplane.diagnostics import fault
from controlplane.live.ami.connection import AmiConnection
from controlplane.live.ami.session import Headers, joined
from controlplane.live.ari.requests import Request, delete_config_object, http_target
from controlplane.live.ari.settings import AriSettings
from controlplane.live.asterisk.control import ami_of, clear
from controlplane.live.errors import LinkLost
from controlplane.live.registrar import Held, Registration
from controlplane.model.deployment import Engine
from controlplane.render.asterisk.escape import word

_LIST_SECONDS = 30.0
_HTTP_SECONDS = 5.0
_CONTACTS = (
    "database query \"SELECT key || '=' || substr(value, instr(value, 'expiration_time') + 18, 10)"
    " AS key FROM astdb WHERE key LIKE '/registrar/contact/%'\""
)
"""Their keys, and until when they are good: `database show` prints all that is kept of each."""

_KEY = re.compile(r"/registrar/contact/([A-Za-z0-9._-]+;@[0-9a-f]{32})=([0-9]*)")
_REACHABLE = {"Reachable": True, "Unreachable": False}


class AsteriskRegistrar:
    def __init__(self, engine: Engine, ami: AmiConnection) -> None:
        self._engine = engine
        self._ami = ami

    async def registered(self) -> Mapping[str, Registration]:
        """Source: ContactStatusDetail of Asterisk's AMI documentation."""
        with clear(self._engine):
            reply = await self._ami.action(
                "PJSIPShowRegistrationInboundContactStatuses", within=_LIST_SECONDS
            )
        found = (_registration(it) for it in reply.events if "AOR" in it)
        return {it.account: it for it in found if not it.account.startswith("trunk.")}

    async def notify(self, account: str, event: str) -> None:
        with clear(self._engine):
            await self._ami.pjsip_notify(endpoint=word(account), variables=[("Event", event)])

    async def held(self, accounts: Iterable[str]) -> frozenset[Held]:
        wanted = {word(account) for account in accounts}
        with clear(self._engine):
            listed = await self._ami.command(_CONTACTS, within=_LIST_SECONDS)
        found = (Held(it[1].partition(";")[0], it[1], it[2]) for it in _KEY.finditer(listed))
        return frozenset(it for it in found if it.account in wanted)

    async def end(self, held: Iterable[Held]) -> None:
        old = frozenset(held)
        accounts = {it.account for it in old}
        if found := old & await self.held(accounts):
            requests = [delete_config_object("res_pjsip", "contact", it.key) for it in found]
            with clear(self._engine, "ending a registration"):
                await asyncio.to_thread(_delete, self._engine, requests)
            if left := found & await self.held(accounts):
                text = f"{len(left)} registrations are still there"
                raise fault(text, self._engine.address, "`ctl apply` tries it again")


def _registration(event: Headers) -> Registration:
    def said(name: str) -> str:
        return joined(event.get(name, ""))

    host = said("ViaAddress")
    reachable = _REACHABLE.get(said("Status"))
    return Registration(said("AOR"), said("URI"), host, said("UserAgent"), reachable)


def _delete(engine: Engine, requests: Iterable[Request]) -> None:
    """Raises LinkLost where the engine does not do it; one that is gone already is well."""
    base = f"http://{engine.address}:{engine.ari_port}/ari"
    headers = {"Authorization": AriSettings(base, engine.user, engine.password).authorization()}
    http = HTTPConnection(engine.address, engine.ari_port, timeout=_HTTP_SECONDS)
    try:
        for request in requests:
            http.request(request.method, f"/ari/{http_target(request)}", headers=headers)
            answer = http.getresponse()
            answer.read()
            if answer.status >= 300 and answer.status != 404:
                raise LinkLost(f"ARI answers {answer.status} {answer.reason}")
    except (OSError, HTTPException) as error:
        raise LinkLost(f"ARI does not answer: {error}") from None
    finally:
        http.close()


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[AsteriskRegistrar]:
    async with ami_of(engine) as ami:
        yield AsteriskRegistrar(engine, ami)

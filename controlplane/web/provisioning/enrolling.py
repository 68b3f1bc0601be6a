"""Enrolling: an enrolment becomes a permanent token, and a permanent one is followed by another."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from controlplane.diagnostics import Faults
from controlplane.render.phones.desk import settings_of
from controlplane.service.handsets.enrolment import Enrolment, new_token
from controlplane.service.handsets.files import HandsetFiles
from controlplane.store.handset_tokens import Token, TokenKind, digest_of
from controlplane.web.provisioning import message
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.message import Request, Response
from controlplane.web.provisioning.seen import SeenBatch
from controlplane.web.provisioning.shelf import Held, Shelf
from controlplane.web.provisioning.sources import within

log = structlog.get_logger(__name__)

_Made = TypeVar("_Made")

_AGAIN_SECONDS = 10
_THREADS = 2


class Enrolling:
    """Of one loop."""

    def __init__(
        self,
        files: HandsetFiles,
        shelf: Shelf,
        enrolment: Enrolment,
        seen: SeenBatch,
        counts: Counts,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._files = files
        self._shelf = shelf
        self._enrolment = enrolment
        self._seen = seen
        self._counts = counts
        self._now = now
        self._threads = ThreadPoolExecutor(_THREADS, "enrolment")
        self._following: dict[str, str] = {}
        self._coming: dict[str, asyncio.Future[str | None]] = {}

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def first(self, request: Request, token: Token, name: str) -> Response | Awaitable[Response]:
        """What is asked for with an enrolment: what has no secrets in it, as often as one likes;
        what has, once, for it is exchanged with that."""
        if not self._may_enrol(request, token):
            return message.NOT_FOUND
        example = self._shelf.once(token, new_token(), name)
        if example is None:
            return message.NOT_FOUND
        if not example.own or request.method == b"HEAD":
            return example.full
        return self._exchanged(request, token, name)

    async def _exchanged(self, request: Request, token: Token, name: str) -> Response:
        try:
            plain = await self._in_thread(self._enrolment.exchange, token)
        except Faults:
            return message.unavailable(_AGAIN_SECONDS)
        if plain is None:
            return message.NOT_FOUND
        permanent = self._in_its_place(token, plain, TokenKind.NEXT)
        held: Held | None = self._shelf.find(permanent, plain, name)
        if held is None:
            return message.NOT_FOUND
        self._counts.events["enrolled"] += 1
        log.info("enrolled", handset=f"{token.tenant}/{token.handset}", source=request.source)
        self._seen.note(permanent, request, held if held.settings else None, self._files.revision)
        return held.full

    def shown(self, token: Token) -> Token:
        """Its handset has it: it is the one that counts from now on."""
        self._seen.confirm(token)
        confirmed = dataclasses.replace(token, kind=TokenKind.ACTIVE)
        for other in self._others(token):
            if other.made < token.made:
                self._drop(other)
        self._files.put(confirmed)
        return confirmed

    def following(self, token: Token) -> str | None:
        """The token that is to follow `token`, once there is one."""
        return self._following.get(token.digest)

    async def follow(self, token: Token) -> str | None:
        """As `following`, made now; None where that cannot be."""
        coming = self._coming.get(token.digest)
        if coming is None:
            coming = asyncio.ensure_future(self._make_following(token))
            self._coming[token.digest] = coming
        return await asyncio.shield(coming)

    async def _make_following(self, token: Token) -> str | None:
        try:
            plain = await self._in_thread(self._enrolment.follow, token)
        except Faults as faults:
            log.error("no token to follow", handset=token.handset, reason=str(faults))
            return None
        finally:
            del self._coming[token.digest]
        self._following[token.digest] = plain
        self._files.put(self._successor(token, plain, TokenKind.NEXT))
        return plain

    def _in_its_place(self, token: Token, plain: str, kind: TokenKind) -> Token:
        permanent = self._successor(token, plain, kind)
        for other in [*self._others(token), token]:
            self._drop(other)
        self._files.put(permanent)
        return permanent

    def _successor(self, token: Token, plain: str, kind: TokenKind) -> Token:
        of = (token.tenant, token.handset, token.mac)
        return Token(digest_of(plain), *of, kind, self._now())

    def _others(self, token: Token) -> list[Token]:
        """Permanent ones of its handset."""
        mine = self._files.of_handset(token.tenant, token.handset)
        permanent = [it for it in mine if it.kind is not TokenKind.ENROLMENT]
        return [it for it in permanent if it.digest != token.digest]

    def _drop(self, token: Token) -> None:
        self._files.put(dataclasses.replace(token, ended=self._now()))
        self._following.pop(token.digest, None)
        self._shelf.forget(token.digest)

    def _may_enrol(self, request: Request, token: Token) -> bool:
        """From the networks of its site, where those are given."""
        tenant = self._files.tenants.get(token.tenant)
        handset = tenant.system.handsets.get(token.handset) if tenant else None
        if tenant is None or handset is None:
            return False
        networks = settings_of(tenant.system, handset).networks
        return not networks or within(request.source, networks)

    async def _in_thread(self, do: Callable[[Token], _Made], token: Token) -> _Made:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, token)

"""The gate: whoever shows a token is served what its handset asks for, and nobody else anything.

What is not for who asks and what there is not are answered alike, whether or not there is such a
handset: 404. Only where the store cannot be asked about a token, it is 503 for any.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import structlog

from controlplane.diagnostics import Faults
from controlplane.model.deployment import ProvisioningServer
from controlplane.service.handsets.files import HandsetFiles
from controlplane.store.handset_tokens import Token, TokenKind, digest_of
from controlplane.web.provisioning import message
from controlplane.web.provisioning.conditional import matches
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.enrolling import Enrolling
from controlplane.web.provisioning.firmware import Firmware
from controlplane.web.provisioning.message import Request, Response
from controlplane.web.provisioning.seen import SeenBatch
from controlplane.web.provisioning.shelf import NoTime, Shelf
from controlplane.web.provisioning.sources import Sources, within

log = structlog.get_logger(__name__)

_TOKEN = re.compile(rb"[A-Za-z0-9_-]{20,64}")
_PART = r"(?!\.)[A-Za-z0-9 $_.,()~+@=-]{1,100}"
_NAME = re.compile(f"{_PART}(?:/{_PART}){{0,3}}")
_FIRMWARE = "firmware/"
_AGAIN_SECONDS = 20


class Gate:
    """`look_now` has the tokens read again, if that was not done just now; it raises Faults.
    `overloaded`: whether there is more to do than time."""

    def __init__(
        self,
        settings: ProvisioningServer,
        files: HandsetFiles,
        shelf: Shelf,
        enrolling: Enrolling,
        firmware: Firmware,
        seen: SeenBatch,
        sources: Sources,
        counts: Counts,
        look_now: Callable[[], Awaitable[None]],
        now: Callable[[], dt.datetime],
    ) -> None:
        self._files = files
        self._shelf = shelf
        self._enrolling = enrolling
        self._firmware = firmware
        self._seen = seen
        self._sources = sources
        self._counts = counts
        self._look_now = look_now
        self._now = now
        self._networks = settings.networks
        self.overloaded: Callable[[], bool] = lambda: False

    def refusal(self, request: Request) -> Response | None:
        raw, name = parted(request.target)
        token = self._token(request, raw)
        asked = self._shelf.asked(token, name) if token and name else None
        if asked is not None and asked.uploads:
            return None
        return self._miss(request)

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        raw, name = parted(request.target)
        token = self._token(request, raw)
        if token is None:
            if not _TOKEN.fullmatch(raw) or self._sources.refused(request.source):
                return self._miss(request)
            return self._answer_later(request, raw, name)
        request.trusted = True
        return self._answer(request, token, raw.decode(), name)

    async def _answer_later(self, request: Request, raw: bytes, name: str) -> Response:
        """Its token may have been made a moment ago."""
        try:
            await self._look_now()
        except Faults:
            return message.unavailable(_AGAIN_SECONDS)
        token = self._token(request, raw)
        if token is None:
            return self._miss(request)
        request.trusted = True
        answer = self._answer(request, token, raw.decode(), name)
        return answer if isinstance(answer, Response) else await answer

    def _answer(
        self, request: Request, token: Token, plain: str, name: str
    ) -> Response | Awaitable[Response]:
        if not name:
            return self._miss(request)
        if request.method == b"PUT":
            asked = self._shelf.asked(token, name)
            return message.ACCEPTED if asked and asked.uploads else self._miss(request)
        if name.startswith(_FIRMWARE):
            return self._firmware.answer(request, name.removeprefix(_FIRMWARE))
        if token.kind is TokenKind.ENROLMENT:
            return self._enrolling.first(request, token, name)
        if token.kind is TokenKind.NEXT:
            token = self._enrolling.shown(token)
        if token.rotating:
            following = self._enrolling.following(token)
            if following is None:
                return self._rotated(request, token, plain, name)
            plain = following
        return self._served(request, token, plain, name)

    async def _rotated(self, request: Request, token: Token, plain: str, name: str) -> Response:
        """Where the store takes no new token now, the old one serves on."""
        following = await self._enrolling.follow(token)
        return self._served(request, token, following or plain, name)

    def _served(self, request: Request, token: Token, plain: str, name: str) -> Response:
        try:
            held = self._shelf.find(token, plain, name, hurry=self.overloaded())
        except NoTime:
            return message.unavailable(_AGAIN_SECONDS)
        if held is None:
            return self._miss(request, token, name)
        has = held.settings and request.method == b"GET"
        self._seen.note(token, request, held if has else None, self._files.revision)
        condition = request.headers.get(b"if-none-match")
        if condition is not None and matches(condition, held.etag):
            return held.unchanged
        log.debug("served", handset=token.handset, tenant=token.tenant, file=name)
        return held.full

    def _token(self, request: Request, raw: bytes) -> Token | None:
        """What opens something, for who asks, now."""
        token = self._files.tokens.get(digest_of(raw)) if raw else None
        if token is None:
            return None
        if token.expires is not None and token.expires <= self._now():
            return None
        if self._networks and not within(request.source, self._networks):
            return None
        if request.certificate is not None and not _names(request.certificate, token.mac):
            self._counts.events["another's certificate"] += 1
            return None
        return token

    def _miss(self, request: Request, token: Token | None = None, name: str = "") -> Response:
        if token is None:
            self._sources.missed(request.source, request.target)
        elif self._shelf.is_anothers(token, name):
            self._counts.events["another's file"] += 1
            if self._sources.first(token.digest):
                log.warning("another's file asked for", handset=f"{token.tenant}/{token.handset}")
        return message.NOT_FOUND


@lru_cache(4096)
def _name(raw: bytes) -> str:
    """ "" for what is no name of a file."""
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    name = raw.removeprefix(b"/").decode("ascii", "replace")
    return name if _NAME.fullmatch(name) else ""


def parted(target: bytes) -> tuple[bytes, str]:
    """Token and name of the file; "" for what is neither."""
    if not target.startswith(b"/d/"):
        return b"", ""
    raw, slash, rest = target[3:].partition(b"/")
    return raw, _name(rest.partition(b"?")[0]) if slash else ""


def _names(certificate: Mapping[str, object], mac: str) -> bool:
    """Whether it is that handset's. One that names no handset, as the one that all Yealinks had,
    whose key is public, is nobody's."""
    named = repr([certificate.get(name) for name in ("subject", "subjectAltName")])
    return bool(mac) and mac in re.sub("[:.-]", "", named).lower()

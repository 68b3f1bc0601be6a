"""Shelf: files as they were rendered, kept by handset until something in them changes.

After a change of a tenant a handset's files are looked at again as it asks: where its desk is the
same, so are they. The handsets that have not asked for longest make room for others.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

import structlog

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.desk import Desk
from controlplane.render.phones.files import render
from controlplane.render.phones.vendor import Asked
from controlplane.service.handsets.files import FilesOf, HandsetFiles, Places, fingerprint
from controlplane.store.handset_tokens import Token
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.message import Response, response

log = structlog.get_logger(__name__)

_FILES = 32
"""Of one handset: none asks for more, unless to fill the memory."""


class NoTime(Exception):
    """There is more to do than time, and this would have to be rendered first."""


@dataclass(frozen=True, slots=True)
class Held:
    """A rendered file, and both answers to who asks for it. `own`: it has secrets in it.
    `settings`: it is what the handset is configured by. `shared`: other handsets have it, too."""

    name: str
    etag: bytes
    full: Response
    unchanged: Response
    own: bool
    settings: bool
    shared: bool
    fingerprint: str = ""

    @property
    def weighs(self) -> int:
        """Bytes that are kept because of one handset."""
        return 0 if self.shared else len(self.full.body)


@dataclass(slots=True)
class _Client:
    """`plain`: the token in the URL that its files name. `desk` None: it gets none."""

    plain: str
    tenant: FilesOf
    desk: Desk | None
    files: dict[str, Held | None] = field(default_factory=dict)
    size: int = 0


class Shelf:
    """Of one loop."""

    def __init__(
        self, files: HandsetFiles, places: Places, counts: Counts, most_bytes: int, year: int
    ) -> None:
        self._files = files
        self._places = places
        self._counts = counts
        self._most = most_bytes
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._shared: dict[tuple[str, str, str], tuple[FilesOf, Held]] = {}
        self._catalogue = catalogue()
        self._year = year

    def in_year(self, year: int) -> None:
        """Files tell handsets when clocks change this year."""
        if year != self._year:
            self._year = year
            for digest in tuple(self._clients):
                self.forget(digest)

    def find(self, token: Token, plain: str, name: str, *, hurry: bool = False) -> Held | None:
        """The file of that name for whoever has `token`; `plain` goes into its URL. None: there is
        no such file for it. `hurry`: raises NoTime unless it is here."""
        tenant = self._files.tenants.get(token.tenant)
        client = self._clients.get(token.digest)
        if client is None or client.tenant is not tenant or client.plain != plain:
            if hurry:
                raise NoTime
            client = self._renewed(token, plain, client)
            if client is None:
                return None
        else:
            self._clients.move_to_end(token.digest)
        if name in client.files:
            return client.files[name]
        if hurry:
            raise NoTime
        held = self._rendered(client, name)
        if len(client.files) < _FILES:
            client.files[name] = held
            client.size += held.weighs if held else 0
            self._counts.cached_bytes += held.weighs if held else 0
            self._make_room()
        return held

    def asked(self, token: Token, name: str) -> Asked | None:
        """What the handset of `token` asks for by that name."""
        tenant = self._files.tenants.get(token.tenant)
        handset = tenant.system.handsets.get(token.handset) if tenant else None
        if handset is None or (handset.mac or "") != token.mac or handset.model is None:
            return None
        asked = self._catalogue.asked(name, handset.model.partition("/")[0])
        return asked if asked and asked.mac in (None, token.mac) else None

    def once(self, token: Token, plain: str, name: str) -> Held | None:
        """As `find`, and nothing is kept of it."""
        client = self._client(token, plain)
        return self._rendered(client, name) if client else None

    def is_anothers(self, token: Token, name: str) -> bool:
        """Whether that is the name of a file of another handset."""
        asked = self._catalogue.asked(name)
        return bool(asked and asked.mac and asked.mac.strip("0") and asked.mac != token.mac)

    def forget(self, digest: str) -> None:
        """Whoever had that token has it no more."""
        if client := self._clients.pop(digest, None):
            self._counts.cached_bytes -= client.size

    def _renewed(self, token: Token, plain: str, before: _Client | None) -> _Client | None:
        """None where there is no such handset, or it has another MAC by now."""
        client = self._client(token, plain)
        if client is None:
            self.forget(token.digest)
            return None
        same = before is not None and before.desk == client.desk
        if before and same and before.tenant.directory == client.tenant.directory:
            client.files, client.size = before.files, before.size
        else:
            self.forget(token.digest)
        self._clients[token.digest] = client
        self._clients.move_to_end(token.digest)
        return client

    def _client(self, token: Token, plain: str) -> _Client | None:
        tenant = self._files.tenants.get(token.tenant)
        handset = tenant.system.handsets.get(token.handset) if tenant else None
        if tenant is None or handset is None or (handset.mac or "") != token.mac:
            return None
        try:
            desk = tenant.desk(token.handset, self._places.of(self._year, plain))
        except LookupError as reason:
            self._counts.events["no desk"] += 1
            log.warning("nothing to serve", handset=_name(token), reason=str(reason.args[0]))
            desk = None
        return _Client(plain, tenant, desk)

    def _rendered(self, client: _Client, name: str) -> Held | None:
        desk = client.desk
        asked = self._catalogue.asked(name, desk.model.vendor) if desk else None
        if desk is None or asked is None:
            return None
        kind = self._catalogue.vendors[asked.vendor].files[asked.kind]
        key = (desk.tenant, asked.vendor, name)
        if kind.shared and (found := self._shared.get(key)) and found[0] is client.tenant:
            return found[1]
        file = render(desk, asked)
        if file is None:
            return None
        self._counts.events["rendered"] += 1
        etag = f'"{hashlib.sha256(file.body).hexdigest()[:32]}"'
        tag = ("ETag", etag)
        held = Held(
            name,
            etag.encode(),
            response(200, [("Content-Type", file.content_type), tag], file.body),
            response(304, [tag]),
            holds_secrets(desk, client.plain, file.body),
            kind.settings,
            kind.shared,
            fingerprint(file.body, client.plain),
        )
        if kind.shared:
            self._shared[key] = (client.tenant, held)
        return held

    def _make_room(self) -> None:
        while self._counts.cached_bytes > self._most and len(self._clients) > 1:
            self.forget(next(iter(self._clients)))


def holds_secrets(desk: Desk, token: str, body: bytes) -> bool:
    """Whether whoever reads it can fetch or register as the handset, or set it up."""
    secrets = [token, desk.admin_password, desk.admin_pin]
    secrets += [account.password for account in desk.accounts]
    return any(it and it.encode() in body for it in secrets)


def _name(token: Token) -> str:
    return f"{token.tenant}/{token.handset}"

"""What handsets' files are rendered from, kept in memory as the store changes.

No request reads the database: the tenants and the tokens are here, and who keeps them looks for
what changed, twice a second. A flip changes one object of one tenant, and only that is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from controlplane.capabilities import Capability
from controlplane.engines import ENGINES
from controlplane.model.change import Change
from controlplane.model.deployment import Deployment, Engine
from controlplane.model.documents import COLLECTIONS, SETTINGS, collection_type, from_documents
from controlplane.model.phone_system import KINDS, PhoneSystem
from controlplane.render.phones.desk import Desk, Place, Server, desk_of
from controlplane.render.phones.directory import Directory, Entry
from controlplane.service.collector import collector_paused
from controlplane.service.handsets.enrolment import token_url
from controlplane.store.handset_tokens import Token, TokenStore
from controlplane.store.store import Store

_MOST_CHANGES = 200
"""Of one tenant at once: of more it is faster to read it all."""

_IN_DIRECTORY = frozenset({SETTINGS, "lines", "users", "groups"})

PLACEHOLDER = "TOKEN"
"""Stands for the token where a file is rendered for somebody to look at, or compared."""


@dataclass(frozen=True, eq=False, slots=True)
class FilesOf:
    """A tenant as it was at `revision` of the store; another object where it may have changed."""

    revision: int
    system: PhoneSystem
    secrets: Mapping[str, str] = field(repr=False)
    directory: tuple[Entry, ...] = ()

    def desk(self, handset: str, place: Place) -> Desk:
        """Raises LookupError where there is none to be made."""
        return desk_of(self.system, handset, place, self.secrets)


@dataclass(frozen=True, slots=True)
class News:
    """Tenants that changed, None for one that is no more. `anew`: all that was known is void."""

    revision: int
    change: int
    tenants: Mapping[str, FilesOf | None]
    tokens: tuple[Token, ...]
    anew: bool = False


class Places:
    """Where the handsets of a deployment find what."""

    def __init__(self, deployment: Deployment) -> None:
        assert deployment.provisioning is not None
        self._public_url = deployment.provisioning.public_url
        self._engines = {
            name: Server(engine.address, engine.sip_port, not _by_extension(engine))
            for name, engine in deployment.engines.items()
        }

    def of(self, year: int, token: str = PLACEHOLDER) -> Place:
        """Of a handset with that token, in that year."""
        return Place(self._engines, token_url(self._public_url, token), year)


def _by_extension(engine: Engine) -> bool:
    return Capability.WATCH_BY_EXTENSION in ENGINES[engine.kind].capabilities


def fingerprint(body: bytes, token: str = PLACEHOLDER) -> str:
    """Of what is in a file, whatever token its handset has: two that are alike say the same."""
    return hashlib.sha256(body.replace(token.encode(), PLACEHOLDER.encode())).hexdigest()[:16]


class HandsetFiles:
    """`look` waits for the database: call it from a thread, one at a time, and `take` what it
    found where requests are answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stored_tokens = TokenStore(store.database)
        self.revision = self.change = 0
        self.tenants: dict[str, FilesOf] = {}
        self.tokens: dict[str, Token] = {}
        self._of_handset: dict[tuple[str, str], set[str]] = {}

    def look(self) -> News:
        """What changed since the last that was taken. Raises Faults."""
        newest = self._store.latest_revision()
        change, tokens = self._stored_tokens.since(self.change)
        anew = newest < self.revision or change < self.change
        if anew:
            change, tokens = self._stored_tokens.since(0)
        if anew or not self.revision:
            found = {name: self._read(name) for name in self._store.tenants()}
            return News(newest, change, found, tokens, anew)
        if newest == self.revision:
            return News(newest, change, {}, tokens)
        changed: dict[str, list[Change]] = {}
        for revision, one in self._store.changes_since(self.revision):
            newest = max(newest, revision)
            changed.setdefault(one.address.partition("/")[0], []).append(one)
        tenants = {name: self._after(name, changes, newest) for name, changes in changed.items()}
        # A handset that was added again meanwhile has none of the tokens there were before.
        later = self._stored_tokens.since(change)[1]
        ended = tuple(it for it in later if it.ended is not None)
        return News(newest, change, tenants, (*tokens, *ended))

    def take(self, news: News) -> None:
        if news.anew:
            self.tenants.clear()
            self.tokens.clear()
            self._of_handset.clear()
        self.revision, self.change = news.revision, news.change
        for name, tenant in news.tenants.items():
            if tenant is None:
                self.tenants.pop(name, None)
            else:
                self.tenants[name] = tenant
        for token in news.tokens:
            self.put(token)

    def put(self, token: Token) -> None:
        """As it is now."""
        mine = self._of_handset.setdefault((token.tenant, token.handset), set())
        if token.ended is None:
            self.tokens[token.digest] = token
            mine.add(token.digest)
        else:
            self.tokens.pop(token.digest, None)
            mine.discard(token.digest)

    def of_handset(self, tenant: str, handset: str) -> list[Token]:
        """The tokens that open its files, enrolments included."""
        return [self.tokens[it] for it in self._of_handset.get((tenant, handset), ())]

    def _after(self, name: str, changes: list[Change], revision: int) -> FilesOf | None:
        before = self.tenants.get(name)
        if before is not None and len(changes) <= _MOST_CHANGES:
            after = _changed(before, changes, revision)
            if after is not None:
                return after
        return self._read(name)

    @collector_paused()
    def _read(self, name: str) -> FilesOf | None:
        snapshot = self._store.load(name)
        if not snapshot.documents:
            return None
        system = from_documents(name, snapshot.documents)
        return FilesOf(snapshot.revision, system, snapshot.secrets, Directory(system).entries)


def _changed(before: FilesOf, changes: Iterable[Change], revision: int) -> FilesOf | None:
    """None where all has to be read: a handset may have been given a password."""
    collections: dict[str, Any] = {}
    for change in changes:
        _, collection, *key = change.address.split("/", 2)
        if collection == SETTINGS and change.after is not None:
            try:
                collections[SETTINGS] = KINDS[SETTINGS].model_validate(change.after)
            except ValidationError:
                return None
        elif not key or collection not in COLLECTIONS or _may_have_a_password(collection, change):
            return None
        else:
            objects = collections.setdefault(collection, dict(getattr(before.system, collection)))
            if not _put(objects, collection, key[0], change):
                return None
    system = before.system.model_copy(update=collections)
    same = not _IN_DIRECTORY & set(collections)
    entries = before.directory if same else Directory(system).entries
    return FilesOf(revision, system, before.secrets, entries)


def _put(objects: dict[str, Any], collection: str, key: str, change: Change) -> bool:
    if change.after is None:
        objects.pop(key, None)
        return True
    try:
        objects.update(collection_type(collection).validate_python({key: change.after}))
    except ValidationError:
        return False
    return True


def _may_have_a_password(collection: str, change: Change) -> bool:
    if collection != "handsets":
        return False
    if change.before is None or change.after is None:
        return True
    return change.before.get("sip_password") != change.after.get("sip_password")

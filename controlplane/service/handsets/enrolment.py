"""Enrolment: how a handset comes by the token that its files are fetched with, and loses it.

An administrator enrols it: a token for a short time, bound to its MAC, that is exchanged for the
permanent one as the handset fetches the first file with secrets in it, and is dead from then on.
Enrolling again is an administrator's act as well. A token is shown once and stored as its digest.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from controlplane.diagnostics import fault
from controlplane.model.change import Document
from controlplane.store.handset_tokens import Token, TokenKind, TokenStore, digest_of
from controlplane.store.store import Store

TOKEN_BYTES = 18
"""144 random bits, 24 characters of a URL."""

MINUTES = 60
LONGEST_MINUTES = 7 * 24 * 60


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_url(public_url: str, token: str) -> str:
    """Where a handset with that token fetches its files, with a slash at the end."""
    return f"{public_url.rstrip('/')}/d/{token}/"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`token` opens the handset's files once, until `expires`; it is nowhere else."""

    tenant: str
    handset: str
    token: str = field(repr=False)
    expires: dt.datetime


class Enrolment:
    """Methods wait for the database: call them from a thread. They raise Faults."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        make: Callable[[], str] = new_token,
    ) -> None:
        self._store = store
        self._tokens = TokenStore(store.database)
        self._now = now
        self._make = make

    def enrol(self, tenant: str, handset: str, author: str, minutes: int = MINUTES) -> Enrolled:
        """Open the handset's enrolment for so long; one that was open is not any more."""
        mac = self._handset(tenant, handset).get("mac") or ""
        if not 1 <= minutes <= LONGEST_MINUTES:
            raise fault(
                "is no time to enrol a handset in", f"{minutes} minutes", "choose an hour or a day"
            )
        now, token = self._now(), self._make()
        expires = now + dt.timedelta(minutes=minutes)
        kind = TokenKind.ENROLMENT
        self._tokens.add_enrolment(
            Token(digest_of(token), tenant, handset, mac, kind, now, expires, author=author)
        )
        return Enrolled(tenant, handset, token, expires)

    def exchange(self, enrolment: Token) -> str | None:
        """The permanent token instead of the enrolment, None where that is open no more."""
        token = self._make()
        return (
            token if self._tokens.exchange(enrolment.digest, self._next(enrolment, token)) else None
        )

    def follow(self, active: Token) -> str:
        """Another permanent token beside `active`, which counts once its handset shows it."""
        token = self._make()
        self._tokens.add(self._next(active, token))
        return token

    def confirm(self, token: Token) -> None:
        """Its handset has shown it; those before it are dead."""
        self._tokens.confirm(token.digest, self._now())

    def rotate(self, tenant: str, handset: str) -> None:
        """The handset is given another token as it fetches next; the old one is dead as soon as
        the handset shows the new one."""
        self._handset(tenant, handset)
        if not self._tokens.rotate(tenant, handset):
            raise fault(
                "has no token to be followed by another",
                f"{tenant}/handsets/{handset}",
                f"enrol it: `ctl handset enrol {tenant}/{handset}`",
            )

    def revoke(self, tenant: str, handset: str, author: str) -> int:
        """No token of the handset opens anything any more, enrolments included; their number.
        Also for a handset that is no more."""
        return self._tokens.revoke(tenant, handset, self._now(), author)

    def _next(self, before: Token, token: str) -> Token:
        of = (before.tenant, before.handset, before.mac)
        return Token(digest_of(token), *of, TokenKind.NEXT, self._now())

    def _handset(self, tenant: str, handset: str) -> Document:
        address = f"{tenant}/handsets/{handset}"
        _, found = self._store.object_at(address)
        if found is None:
            raise fault("there is no such handset", address, f"see `ctl get {tenant}/handsets`")
        return found

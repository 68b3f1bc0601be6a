"""Tokens of handsets: whoever shows one is served that handset's files.

A token is stored as its SHA-256, which suffices: it is 128 random bits and more, so nobody finds it
from there. Every change of a row has a number higher than all before, given under the lock of
writers, so that a server follows by asking for what is above the last number it saw.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from controlplane.store.connection import Database
from controlplane.store.schema import handset_tokens


class TokenKind(StrEnum):
    """ENROLMENT is exchanged once for one that is NEXT; ACTIVE once its handset has shown it."""

    ENROLMENT = "enrolment"
    NEXT = "next"
    ACTIVE = "active"


class TokenEnd(StrEnum):
    USED = "used"
    REVOKED = "revoked"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Token:
    """`mac` is what the handset had when it was made, "" for a soft phone: a token is that
    hardware's. `expires` is given for an enrolment alone. `rotating`: its handset is to be given
    another. `ended` None: it opens something."""

    digest: str
    tenant: str
    handset: str
    mac: str
    kind: TokenKind
    made: dt.datetime
    expires: dt.datetime | None = None
    ended: dt.datetime | None = None
    end: str = ""
    author: str = ""
    ended_by: str = ""
    rotating: bool = False


def digest_of(token: str | bytes) -> str:
    """What is stored of a token."""
    raw = token.encode("ascii", "replace") if isinstance(token, str) else token
    return hashlib.sha256(raw).hexdigest()


class TokenStore:
    """Methods raise Faults where the database refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, change: int) -> tuple[int, tuple[Token, ...]]:
        """The newest change, and every token changed after `change`. A newest one below `change`
        tells of a database that was restored: then all of it is to be read again, from 0."""
        table = handset_tokens
        with self._database.read() as connection:
            newest = connection.execute(select(func.max(table.c.change))).scalar() or 0
            if newest <= change:
                return newest, ()
            rows = connection.execute(select(*_FIELDS).where(table.c.change > change)).all()
        return newest, tuple(_token(row) for row in rows)

    def of(self, tenant: str, handset: str = "") -> tuple[Token, ...]:
        """All there ever were, oldest first: of a handset, or of a tenant's."""
        table = handset_tokens
        asked = select(*_FIELDS).where(table.c.tenant == tenant).order_by(table.c.made)
        if handset:
            asked = asked.where(table.c.handset == handset)
        with self._database.read() as connection:
            return tuple(_token(row) for row in connection.execute(asked).all())

    def add(self, token: Token) -> None:
        with self._database.write() as connection:
            _insert(connection, token)

    def add_enrolment(self, token: Token) -> None:
        """Enrolments that were not used end: there is one at a time."""
        with self._database.write() as connection:
            _end(connection, token, token.made, TokenEnd.REPLACED, token.author,
                 (TokenKind.ENROLMENT,))  # fmt: skip
            _insert(connection, token)

    def exchange(self, digest: str, token: Token) -> bool:
        """End the enrolment, and put `token` in its place and that of all the handset's others.
        False where it is not open at `token.made`: of two who come at once, one."""
        table = handset_tokens
        with self._database.write() as connection:
            ended = connection.execute(
                update(table)
                .where(table.c.digest == digest, table.c.kind == TokenKind.ENROLMENT.value)
                .where(table.c.ended.is_(None), table.c.expires > token.made)
                .values(**_ended(connection, token.made, TokenEnd.USED, ""))
            )
            if ended.rowcount != 1:
                return False
            _end(connection, token, token.made, TokenEnd.REPLACED, "")
            _insert(connection, token)
        return True

    def confirm(self, digest: str, at: dt.datetime) -> None:
        """Its handset has shown it: it is the one that counts, and those made before it end. One
        made after it may be what the handset has fetched meanwhile."""
        table = handset_tokens
        with self._database.write() as connection:
            row = connection.execute(
                select(*_FIELDS).where(table.c.digest == digest, table.c.ended.is_(None))
            ).first()
            if row is None or row.kind != TokenKind.NEXT:
                return
            token = _token(row)
            others = (TokenKind.NEXT, TokenKind.ACTIVE)
            _end(connection, token, at, TokenEnd.REPLACED, "", others, before=token.made)
            change = _next_change(connection)
            connection.execute(
                update(table)
                .where(table.c.digest == digest)
                .values(kind=TokenKind.ACTIVE.value, change=change)
            )

    def rotate(self, tenant: str, handset: str) -> bool:
        """The handset's tokens are to be followed by another; False where it has none."""
        with self._database.write() as connection:
            done = connection.execute(
                update(handset_tokens)
                .where(*_open(tenant, handset, (TokenKind.NEXT, TokenKind.ACTIVE)))
                .values(rotating=True, change=_next_change(connection))
            )
        return done.rowcount > 0

    def revoke(self, tenant: str, handset: str, at: dt.datetime, author: str) -> int:
        """End all of a handset's; their number."""
        with self._database.write() as connection:
            return end_tokens(connection, tenant, handset, at, TokenEnd.REVOKED, author)


def end_tokens(
    connection: Connection, tenant: str, handset: str, at: dt.datetime, end: TokenEnd, author: str
) -> int:
    """All that open something, within a transaction that writes; their number."""
    done = connection.execute(
        update(handset_tokens)
        .where(*_open(tenant, handset, tuple(TokenKind)))
        .values(**_ended(connection, at, end, author))
    )
    return done.rowcount


_FIELDS = tuple(
    handset_tokens.c[name]
    for name in ("digest", "tenant", "handset", "mac", "kind", "made", "expires", "ended", "end",
                 "author", "ended_by", "rotating")
)  # fmt: skip


def _token(row: Iterable[object]) -> Token:
    digest, tenant, handset, mac, kind, *rest = row
    return Token(digest, tenant, handset, mac, TokenKind(kind), *rest)  # type: ignore[arg-type]


def _insert(connection: Connection, token: Token) -> None:
    row = {column.name: getattr(token, column.name) for column in _FIELDS}
    row |= {"kind": token.kind.value, "change": _next_change(connection)}
    connection.execute(insert(handset_tokens), row)


def _end(
    connection: Connection,
    token: Token,
    at: dt.datetime,
    end: TokenEnd,
    author: str,
    kinds: tuple[TokenKind, ...] = tuple(TokenKind),
    before: dt.datetime | None = None,
) -> None:
    """Of `token`'s handset."""
    which = _open(token.tenant, token.handset, kinds)
    if before is not None:
        which = (*which, handset_tokens.c.made < before)
    values = _ended(connection, at, end, author)
    connection.execute(update(handset_tokens).where(*which).values(**values))


def _ended(
    connection: Connection, at: dt.datetime, end: TokenEnd, author: str
) -> dict[str, object]:
    change = _next_change(connection)
    return {"ended": at, "end": end.value, "ended_by": author, "change": change}


def _open(
    tenant: str, handset: str, kinds: tuple[TokenKind, ...]
) -> tuple[ColumnElement[bool], ...]:
    table = handset_tokens
    return (
        table.c.tenant == tenant,
        table.c.handset == handset,
        table.c.ended.is_(None),
        or_(*(table.c.kind == kind.value for kind in kinds)),
    )


def _next_change(connection: Connection) -> int:
    """Under the lock of writers: nobody gives the same number, nor commits a lower one later."""
    return (connection.execute(select(func.max(handset_tokens.c.change))).scalar() or 0) + 1

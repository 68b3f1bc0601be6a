"""Tables: one a kind with its keys and references as columns, and those of the commits.

The settings of an object are declared in model/ and nowhere else: here only the names of those
that refer to another object or must be unique, for the database guards these itself. All else
is in `document`, canonical JSON. References that are lists (members, forwards) stay in there.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from controlplane.model.phone_system import KINDS

SCHEMA = "0008"
"""The migration that this code is written for."""

REFERENCES: dict[str, dict[str, str]] = {
    "users": {"site": "sites"},
    "lines": {"user": "users", "site": "sites"},
    "numbers": {"site": "sites"},
    "handsets": {"site": "sites", "line": "lines", "login": "lines"},
}
"""Collection -> setting -> collection of what it refers to."""

UNIQUE_IN_TENANT: dict[str, tuple[str, ...]] = {"lines": ("user",), "handsets": ("login",)}
"""A user has one line at most; a line is logged in on one handset at most."""

UNIQUE_EVERYWHERE: dict[str, tuple[str, ...]] = {"numbers": ("key",), "handsets": ("mac",)}
"""Across tenants: a public number, a handset's MAC address."""


class UtcTime(TypeDecorator[dt.datetime]):
    """An aware time; SQLite, which keeps no zone, stores UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        aware: dt.datetime = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def derived_columns(collection: str) -> tuple[str, ...]:
    """Settings that have a column of their own beside the document."""
    names = [*REFERENCES.get(collection, ()), *UNIQUE_IN_TENANT.get(collection, ())]
    names += [name for name in UNIQUE_EVERYWHERE.get(collection, ()) if name != "key"]
    return tuple(dict.fromkeys(names))


def _table_name(collection: str) -> str:
    return {"settings": "tenants", "groups": "hunt_groups"}.get(collection, collection)


def _kind_table(collection: str) -> Table:
    columns: list[Any] = [Column("tenant", Text, primary_key=True)]
    if collection != "settings":
        columns[0] = Column("tenant", Text, ForeignKey("tenants.tenant"), primary_key=True)
        columns.append(Column("key", Text, primary_key=True))
    columns += [Column(name, Text) for name in derived_columns(collection)]
    columns += [
        Column("revision", BigInteger, nullable=False),
        Column("document", Text, nullable=False),
    ]
    unique = UNIQUE_IN_TENANT.get(collection, ())
    columns += [UniqueConstraint("tenant", name) for name in unique]
    columns += [UniqueConstraint(name) for name in UNIQUE_EVERYWHERE.get(collection, ())]
    for name, target in REFERENCES.get(collection, {}).items():
        there = _table_name(target)
        columns.append(ForeignKeyConstraint(["tenant", name], [f"{there}.tenant", f"{there}.key"]))
        if name not in unique:
            # Removing a referred object looks here; without an index, at every row.
            columns.append(Index(None, "tenant", name))
    return Table(_table_name(collection), metadata, *columns)


tables: dict[str, Table] = {collection: _kind_table(collection) for collection in KINDS}

commits = Table(
    "commits",
    metadata,
    Column("revision", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "tenant", "revision"),
)

audit = Table(
    "audit",
    metadata,
    Column("revision", BigInteger, ForeignKey("commits.revision"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("before", Text),
    Column("after", Text),
    Index(None, "address", "revision"),
)

sources = Table(
    "sources",
    metadata,
    Column("tenant", Text, ForeignKey("tenants.tenant", ondelete="CASCADE"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

source_documents = Table(
    "source_documents",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("document", Text, nullable=False),
    ForeignKeyConstraint(
        ["tenant", "source"], ["sources.tenant", "sources.source"], ondelete="CASCADE"
    ),
)

handset_secrets = Table(
    "handset_secrets",
    metadata,
    Column("tenant", Text, ForeignKey("tenants.tenant", ondelete="CASCADE"), primary_key=True),
    Column("handset", Text, primary_key=True),
    Column("sip_password", Text, nullable=False),
)
"""SIP passwords made here. A removed handset keeps its own, so that undoing the removal does
not lock out the phone on the desk; another that is added by its name gets its own (`anew`)."""

pins = Table(
    "pins",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("line", Text, primary_key=True),
    Column("hash", Text),
    Column("failures", Integer, nullable=False),
    Column("changed_at", UtcTime),
    Column("initial", Text),
    ForeignKeyConstraint(["tenant", "line"], ["lines.tenant", "lines.key"], ondelete="CASCADE"),
)

pin_events = Table(
    "pin_events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("tenant", "line")),
    Column("at", UtcTime, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("author", "event", "reason")),
    Index(None, "tenant", "id"),
)
"""What happened to PINs; it stays when the line goes."""

handset_tokens = Table(
    "handset_tokens",
    metadata,
    Column("digest", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("tenant", "handset", "mac", "kind")),
    Column("made", UtcTime, nullable=False),
    Column("expires", UtcTime),
    Column("ended", UtcTime),
    *(Column(name, Text, nullable=False) for name in ("end", "author", "ended_by")),
    Column("rotating", Boolean, nullable=False),
    Column("change", BigInteger, nullable=False),
    Index(None, "tenant", "handset"),
    Index(None, "change"),
)
"""Tokens that handsets fetch their files with, by their digest: see
`controlplane.store.handset_tokens`. They stay when the handset goes, and open nothing then."""

handset_seen = Table(
    "handset_seen",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("tenant", "handset")),
    Column("at", UtcTime, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("address", "agent", "file", "fingerprint")),
    Column("revision", BigInteger, nullable=False),
)
"""When and where from a handset fetched last: see `controlplane.store.handset_seen`."""

applied = Table(
    "applied",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("engine", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("bundle", Text, nullable=False),
    Index(None, "engine", "id"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("engine", "call", "tenant", "direction")),
    *(Column(name, Text, nullable=False) for name in ("number", "name", "dialled", "called")),
    *(Column(name, Text, nullable=False) for name in ("path", "rang", "outcome", "decided")),
    *(Column(name, Text) for name in ("line", "handset", "trunk", "reached")),
    *(Column(name, Text) for name in ("answered_by", "answered_line", "mailbox", "recording")),
    Column("recording_fault", Text),
    Column("code", Text),
    Column("began", UtcTime, nullable=False),
    Column("answered", UtcTime),
    Column("ended", UtcTime, nullable=False),
    Column("wait_ms", BigInteger, nullable=False),
    Column("talk_ms", BigInteger, nullable=False),
    Column("cause", Integer),
    UniqueConstraint("engine", "call", name="uq_calls_engine_call"),
    Index(None, "tenant", "began"),
    Index(None, "began"),
)
"""Calls that have ended; a tenant's stay when the tenant goes."""

call_places = Table(
    "call_places",
    metadata,
    Column("call_id", BigInteger, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("began", UtcTime, nullable=False),
    Index(None, "tenant", "place", "began"),
)
"""Lines and groups by what they had to do with a call."""

spools = Table(
    "spools",
    metadata,
    Column("engine", Text, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
)
"""How many bytes of each file of ended calls have been read."""

spool_faults = Table(
    "spool_faults",
    metadata,
    Column("engine", Text, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""What of them is no call, kept to be looked at."""

mails = Table(
    "mails",
    metadata,
    Column("engine", Text, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("found", UtcTime, nullable=False),
    Column("due", UtcTime, nullable=False),
    Column("mail_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "state", "due"),
)
"""Mails about voicemail, one a message of an engine: see `controlplane.store.outbox`."""

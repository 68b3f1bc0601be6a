"""The first schema: a table a kind, commits with their audit, sources, secrets and engines."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Table: settings with a column -> the table they refer to, if any.
KINDS: dict[str, dict[str, str | None]] = {
    "sites": {},
    "users": {"site": "sites"},
    "lines": {"user": "users", "site": "sites"},
    "numbers": {"site": "sites"},
    "hunt_groups": {},
    "mailboxes": {},
    "handsets": {"site": "sites", "line": "lines", "login": "lines", "mac": None},
    "time_frames": {},
    "trunks": {},
}
UNIQUE: dict[str, list[tuple[str, ...]]] = {
    "lines": [("tenant", "user")],
    "numbers": [("key",)],
    "handsets": [("tenant", "login"), ("mac",)],
}
INDEXED = {
    "users": ["site"],
    "lines": ["site"],
    "numbers": ["site"],
    "handsets": ["site", "line"],
}


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _reference(
    table: str, here: list[str], there: list[str], ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{'_'.join(here)}"
    return sa.ForeignKeyConstraint(here, there, name=name, ondelete=ondelete)


def _create_kind(table: str, columns: dict[str, str | None]) -> None:
    parts: list[Any] = [_text("tenant"), _text("key")]
    parts += [_text(name, nullable=True) for name in columns]
    parts += [sa.Column("revision", sa.BigInteger(), nullable=False), _text("document")]
    parts += [_key(table, "tenant", "key"), _reference(table, ["tenant"], ["tenants.tenant"])]
    for name, target in columns.items():
        if target:
            there = [f"{target}.tenant", f"{target}.key"]
            parts.append(_reference(table, ["tenant", name], there))
    for unique in UNIQUE.get(table, []):
        parts.append(sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"))
    op.create_table(table, *parts)
    for name in INDEXED.get(table, []):
        op.create_index(f"ix_{table}_tenant_{name}", table, ["tenant", name])


def upgrade() -> None:
    op.create_table(
        "tenants",
        _text("tenant"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _text("document"),
        _key("tenants", "tenant"),
    )
    for table, columns in KINDS.items():
        _create_kind(table, columns)
    _create_commits()
    _create_sources()
    op.create_table(
        "handset_secrets",
        *(_text("tenant"), _text("handset"), _text("sip_password")),
        _key("handset_secrets", "tenant", "handset"),
        _reference("handset_secrets", ["tenant"], ["tenants.tenant"], "CASCADE"),
    )
    op.create_table(
        "applied",
        sa.Column("id", BIG, nullable=False),
        _text("engine"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(_text("outcome"), _text("detail"), _text("bundle")),
        _key("applied", "id"),
    )
    op.create_index("ix_applied_engine_id", "applied", ["engine", "id"])


def _create_commits() -> None:
    op.create_table(
        "commits",
        sa.Column("revision", BIG, nullable=False),
        *(_text("tenant"), _text("author"), _text("reason"), _text("source")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("commits", "revision"),
    )
    op.create_index("ix_commits_tenant_revision", "commits", ["tenant", "revision"])
    op.create_table(
        "audit",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        *(_text("address"), _text("before", nullable=True), _text("after", nullable=True)),
        _key("audit", "revision", "address"),
        _reference("audit", ["revision"], ["commits.revision"]),
    )
    op.create_index("ix_audit_address_revision", "audit", ["address", "revision"])


def _create_sources() -> None:
    op.create_table(
        "sources",
        *(_text("tenant"), _text("source")),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _key("sources", "tenant", "source"),
        _reference("sources", ["tenant"], ["tenants.tenant"], "CASCADE"),
    )
    op.create_table(
        "source_documents",
        *(_text("tenant"), _text("source"), _text("address"), _text("document")),
        _key("source_documents", "tenant", "source", "address"),
        _reference(
            "source_documents",
            ["tenant", "source"],
            ["sources.tenant", "sources.source"],
            "CASCADE",
        ),
    )

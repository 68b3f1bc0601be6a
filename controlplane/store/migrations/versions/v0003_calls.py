"""Call history: calls, the places they came to, and how far each spool has been read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TEXTS = ("engine", "call", "tenant", "direction", "number", "name", "dialled", "called")
TEXTS_BEHIND = ("path", "rang", "outcome", "decided")
MAYBE = ("line", "handset", "trunk", "reached", "answered_by", "answered_line")
MAYBE_BEHIND = ("mailbox", "recording")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _at(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", BIG, nullable=False),
        *map(_text, (*TEXTS, *TEXTS_BEHIND)),
        *(_text(name, nullable=True) for name in (*MAYBE, *MAYBE_BEHIND)),
        *(_at("began"), _at("answered", nullable=True), _at("ended")),
        sa.Column("wait_ms", sa.BigInteger(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("engine", "call", name="uq_calls_engine_call"),
    )
    op.create_index("ix_calls_tenant_began", "calls", ["tenant", "began"])
    op.create_index("ix_calls_began", "calls", ["began"])
    op.create_table(
        "call_places",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        *(_text("place"), _text("role"), _text("tenant"), _at("began")),
        sa.PrimaryKeyConstraint("call_id", "place", "role", name="pk_call_places"),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_call_places_call_id", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_call_places_tenant_place_began", "call_places", ["tenant", "place", "began"]
    )
    op.create_table(
        "spools",
        *(_text("engine"), _text("file"), _text("name")),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("engine", "file", name="pk_spools"),
    )
    op.create_table(
        "spool_faults",
        *(_text("engine"), _text("file")),
        sa.Column("position", sa.BigInteger(), nullable=False),
        *(_text("name"), _text("reason"), _text("line"), _at("at")),
        sa.PrimaryKeyConstraint("engine", "file", "position", name="pk_spool_faults"),
    )

"""Tokens that handsets fetch their files with, and when each was last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def upgrade() -> None:
    op.create_table(
        "handset_tokens",
        _text("digest"),
        *(_text("tenant"), _text("handset"), _text("mac"), _text("kind")),
        *(_time("made"), _time("expires", null=True), _time("ended", null=True)),
        *(_text("end"), _text("author"), _text("ended_by")),
        sa.Column("rotating", sa.Boolean(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_handset_tokens"),
    )
    op.create_index("ix_handset_tokens_tenant_handset", "handset_tokens", ["tenant", "handset"])
    op.create_index("ix_handset_tokens_change", "handset_tokens", ["change"])
    op.create_table(
        "handset_seen",
        *(_text("tenant"), _text("handset"), _time("at"), _text("address")),
        *(_text("agent"), _text("file"), _text("fingerprint")),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "handset", name="pk_handset_seen"),
    )

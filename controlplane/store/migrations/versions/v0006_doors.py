"""Default PINs that were made here, and what happened to PINs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("pins", sa.Column("initial", sa.Text(), nullable=True))
    op.create_table(
        "pin_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tenant", "line")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("author", "event", "reason")),
        sa.PrimaryKeyConstraint("id", name="pk_pin_events"),
    )
    op.create_index("ix_pin_events_tenant_id", "pin_events", ["tenant", "id"])

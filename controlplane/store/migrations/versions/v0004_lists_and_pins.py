"""Number lists have a table, as every kind has; lines have PINs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "number_lists",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_number_lists"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.tenant"], name="fk_number_lists_tenant"),
    )
    op.create_table(
        "pins",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "line", name="pk_pins"),
        sa.ForeignKeyConstraint(
            ["tenant", "line"],
            ["lines.tenant", "lines.key"],
            name="fk_pins_tenant_line",
            ondelete="CASCADE",
        ),
    )

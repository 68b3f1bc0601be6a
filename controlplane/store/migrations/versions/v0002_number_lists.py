"""Number lists have a table, as every kind has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


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

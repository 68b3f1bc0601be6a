"""A call tells which authorisation code let it out, by its name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("calls", sa.Column("code", sa.Text(), nullable=True))

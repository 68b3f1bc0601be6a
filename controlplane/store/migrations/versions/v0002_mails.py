"""Mails about voicemail, one a message of an engine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.create_table(
        "mails",
        *(_text("engine"), _text("message"), _text("tenant"), _text("mailbox"), _text("state")),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *(_time("found"), _time("due"), _text("mail_id"), _text("reason")),
        sa.PrimaryKeyConstraint("engine", "message", name="pk_mails"),
    )
    op.create_index("ix_mails_state_due", "mails", ["state", "due"])

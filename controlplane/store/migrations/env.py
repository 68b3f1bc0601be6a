"""Alembic's entry: runs on the connection, and in the transaction, that it is handed."""

from __future__ import annotations

from alembic import context

from controlplane.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()

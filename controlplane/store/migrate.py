"""Migrate: brings a database to the schema of this code, and says which one a database has."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from controlplane.diagnostics import fault
from controlplane.store.connection import Database
from controlplane.store.schema import SCHEMA


def migrate(database: Database) -> None:
    """Upgrade to the newest schema, in one transaction; makes an embedded database's file."""
    # Alembic takes a tenth of a second to import, which every other command would pay.
    from alembic import command
    from alembic.config import Config

    database.create_file()
    database.keep_log()
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with database.write() as connection:
        if (found := _version(database)) and found > SCHEMA:
            raise _newer(database, found)
        config.attributes["connection"] = connection
        command.upgrade(config, SCHEMA)


def check_schema(database: Database) -> None:
    """Faults unless the database has exactly the schema of this code."""
    found = _version(database)
    if found is None:
        raise fault("the database is empty", database.place, "make it ready with `ctl init`")
    if found > SCHEMA:
        raise _newer(database, found)
    if found < SCHEMA:
        raise fault(
            f"the database has schema {found}, this program works with {SCHEMA}",
            database.place,
            "bring it up to date with `ctl init`",
        )


def _version(database: Database) -> str | None:
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def _newer(database: Database, found: str) -> Exception:
    return fault(
        f"the database has schema {found}, newer than this program's {SCHEMA}",
        database.place,
        "install the newer program",
    )

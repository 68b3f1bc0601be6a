"""The schema: migrations lead to the tables of the code, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from controlplane.diagnostics import Faults
from controlplane.store import migrations
from controlplane.store.connection import Database
from controlplane.store.migrate import migrate
from controlplane.store.schema import SCHEMA, metadata
from controlplane.store.store import Store


def differences(store: Store, wanted: Any = metadata) -> list[Any]:
    with store.database.read() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), wanted))


def test_migrated_tables_are_those_of_the_code(empty_url: str) -> None:
    with Store.create(empty_url) as store:
        assert differences(store) == []
        with store.database.write() as connection:
            connection.execute(text("DROP INDEX ix_audit_address_revision"))
            connection.execute(text("ALTER TABLE lines ADD COLUMN more TEXT"))
        kinds = {found[0] for found in differences(store)}
        assert kinds == {"add_index", "remove_column"}, "the comparison sees differences"


def test_the_newest_migration_is_the_one_of_the_code() -> None:
    folder = Path(migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_current_head() == SCHEMA


def test_migrating_again_keeps_everything(url: str) -> None:
    with Store.open(url) as store, store.database.write() as connection:
        connection.execute(text("INSERT INTO tenants VALUES ('acme', 1, '{}')"))
    with Store.create(url) as store:
        assert store.tenants() == ("acme",)


def test_a_broken_migration_leaves_no_trace(empty_url: str) -> None:
    database = Database(empty_url)

    def stop(_: Any, __: Any, statement: str, *more: Any) -> None:
        if "CREATE TABLE audit" in statement:
            raise RuntimeError("power cut")

    event.listen(database.engine, "before_cursor_execute", stop)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(database)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()
    with Store.create(empty_url) as store:
        assert differences(store) == []


@pytest.mark.parametrize(
    ("version", "message", "mend"),
    [
        ("0000", "has schema 0000, this program works with", "ctl init"),
        ("9999", "has schema 9999, newer than this program's", "install the newer"),
        (None, "the database is empty", "ctl init"),
    ],
)
def test_another_schema_is_refused(url: str, version: str | None, message: str, mend: str) -> None:
    with Store.open(url) as store, store.database.write() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if version:
            statement = text("INSERT INTO alembic_version VALUES (:version)")
            connection.execute(statement, {"version": version})
    for attempt in (Store.open, Store.create) if version == "9999" else (Store.open,):
        with pytest.raises(Faults) as caught:
            attempt(url)
        (only,) = caught.value.diagnostics
        assert message in only.message
        assert mend in only.mend


def test_an_empty_database_is_refused(empty_url: str) -> None:
    with pytest.raises(Faults) as caught:
        Store.open(empty_url)
    (only,) = caught.value.diagnostics
    assert "ctl init" in only.mend

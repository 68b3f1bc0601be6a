"""Writing: puts changed objects into the tables of their kinds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, update
from sqlalchemy.exc import DBAPIError

from controlplane.model.change import Change
from controlplane.model.texts import encoded
from controlplane.store.schema import derived_columns, tables

_COPIED = 200
"""From this many rows on, COPY is several times faster than statements."""


def write_objects(connection: Connection, changes: Iterable[Change], revision: int) -> None:
    """References and unique settings first go, then come: so two objects can swap theirs."""
    by_collection: dict[str, list[Change]] = {collection: [] for collection in tables}
    for change in changes:
        by_collection[change.address.split("/")[1]].append(change)
    for collection, mine in by_collection.items():
        _clear_columns(connection, collection, mine)
    for collection, mine in reversed(by_collection.items()):
        table = tables[collection]
        gone = [identity(change) for change in mine if change.after is None]
        many(connection, delete(table).where(same(table)), gone)
    for collection, mine in by_collection.items():
        table = tables[collection]
        rows = [_row(collection, change, revision) for change in mine if change.before is None]
        add(connection, table, [_plain(row) for row in rows])
        kept = [change for change in mine if change.before is not None and change.after is not None]
        rows = [_row(collection, change, revision) for change in kept]
        many(connection, update(table).where(same(table)), rows)


def _clear_columns(connection: Connection, collection: str, changes: list[Change]) -> None:
    names = derived_columns(collection)
    moved = [
        identity(change)
        for change in changes
        if change.before is not None
        and change.after is not None
        and any(change.before.get(name) != change.after.get(name) for name in names)
    ]
    if moved:
        table = tables[collection]
        many(connection, update(table).where(same(table)).values(dict.fromkeys(names)), moved)


def identity(change: Change) -> dict[str, Any]:
    """Values for `same`, of the table of the change's kind."""
    tenant, _, rest = change.address.partition("/")
    key = rest.partition("/")[2]
    return {"its_tenant": tenant, "its_key": key} if key else {"its_tenant": tenant}


def _row(collection: str, change: Change, revision: int) -> dict[str, Any]:
    document = change.after or {}
    columns = {name: document.get(name) for name in derived_columns(collection)}
    return {
        **identity(change),
        **columns,
        "revision": revision,
        "document": encoded(document),
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("its_"): value for name, value in row.items()}


def same(table: Table) -> Any:
    """The row whose primary key is in parameters named as its columns, `its_` in front."""
    return and_(*(column == bindparam(f"its_{column.name}") for column in table.primary_key))


def many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Execute once a row; with no rows SQLAlchemy would execute once with none."""
    if rows:
        connection.execute(statement, rows)


def add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns; PostgreSQL takes many by COPY."""
    if len(rows) < _COPIED or connection.dialect.name != "postgresql":
        many(connection, insert(table), rows)
        return
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in rows[0])
    statement = f"COPY {quote(table.name)} ({columns}) FROM STDIN"
    driver: Any = connection.dialect.dbapi
    try:
        with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(tuple(row.values()))
    except driver.Error as error:
        raise DBAPIError.instance(statement, None, error, driver.Error) from error

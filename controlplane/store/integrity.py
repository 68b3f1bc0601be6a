"""Integrity: says which reference or duplicate the database refused, with its address."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from controlplane.diagnostics import Diagnostic
from controlplane.model.change import Documents
from controlplane.store.schema import REFERENCES, UNIQUE_EVERYWHERE, UNIQUE_IN_TENANT, tables


def broken(connection: Connection, tenant: str, wanted: Documents) -> list[Diagnostic]:
    """What the tables' keys forbid in the documents `wanted` of a tenant, all of it.

    The database names a constraint, and only the first; this is read only once it refused.
    """
    if f"{tenant}/settings" not in wanted:
        mend = "add its settings, which may be empty"
        return [Diagnostic(f"there is no tenant {tenant}", f"{tenant}/settings", mend)]
    found: list[Diagnostic] = []
    for collection in tables:
        keys = _keyed(tenant, collection, wanted)
        found += _dangling(tenant, collection, keys, wanted)
        found += _twice(tenant, collection, keys)
        found += _elsewhere(connection, tenant, collection, keys)
    return found


def _keyed(tenant: str, collection: str, wanted: Documents) -> Documents:
    start = f"{tenant}/{collection}/"
    return {
        address.removeprefix(start): document
        for address, document in wanted.items()
        if address.startswith(start)
    }


def _dangling(
    tenant: str, collection: str, keyed: Documents, wanted: Documents
) -> Iterator[Diagnostic]:
    for name, target in REFERENCES.get(collection, {}).items():
        for key, document in keyed.items():
            there = f"{tenant}/{target}/{document.get(name)}"
            if document.get(name) is not None and there not in wanted:
                yield Diagnostic(
                    f"refers to {there}, which does not exist",
                    f"{tenant}/{collection}/{key}/{name}",
                    "add it, or refer to another",
                )


def _twice(tenant: str, collection: str, keyed: Documents) -> Iterator[Diagnostic]:
    everywhere = [name for name in UNIQUE_EVERYWHERE.get(collection, ()) if name != "key"]
    for name in (*UNIQUE_IN_TENANT.get(collection, ()), *everywhere):
        holders: dict[object, str] = {}
        for key, document in keyed.items():
            if (value := document.get(name)) is None:
                continue
            if value in holders:
                yield _taken(f"{tenant}/{collection}/{key}", name, value, holders[value])
            holders.setdefault(value, f"{tenant}/{collection}/{key}")


def _elsewhere(
    connection: Connection, tenant: str, collection: str, keyed: Documents
) -> Iterator[Diagnostic]:
    table = tables[collection]
    for name in UNIQUE_EVERYWHERE.get(collection, ()):
        column = table.c[name]
        others = select(column, table.c.tenant, table.c.key).where(
            table.c.tenant != tenant, column.is_not(None)
        )
        taken = {
            value: f"{there}/{collection}/{key}" for value, there, key in connection.execute(others)
        }
        for key, document in keyed.items():
            value = key if name == "key" else document.get(name)
            if value in taken:
                yield _taken(f"{tenant}/{collection}/{key}", name, value, taken[value])


def _taken(address: str, name: str, value: object, holder: str) -> Diagnostic:
    if name == "key":
        return Diagnostic(f"exists already as {holder}", address, "remove it there first")
    return Diagnostic(
        f"{value} is taken by {holder}", f"{address}/{name}", "clear it there first, or use another"
    )

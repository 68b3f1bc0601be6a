"""Reading: documents, secrets and what sources applied, as they are in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from controlplane.model.change import Document, Documents
from controlplane.store import schema
from controlplane.store.schema import tables


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A tenant at `revision`, the store's newest then, its own or not.

    `secrets`: SIP passwords made by the store, by handset, for those that bring none.
    """

    tenant: str
    revision: int
    documents: Documents
    secrets: dict[str, str]

    def with_secrets(self) -> dict[str, Document]:
        """The documents with every handset's SIP password filled in, for rendering."""
        filled = dict(self.documents)
        for handset, password in self.secrets.items():
            address = f"{self.tenant}/handsets/{handset}"
            filled[address] = {**filled[address], "sip_password": password}
        return filled


@dataclass(frozen=True, slots=True)
class Applied:
    """What a source last applied, and as which revision: the base of its next change set."""

    source: str
    revision: int
    documents: Documents


def latest(connection: Connection, tenant: str | None = None) -> int:
    """The newest revision, 0 before the first; with `tenant`, the newest that touched it."""
    newest = select(func.max(schema.commits.c.revision))
    if tenant is not None:
        newest = newest.where(schema.commits.c.tenant == tenant)
    return connection.execute(newest).scalar() or 0


def stored_documents(connection: Connection, tenant: str) -> dict[str, Document]:
    """All of a tenant's objects, kinds in the model's order; empty where there is no tenant."""
    addresses: list[str] = []
    texts: list[str] = []
    for collection, table in tables.items():
        key = table.c.key if "key" in table.c else table.c.tenant
        mine = select(key, table.c.document).where(table.c.tenant == tenant).order_by(key)
        rows = connection.execute(mine).all()
        if collection == "settings":
            addresses += [f"{tenant}/settings" for _ in rows]
        else:
            addresses += [f"{tenant}/{collection}/{key}" for key, _ in rows]
        texts += [text for _, text in rows]
    return dict(zip(addresses, _decoded(texts), strict=True))


def stored_object(connection: Connection, address: str) -> Document | None:
    """One object by its address; None where there is none."""
    tenant, collection, *key = address.split("/", 2)
    table = tables.get(collection)
    if table is None or ("key" in table.c) != bool(key):
        return None
    mine = select(table.c.document).where(table.c.tenant == tenant)
    if key:
        mine = mine.where(table.c.key == key[0])
    found = connection.execute(mine).scalar()
    return None if found is None else _decoded([found])[0]


def snapshot(connection: Connection, tenant: str) -> Snapshot:
    documents = stored_documents(connection, tenant)
    table = schema.handset_secrets
    mine = select(table.c.handset, table.c.sip_password).where(table.c.tenant == tenant)
    secrets = {}
    for handset, password in connection.execute(mine):
        document = documents.get(f"{tenant}/handsets/{handset}")
        if document is not None and document.get("sip_password") is None:
            secrets[handset] = password
    return Snapshot(tenant, latest(connection), documents, secrets)


def last_source(connection: Connection, tenant: str, source: str) -> Applied | None:
    """None where that source was never applied."""
    table, documents = schema.sources, schema.source_documents
    found = connection.execute(
        select(table.c.revision).where(table.c.tenant == tenant, table.c.source == source)
    ).scalar()
    if found is None:
        return None
    rows = connection.execute(
        select(documents.c.address, documents.c.document).where(
            documents.c.tenant == tenant, documents.c.source == source
        )
    ).all()
    decoded = _decoded([text for _, text in rows])
    return Applied(
        source, found, {address: one for (address, _), one in zip(rows, decoded, strict=True)}
    )


def _decoded(texts: Sequence[str]) -> list[Any]:
    """One parse of them all is several times faster than one each."""
    decoded: list[Any] = json.loads(f"[{','.join(texts)}]")
    return decoded

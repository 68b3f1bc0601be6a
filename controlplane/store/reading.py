"""Reading: documents, secrets and what sources applied, as they are in one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from controlplane.model.change import Document
from controlplane.model.texts import Texts
from controlplane.store import schema
from controlplane.store.schema import tables


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A tenant at `revision`, the store's newest then, its own or not.

    `secrets`: SIP passwords made by the store, by handset, for those that bring none.
    """

    tenant: str
    revision: int
    documents: Texts
    secrets: dict[str, str]

    def with_secrets(self) -> dict[str, Document]:
        """The documents with every handset's SIP password filled in, for rendering."""
        filled = self.documents.decoded()
        for handset, password in self.secrets.items():
            address = f"{self.tenant}/handsets/{handset}"
            filled[address] = {**filled[address], "sip_password": password}
        return filled


@dataclass(frozen=True, slots=True)
class Applied:
    """What a source last applied, and as which revision: the base of its next change set."""

    source: str
    revision: int
    documents: Texts


def latest(connection: Connection, tenant: str | None = None) -> int:
    """The newest revision, 0 before the first; with `tenant`, the newest that touched it."""
    newest = select(func.max(schema.commits.c.revision))
    if tenant is not None:
        newest = newest.where(schema.commits.c.tenant == tenant)
    return connection.execute(newest).scalar() or 0


def stored_documents(connection: Connection, tenant: str) -> Texts:
    """All of a tenant's objects, kinds in the model's order; empty where there is no tenant."""
    texts: dict[str, str] = {}
    for collection, table in tables.items():
        key = table.c.key if "key" in table.c else table.c.tenant
        mine = select(key, table.c.document).where(table.c.tenant == tenant).order_by(key)
        rows = connection.execute(mine).all()
        if collection == "settings":
            texts.update({f"{tenant}/settings": text for _, text in rows})
        else:
            prefix = f"{tenant}/{collection}/"
            texts.update({prefix + key: text for key, text in rows})
    return Texts(texts)


def stored_keys(connection: Connection, tenant: str, collection: str) -> frozenset[str]:
    """The keys of a tenant's objects of a kind."""
    table = tables[collection]
    mine = select(table.c.key).where(table.c.tenant == tenant)
    return frozenset(connection.execute(mine).scalars())


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
    return None if found is None else Texts({address: found})[address]


def snapshot(connection: Connection, tenant: str) -> Snapshot:
    documents = stored_documents(connection, tenant)
    table = schema.handset_secrets
    mine = select(table.c.handset, table.c.sip_password).where(table.c.tenant == tenant)
    made = dict(connection.execute(mine).all())
    prefix, texts = f"{tenant}/handsets/", documents.texts
    secrets = {
        handset: password
        for handset, password in made.items()
        if (text := texts.get(prefix + handset)) and not _brings_password(text)
    }
    return Snapshot(tenant, latest(connection), documents, secrets)


def _brings_password(handset: str) -> bool:
    """Whether a handset's text holds a SIP password of its own."""
    if '"sip_password"' not in handset:  # as nearly always, and told without decoding
        return False
    return json.loads(handset).get("sip_password") is not None


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
    )
    return Applied(source, found, Texts(dict(rows.all())))

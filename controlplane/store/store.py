"""Store: every tenant's objects, the commits that made them, and what engines were given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Self

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from controlplane.diagnostics import Faults, fault
from controlplane.model.change import Change, Document
from controlplane.model.change_set import ChangeSet
from controlplane.model.documents import from_documents
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.texts import Texts
from controlplane.store import bindings, engine_log, integrity, reading
from controlplane.store import commit as committing
from controlplane.store import history as past
from controlplane.store.connection import Database
from controlplane.store.faults import explained
from controlplane.store.migrate import check_schema, migrate
from controlplane.store.schema import tables


class Store:
    """Open one with `Store.open(url)`; it may be used from several threads.

    Every method raises Faults, with one clear line, for whatever the database refuses.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, url: str, *, lock_seconds: float = 5.0) -> Self:
        """`sqlite:///FILE` or `postgresql://USER@HOST/NAME`, which must be there and up to date.

        `lock_seconds`: how long to wait for another writer before giving up.
        """
        database = Database(url, lock_seconds)
        try:
            database.check_file()
            check_schema(database)
            database.keep_log()
        except BaseException:
            database.close()
            raise
        return cls(database)

    @classmethod
    def create(cls, url: str, *, lock_seconds: float = 5.0) -> Self:
        """As `open`, and first makes the embedded database and brings the schema up to date."""
        database = Database(url, lock_seconds)
        try:
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def tenants(self) -> tuple[str, ...]:
        table = tables["settings"]
        with self.database.read() as connection:
            return tuple(
                connection.execute(select(table.c.tenant).order_by(table.c.tenant)).scalars()
            )

    def load(self, tenant: str) -> reading.Snapshot:
        """All of a tenant in one consistent read; no documents where it does not exist."""
        with self.database.read() as connection:
            return reading.snapshot(connection, tenant)

    def documents(self, tenant: str) -> dict[str, Document]:
        with self.database.read() as connection:
            return reading.stored_documents(connection, tenant).decoded()

    def object_at(self, address: str) -> tuple[int, Document | None]:
        """The newest revision, and one object by its address (`acme/lines/101`)."""
        with self.database.read() as connection:
            return reading.latest(connection), reading.stored_object(connection, address)

    def keys(self, tenant: str, collection: str) -> frozenset[str]:
        """The keys of a tenant's objects of a kind."""
        with self.database.read() as connection:
            return reading.stored_keys(connection, tenant, collection)

    def keys_where(self, tenant: str, collection: str, setting: str, value: str) -> list[str]:
        """The keys of those whose `setting`, one with a column of its own, has this value."""
        table = tables[collection]
        asked = select(table.c.key).where(table.c.tenant == tenant, table.c[setting] == value)
        with self.database.read() as connection:
            return sorted(connection.execute(asked).scalars())

    def around(self, tenant: str, handsets: Collection[str], lines: Collection[str]) -> Texts:
        """Documents by address: see `bindings.around`."""
        with self.database.read() as connection:
            return bindings.around(connection, tenant, handsets, lines)

    def around_login(self, tenant: str, handset: str, line: str) -> tuple[int, Texts]:
        """The newest revision, and what a login of the line to the handset is judged by: as
        `around`, with the lines logged in there, and the numbers that lead to the line."""
        with self.database.read() as connection:
            revision = reading.latest(connection)
            return revision, bindings.of_login(connection, tenant, handset, line)

    def logins(self, tenant: str) -> tuple[bindings.Login, ...]:
        """Of all handsets where somebody is logged in."""
        with self.database.read() as connection:
            return bindings.logins(connection, tenant)

    def handsets_used(self, tenant: str, since: dt.datetime) -> frozenset[str]:
        """The handsets that made or took a call that ended since then."""
        with self.database.read() as connection:
            return bindings.handsets_used(connection, tenant, since)

    def system(self, tenant: str) -> PhoneSystem:
        """The tenant's validated model, SIP passwords made by the store included."""
        snapshot = self.load(tenant)
        if not snapshot.documents:
            raise fault(f"there is no tenant {tenant}", tenant)
        return from_documents(tenant, snapshot.with_secrets())

    def latest_revision(self) -> int:
        """The newest revision, 0 before the first; one index look-up, made to be polled."""
        with self.database.read() as connection:
            return reading.latest(connection)

    def commit(
        self,
        change_set: ChangeSet,
        at: dt.datetime,
        new_secret: Callable[[], str],
        check: committing.Check | None = None,
    ) -> int:
        """Execute a change set whole or not at all, and return its revision.

        `at`: now, with its zone; `new_secret` makes a SIP password; `check(tenant, documents)`
        raises Faults where documents do not go together, and is asked only if others committed
        to the tenant since `change_set.revision`. Faults name every object that somebody else
        changed since, with who and when, and every broken reference or duplicate.
        """
        try:
            with self.database.write() as connection:
                return committing.commit(connection, change_set, at, new_secret, check)
        except IntegrityError as error:
            refused = error
        with self.database.read() as connection:
            wanted = change_set.applied_to(reading.stored_documents(connection, change_set.tenant))
            found = integrity.broken(connection, change_set.tenant, wanted.decoded())
        raise Faults(found) if found else explained(refused, self.database.place)

    def last_source(self, tenant: str, source: str) -> reading.Applied | None:
        """What a file last applied; None where it never did."""
        with self.database.read() as connection:
            return reading.last_source(connection, tenant, source)

    def history(self, target: str = "", limit: int = 50) -> tuple[past.Commit, ...]:
        """Commits, newest first: all, of a tenant (`acme`) or of an address."""
        with self.database.read() as connection:
            return past.history(connection, target, limit)

    def audit(self, target: str = "", limit: int = 200) -> tuple[past.AuditRow, ...]:
        """As `history`, one row an object."""
        with self.database.read() as connection:
            return past.audit_rows(connection, target, limit)

    def changes_since(
        self, revision: int, tenant: str | None = None
    ) -> tuple[tuple[int, Change], ...]:
        """Every change after `revision` with its own revision, oldest first."""
        with self.database.read() as connection:
            return past.changes_since(connection, revision, tenant)

    def documents_at(self, tenant: str, revision: int) -> dict[str, Document]:
        """The tenant's documents as of a revision, for roll back and comparison."""
        with self.database.read() as connection:
            return past.documents_at(connection, tenant, revision)

    def record_applied(self, entry: engine_log.EngineRecord) -> None:
        with self.database.write() as connection:
            engine_log.record(connection, entry)

    def last_applied(
        self, engine: str, outcome: str | None = None
    ) -> engine_log.EngineRecord | None:
        """The newest record of an engine; with `outcome`, the newest that ended so."""
        with self.database.read() as connection:
            return engine_log.last(connection, engine, outcome)

"""When and where from each handset last fetched, and what: a row each, written in batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from controlplane.store.connection import Database
from controlplane.store.schema import handset_seen


@dataclass(frozen=True, slots=True)
class Seen:
    """`address`: where from. `agent`: what the handset says it is, which anybody may say.
    `file`: its own configuration as last delivered whole or found unchanged, "" before the first;
    `fingerprint` is that of what was in it, and `revision` what it was rendered from."""

    tenant: str
    handset: str
    at: dt.datetime
    address: str
    agent: str = ""
    file: str = ""
    fingerprint: str = ""
    revision: int = 0


class SeenStore:
    """Methods raise Faults where the database refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, seen: Iterable[Seen]) -> None:
        """All in one transaction. Who is seen without a configuration keeps what it had."""
        rows = [asdict(it) for it in seen]
        with self._database.write() as connection:
            for fetched in (True, False):
                mine = [row for row in rows if bool(row["file"]) is fetched]
                if mine:
                    connection.execute(self._upsert(fetched), mine)

    def _upsert(self, fetched: bool) -> Any:
        dialect: Any = sqlite if self._database.embedded else postgresql
        statement = dialect.insert(handset_seen)
        names = ["at", "address", "agent"]
        names += ["file", "fingerprint", "revision"] if fetched else []
        return statement.on_conflict_do_update(
            index_elements=["tenant", "handset"],
            set_={name: statement.excluded[name] for name in names},
        )

    def of(self, tenant: str) -> dict[str, Seen]:
        """By handset; also of handsets that are no more."""
        asked = select(handset_seen).where(handset_seen.c.tenant == tenant)
        with self._database.read() as connection:
            rows = connection.execute(asked).mappings().all()
        return {row["handset"]: Seen(**row) for row in rows}

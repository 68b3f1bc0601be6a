"""A deployment in a temporary folder, with a stored tenant."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pytest

from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment, Engine, Run
from controlplane.model.documents import to_documents
from controlplane.store.store import Store
from controlplane.store.yaml.reader import read

ACME = """\
tenant: acme
timezone: Europe/London
sites:
  london: {main_number: "+442071838750"}
users:
  ada: {first: Ada, last: Byron, email: [ada@acme.example]}
lines:
  "101": {user: ada, ring: 20s, voicemail: {email: ada@acme.example}, default_pin: "2468"}
  "102": {ring: 20s, call_waiting: no, forward: {busy: line/101}}
numbers:
  "+442071838750": {site: london, to: group/sales}
groups:
  sales: {extension: "600", members: [101, 102]}
handsets:
  LDN-07: {mac: "00:15:65:aa:bb:cc", model: yealink/T54W, site: london, line: 101}
  LDN-08: {model: yealink/T54W, line: 102, sip_password: hush-hush}
trunks:
  uplink: {host: sip.carrier.example, username: acme, password: open-sesame}
"""
AT = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class StoredPlace:
    """A folder with a database of one deployment."""

    folder: Path
    deployment: Deployment

    def store(self) -> Store:
        return Store.open(self.deployment.database)

    def commit(self, text: str = ACME, author: str = "ada", reason: str = "", day: int = 0) -> int:
        system = read(text, "acme.yaml").system
        wanted = to_documents(system)
        with self.store() as store:
            snapshot = store.load(system.tenant)
            changes = ChangeSet.between(
                system.tenant,
                snapshot.revision,
                snapshot.documents,
                wanted,
                author=author,
                reason=reason,
            )
            return store.commit(changes, AT + dt.timedelta(days=day), lambda: "made-by-store")


def new_deployment(folder: Path) -> Deployment:
    """With an empty database, and one engine that nobody answers for."""
    engine = Engine(
        address="127.0.0.72",
        ari_port=1,
        ami_port=1,
        password="engine-password",
        folder=str(folder / "engine"),
        state_folder=str(folder / "state"),
    )
    deployment = Deployment(
        database=f"sqlite:///{folder}/controlplane.sqlite",
        engines={"asterisk": engine},
        run=Run(address="127.0.0.72", port=9188),
    )
    Store.create(deployment.database).close()
    return deployment


@pytest.fixture
def place(tmp_path: Path) -> StoredPlace:
    made = StoredPlace(tmp_path, new_deployment(tmp_path))
    made.commit()
    return made

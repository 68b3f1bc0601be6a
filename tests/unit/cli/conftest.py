"""A deployment in a temporary folder, with a stored tenant, and two ways to call `ctl`."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from controlplane.cli.config import write_new
from controlplane.cli.root import ctl as root
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment, Engine, Run
from controlplane.model.documents import to_documents
from controlplane.store.store import Store
from controlplane.store.yaml_reader import read

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
class Place:
    """A folder with a configuration; `ctl` runs in this process, `process` in one of its own."""

    folder: Path
    deployment: Deployment

    @property
    def config(self) -> Path:
        return self.folder / "controlplane.yaml"

    def store(self) -> Store:
        return Store.open(self.deployment.database)

    def commit(self, text: str = ACME, author: str = "ada", reason: str = "", day: int = 0) -> int:
        wanted = to_documents(read(text, "acme.yaml").system)
        with self.store() as store:
            snapshot = store.load("acme")
            changes = ChangeSet.between(
                "acme", snapshot.revision, snapshot.documents, wanted, author=author, reason=reason
            )
            return store.commit(changes, AT + dt.timedelta(days=day), lambda: "made-by-store")

    def ctl(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        variables = {"CONTROLPLANE_CONFIG": str(self.config), **(env or {})}
        result = CliRunner().invoke(root, args, env=variables, prog_name="ctl")
        assert "Traceback" not in result.output
        return result

    def process(
        self, *args: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return run_process(*args, cwd=self.folder, env=env)


def run_process(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", *args],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    here = str(Path(__file__).parents[3])
    kept = {name: it for name, it in os.environ.items() if not name.startswith("CONTROLPLANE")}
    return {**kept, "PYTHONPATH": here, **(more or {})}


@pytest.fixture
def make_place(tmp_path: Path) -> Callable[[], Place]:
    def make() -> Place:
        engine = Engine(
            address="127.0.0.72",
            ari_port=1,
            ami_port=1,
            password="engine-password",
            folder=str(tmp_path / "engine"),
            state_folder=str(tmp_path / "state"),
        )
        deployment = Deployment(
            database=f"sqlite:///{tmp_path}/controlplane.sqlite",
            engines={"asterisk": engine},
            run=Run(address="127.0.0.72", port=9188),
        )
        Store.create(deployment.database).close()
        write_new(tmp_path / "controlplane.yaml", deployment)
        return Place(tmp_path, deployment)

    return make


@pytest.fixture
def place(make_place: Callable[[], Place]) -> Place:
    made = make_place()
    made.commit()
    return made

"""The story of a change with a PostgreSQL for the store: its password is never shown."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines.asterisk_container import AsteriskContainer
from tests.postgresql import Cluster
from tests.unit.cli.conftest import ACME, run_process

pytestmark = [pytest.mark.engine, pytest.mark.postgres, pytest.mark.timeout(180)]

ADDRESS = "127.0.0.71"
DATABASE = "office"


@dataclass(frozen=True)
class Office:
    """A deployment made by `ctl init --database`, its engine running."""

    folder: Path
    server: Cluster
    engine: AsteriskContainer

    def ctl(self, *args: str, exits: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        assert_hidden(self.server, done)
        return done

    def data(self, *args: str, exits: int = 0) -> Any:
        return json.loads(self.ctl(*args, "--output", "json", exits=exits).stdout)


def assert_hidden(server: Cluster, done: subprocess.CompletedProcess[str]) -> None:
    shown = done.stdout + done.stderr
    assert server.password not in shown
    assert server.password.replace(" ", "%20") not in shown


@pytest.fixture
def office(tmp_path: Path, cluster: Cluster) -> Iterator[Office]:
    cluster.run(f"CREATE DATABASE {DATABASE}")
    (tmp_path / "acme.yaml").write_text(ACME)
    options = ("--address", ADDRESS, "--rtp", "17100-17199", "--run-port", "19188")
    done = run_process("init", "--database", cluster.url(DATABASE), *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"postgresql://owner:***@/{DATABASE}" in done.stdout
    assert_hidden(cluster, done)
    with AsteriskContainer(ADDRESS, tmp_path / "var/asterisk", tmp_path / "state") as engine:
        yield Office(tmp_path, cluster, engine)
    cluster.run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def test_the_story_of_a_change(office: Office) -> None:
    assert not list(office.folder.rglob("controlplane.sqlite*"))
    assert (office.folder / "controlplane.yaml").stat().st_mode & 0o777 == 0o600
    assert office.data("plan", "acme.yaml", exits=2)["summary"]["add"] == 10
    applied = office.data("apply", "acme.yaml", "--reason", "first")
    assert applied["engines"]["asterisk"]["revision"] == 1
    assert office.ctl("plan", "acme.yaml").stdout == "acme: no change\n"
    [(stored,)] = office.server.run("SELECT count(*) FROM lines", DATABASE)
    assert stored == 2

    office.ctl("set", "acme/lines/101/ring", "31", "--reason", "longer")
    assert office.ctl("get", "acme/lines/101/ring").stdout == "31\n"
    [last] = office.data("log", "acme/lines/101/ring")[:1]
    assert (last["from"], last["to"], last["author"]) == (20, 31, "ada")
    assert office.data("rollback")["revision"] == 3
    assert office.ctl("get", "acme/lines/101/ring").stdout == "20\n"
    assert office.data("drift") == {"asterisk": []}

    findings = {it["what"]: it for it in office.data("doctor")}
    assert findings["store"]["state"] == "ok"
    assert findings["store"]["detail"].startswith(f"postgresql://owner:***@/{DATABASE}")
    office.ctl("init")
    assert office.ctl("get", "acme/lines/101/ring").stdout == "20\n"


def test_a_database_that_goes_away_is_one_line(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    office.server.run(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    refused = office.ctl("set", "acme/lines/101/ring", "31", exits=1)
    assert refused.stderr.count("\n") == 1
    assert "the database does not exist on the server (create it" in refused.stderr
    [store] = [it for it in office.data("doctor", exits=1) if it["what"] == "store"]
    assert store["state"] == "fail"
    assert "acme" in office.engine.cli("dialplan show cp-t-acme")

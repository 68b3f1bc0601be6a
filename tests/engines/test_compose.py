"""containers/compose.yaml: its engine starts, is applied to, decided for, restarted and ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import network
from tests.unit.cli.conftest import ACME, environment, run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESS = "127.0.0.74"
PROJECT = "controlplane-test-compose"
FILE = Path(__file__).parents[2] / "containers" / "compose.yaml"


@pytest.fixture(autouse=True)
def host_network() -> Iterator[None]:
    """The engine of compose.yaml is in the machine's network."""
    with network.outside():
        yield


@pytest.fixture
def compose() -> list[str]:
    """The plugin of Docker, or the program that Debian has."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(words[0]) is None:
            continue
        if subprocess.run([*words, "version"], capture_output=True).returncode == 0:
            return [*words, "-p", PROJECT, "-f", str(FILE)]
    pytest.skip("Docker Compose is not installed (Debian: docker-compose)")


@contextmanager
def up(compose: list[str], folder: Path) -> Iterator[None]:
    who = {"ENGINE_UID": str(os.getuid()), "ENGINE_GID": str(os.getgid())}
    where = {
        "ENGINE_DIR": f"{folder}/var/asterisk",
        "STATE_DIR": f"{folder}/var/asterisk-state",
    }
    variables = {**os.environ, **who, **where}

    def call(*words: str) -> None:
        done = subprocess.run([*compose, *words], env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    (folder / "var/asterisk-state").mkdir()
    call("config", "--quiet")
    try:
        call("up", "--detach", "asterisk")
        yield
        call("restart", "asterisk")
        assert eventually(folder, "engine asterisk: revision")["detail"] == "it runs 1"
    finally:
        call("down")


def findings(folder: Path) -> dict[str, dict[str, Any]]:
    told = run_process("doctor", "--output", "json", cwd=folder).stdout
    return {it["what"]: it for it in json.loads(told)}


def eventually(folder: Path, what: str) -> dict[str, Any]:
    """A finding of `ctl doctor`, once it is good."""
    found: dict[str, Any] = {}
    until = time.monotonic() + 60
    while found.get("state") != "ok" and time.monotonic() < until:
        found = findings(folder).get(what, {})
    return found


def test_the_engine_of_compose_and_a_controller_beside_it(
    tmp_path: Path, compose: list[str]
) -> None:
    (tmp_path / "acme.yaml").write_text(ACME)
    options = ("--address", ADDRESS, "--rtp", "17400-17499", "--run-port", "19174")
    assert run_process("init", *options, cwd=tmp_path).returncode == 0
    with up(compose, tmp_path):
        assert eventually(tmp_path, "engine asterisk: AMI")["state"] == "ok"
        applied = run_process("apply", "acme.yaml", cwd=tmp_path)
        assert applied.returncode == 0, applied.stderr
        words = [sys.executable, "-m", "controlplane.cli", "run"]
        with (tmp_path / "log").open("wb") as log:
            controller = subprocess.Popen(words, cwd=tmp_path, env=environment(), stderr=log)
        try:
            assert eventually(tmp_path, "controller")["detail"] == "decides by revision 1"
            assert {it["state"] for it in findings(tmp_path).values()} == {"ok"}
        finally:
            controller.send_signal(signal.SIGTERM)
            assert controller.wait(timeout=30) == 0

"""containers/compose.yaml: each engine starts, is applied to, decided for, restarted and ended."""

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
from tests.engines import freeswitch_image
from tests.engines.freeswitch_process import require_freeswitch
from tests.unit.cli.conftest import ACME, environment, run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

PLACES = {
    "asterisk": ("127.0.0.74", "AMI", ("--rtp", "17400-17499", "--run-port", "19174")),
    "freeswitch": ("127.0.0.76", "ESL", ("--rtp", "17500-17599", "--run-port", "19176")),
}
"""Where the engine is, what `ctl doctor` looks at there, and more options of `ctl init`."""

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
def up(compose: list[str], folder: Path, kind: str, image: str) -> Iterator[None]:
    who = {"ENGINE_UID": str(os.getuid()), "ENGINE_GID": str(os.getgid())}
    where = {
        "ENGINE_DIR": f"{folder}/var/{kind}",
        "STATE_DIR": f"{folder}/var/{kind}-state",
        "FREESWITCH_IMAGE": image,
    }
    variables = {**os.environ, **who, **where}

    def call(*words: str) -> None:
        done = subprocess.run([*compose, *words], env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    (folder / f"var/{kind}-state").mkdir()
    call("config", "--quiet")
    try:
        call("up", "--detach", kind)
        yield
        healthy(compose, variables, kind)
        call("restart", kind)
        assert eventually(folder, f"engine {kind}: revision")["detail"] == "it runs 1"
    finally:
        call("down")


def healthy(compose: list[str], variables: dict[str, str], kind: str) -> None:
    """What the health check does, for which one would wait half a minute, is well."""
    [made] = subprocess.run(
        [*compose, "ps", "--quiet", kind], env=variables, capture_output=True, text=True, check=True
    ).stdout.split()
    asked = ["docker", "inspect", "--format", "{{json .Config.Healthcheck.Test}}", made]
    form, *words = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    command = ["sh", "-c", *words] if form == "CMD-SHELL" else words
    done = subprocess.run(["docker", "exec", made, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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


@pytest.mark.parametrize("kind", PLACES)
def test_the_engine_of_compose_and_a_controller_beside_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, compose: list[str], kind: str
) -> None:
    address, looked_at, options = PLACES[kind]
    image = ""
    if kind == "freeswitch":
        require_freeswitch()
        image = freeswitch_image.image(tmp_path_factory.mktemp("image"))
        options += ("--live-address", address)
    (tmp_path / "acme.yaml").write_text(ACME)
    made = run_process("init", "--kind", kind, "--address", address, *options, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    with up(compose, tmp_path, kind, image):
        assert eventually(tmp_path, f"engine {kind}: {looked_at}")["state"] == "ok"
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

"""`ctl provision` as a process of its own: it serves, says nothing secret, and ends in order."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.cli.config import write_new
from controlplane.store.handset_seen import SeenStore
from controlplane.web.provisioning.counts import Counts
from tests.provisioning.conftest import ACME, ADDRESS, MAC, OTHER_MAC, Handsets, free_port
from tests.unit.cli.conftest import environment
from tests.unit.service.conftest import StoredPlace, new_deployment


@pytest.fixture
def place(tmp_path: Path) -> StoredPlace:
    made = StoredPlace(tmp_path, new_deployment(tmp_path))
    made.commit(ACME)
    write_new(tmp_path / "controlplane.yaml", made.deployment)
    return made


class Alone:
    """A process, and its log."""

    def __init__(self, place: StoredPlace, *more: str) -> None:
        self.port = free_port()
        config = place.folder / "controlplane.yaml"
        settings = [f"address: {ADDRESS}", f"port: {self.port}"]
        settings += [f"public_url: 'http://{ADDRESS}:{self.port}'", *more]
        with config.open("a") as file:
            file.write(f"provisioning: {{{', '.join(settings)}}}\n")
        self.log = place.folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "controlplane.cli", "provision", "-v", "-c", str(config)],
                env=environment(),
                stderr=log,
                stdout=log,
            )

    def wait(self) -> None:
        until = time.monotonic() + 20
        while "serving handsets" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, "it does not begin"
            time.sleep(0.05)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def alone(place: StoredPlace) -> Iterator[Alone]:
    made = Alone(place)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()


@pytest.fixture
def handsets(place: StoredPlace, alone: Alone) -> Iterator[Handsets]:
    alone.wait()
    with place.store() as store:
        made = Handsets(place, store, alone.port, None, Counts(), None)
        yield made
        made.close()


@pytest.mark.proves("G8")
def test_no_token_and_no_password_is_in_any_log(handsets: Handsets, alone: Alone) -> None:
    """The attack: read the log (FusionPBX wrote passwords to its debug output)."""
    tokens = [handsets.enrolment(), handsets.token("LDN-08"), "z" * 24]
    bodies = [
        handsets.get(f"/d/{token}/{mac}.{kind}", headers=(f"X-Token: {token}",)).body
        for token in tokens
        for mac in (MAC, OTHER_MAC)
        for kind in ("boot", "cfg")
    ]
    bad = handsets.line()
    bad.send(f"GET /d/{tokens[1]}/{MAC}.cfg HTTP/9\r\nbad\r\n\r\n".encode())
    bad.answer()
    secrets = set(re.findall(rb"password = (\S+)", b"".join(bodies)))
    secrets |= set(re.findall(rb"/d/([^/]+)/", b"".join(bodies)))
    assert len(secrets) >= 4
    assert alone.end() == 0
    written = alone.log.read_text()
    events = [json.loads(it)["event"] for it in written.splitlines()]
    assert "enrolled" in events
    assert "served" in events
    for secret in [*tokens, *(it.decode() for it in secrets)]:
        assert secret not in written


def test_what_was_seen_is_written_as_it_ends(handsets: Handsets, alone: Alone) -> None:
    token = handsets.token()
    assert handsets.get(f"/d/{token}/{MAC}.cfg").status == 200
    assert alone.end() == 0
    assert SeenStore(handsets.store.database).of("acme")["LDN-07"].file == f"{MAC}.cfg"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (["tls_port: 1", "certificate: none.pem", "key: none.key"], "certificate, key or client"),
        ([f"address: {ADDRESS}", "port: 1"], "handsets cannot be served"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_line(
    place: StoredPlace, settings: list[str], reason: str
) -> None:
    config = place.folder / "controlplane.yaml"
    with config.open("a") as file:
        words = ", ".join([*settings, "public_url: 'http://phones.example'"])
        file.write(f"provisioning: {{{words.replace('port: 1', 'port: 65535')}}}\n")
    with socket.socket() as taken:
        taken.bind((ADDRESS, 65535))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "controlplane.cli", "provision", "-c", str(config)],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr

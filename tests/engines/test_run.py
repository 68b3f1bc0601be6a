"""`ctl run` on a real Asterisk: connects, follows, says how it is, and ends in order."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from controlplane.routing.spool import Mark, spool_line
from tests.engines.asterisk_container import AsteriskContainer
from tests.unit.cli.conftest import ACME, environment, run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESS, PORT = "127.0.0.71", 19187


class Controller:
    """`ctl run` in a process; its log lines are read when it has ended."""

    def __init__(self, folder: Path, port: int = PORT) -> None:
        self.port = port
        self.log = folder / "run.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "controlplane.cli", "run"],
                cwd=folder,
                env=environment(),
                stdout=log,
                stderr=log,
            )

    def health(self) -> tuple[int, dict[str, Any]]:
        """0 where nothing answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/healthz", timeout=2
            ) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}

    def until(self, true: Callable[[int, dict[str, Any]], object], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not true(*self.health()):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, (self.health(), self.log.read_text()[-3000:])
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGTERM) -> list[dict[str, Any]]:
        self.process.send_signal(how)
        assert self.process.wait(20) == 0, self.log.read_text()
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Path, AsteriskContainer]]:
    (tmp_path / "acme.yaml").write_text(ACME)
    options = ("--address", ADDRESS, "--rtp", "17200-17299", "--run-port", str(PORT))
    assert run_process("init", *options, cwd=tmp_path).returncode == 0
    with AsteriskContainer(ADDRESS, tmp_path / "var/asterisk", tmp_path / "state") as engine:
        applied = run_process("apply", "acme.yaml", cwd=tmp_path)
        assert applied.returncode == 0, applied.stderr
        yield tmp_path, engine


@contextmanager
def controller(folder: Path, port: int = PORT) -> Iterator[Controller]:
    made = Controller(folder, port)
    try:
        made.until(lambda status, _: status == 200)
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.process.wait()


def test_follows_what_is_applied_and_ends_in_order(
    office: tuple[Path, AsteriskContainer],
) -> None:
    folder, _ = office
    with controller(folder) as running:
        assert running.health()[1]["revision"] == 1
        began = time.monotonic()
        run_process("set", "acme/lines/101/do_not_disturb", "yes", cwd=folder)
        running.until(lambda _, it: it["revision"] == 2)
        more = ACME.replace('"102":', '"103": {}\n  "102":')
        (folder / "acme.yaml").write_text(more)
        assert run_process("apply", "acme.yaml", cwd=folder).returncode == 0
        running.until(lambda _, it: it["revision"] == 3)
        assert time.monotonic() - began < 15

        doctor = json.loads(run_process("doctor", "-o", "json", cwd=folder).stdout)
        assert doctor[-1] == {
            "state": "ok",
            "what": "controller",
            "detail": "decides by revision 3",
            "mend": "",
        }
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics") as answer:
            metrics = answer.read().decode()
        assert 'controlplane_connected{engine="asterisk"} 1.0' in metrics
        assert "controlplane_revision_in_memory 3.0" in metrics
        lines = running.end()
    events = [line["event"] for line in lines]
    assert "flip taken" in events
    assert events[-1] == "ended"
    assert running.health()[0] == 0


def test_an_engine_that_goes_and_comes_back(office: tuple[Path, AsteriskContainer]) -> None:
    folder, engine = office
    with controller(folder) as running:
        engine.kill()
        running.until(lambda status, it: status == 503 and it["reason"].startswith("asterisk: "))
        engine.start()
        running.until(lambda status, _: status == 200, 30)
        running.end(signal.SIGINT)


def test_a_refused_password_is_one_clear_line(office: tuple[Path, AsteriskContainer]) -> None:
    folder, _ = office
    config = folder / "controlplane.yaml"
    password = config.read_text().split("password: ")[1].split("\n")[0]
    config.write_text(config.read_text().replace(password, "certainly-not-it"))
    done = run_process("run", cwd=folder)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "refuses the user 'controlplane'" in last
    assert "certainly-not-it" not in done.stderr


def test_a_second_controller_takes_over_and_the_first_says_so(
    office: tuple[Path, AsteriskContainer],
) -> None:
    folder, _ = office
    with controller(folder) as first:
        config = folder / "controlplane.yaml"
        config.write_text(config.read_text().replace(f"port: {PORT}", f"port: {PORT + 2}"))
        second = subprocess.Popen(
            [sys.executable, "-m", "controlplane.cli", "run"],
            cwd=folder,
            env=environment(),
            stderr=subprocess.DEVNULL,
        )
        try:
            assert first.process.wait(20) == 1
            assert "another controller" in first.log.read_text().lower()
        finally:
            second.terminate()
            assert second.wait(20) == 0


def test_what_an_engine_writes_of_its_calls_is_stored(
    office: tuple[Path, AsteriskContainer],
) -> None:
    folder, _ = office
    log = folder / "var/asterisk-state/log"
    log.mkdir(parents=True)
    times = {"began": "1795300000000", "ended": "1795300001000"}
    line = spool_line(Mark.MILLISECONDS, {"call": "1.0", "tenant": "acme", **times})
    with controller(folder) as running:
        (log / "calls-20261122.spool").write_text(f"{line}\n")
        found: list[dict[str, Any]] = []
        until = time.monotonic() + 15
        while not found and time.monotonic() < until:
            found = json.loads(run_process("report", "calls", "-o", "json", cwd=folder).stdout)
        running.end()
    assert [row["call"] for row in found] == ["1.0"]
    assert run_process("ingest", cwd=folder).stdout == "0 calls\n"


@pytest.mark.proves("G8", "G7")
def test_handsets_are_served_beside_calls(office: tuple[Path, AsteriskContainer]) -> None:
    """Enrolled by `ctl`, its file holds the account that the engine has; a flip through `ctl` is in
    the next fetch, and `/metrics` counts both."""
    folder, _ = office
    served = f"http://{ADDRESS}:{PORT + 1}"
    with (folder / "controlplane.yaml").open("a") as file:
        settings = f"address: {ADDRESS}, port: {PORT + 1}, public_url: '{served}'"
        file.write(f"provisioning: {{{settings}}}\n")
    made = run_process("handset", "enrol", "acme/LDN-07", "-o", "json", cwd=folder)
    url = json.loads(made.stdout)["url"]
    with controller(folder) as running:
        body = _fetched(f"{url}001565aabbcc.cfg")
        assert "account.1.user_name = acme.LDN-07\n" in body
        own = next(it for it in body.splitlines() if "auto_provision.server.url" in it)
        own = own.partition(" = ")[2]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            _fetched(f"{url}001565aabbcc.cfg")
        assert "101 Ada Byron" in _fetched(f"{own}001565aabbcc.cfg")
        done = run_process("set", "acme/users/ada/first", "Augusta", cwd=folder)
        assert done.returncode == 0, done.stderr
        end = time.monotonic() + 20
        while "101 Augusta Byron" not in _fetched(f"{own}001565aabbcc.cfg"):
            assert time.monotonic() < end
            time.sleep(0.1)
        metrics = _fetched(f"http://127.0.0.1:{PORT}/metrics")
        assert 'controlplane_provisioning_events_total{event="enrolled"} 1.0' in metrics
        assert 'controlplane_provisioning_responses_total{status="404"} 1.0' in metrics
        lines = running.end()
    assert url.rstrip("/").rpartition("/")[2] not in json.dumps(lines)
    assert own.rstrip("/").rpartition("/")[2] not in json.dumps(lines)


def _fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())

"""Groups that go by past calls, on a real Asterisk: a restarted controller chooses the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import phones
from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.test_run import Controller, controller
from tests.phones import Manner
from tests.unit.cli.conftest import run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ADDRESS, PHONES, PORT = "127.0.0.151", "127.0.0.152", 19251

LINES = ("101", "102", "103", "104")
OFFICE = """\
tenant: past
lines: {"101": {}, "102": {}, "103": {}, "104": {}}
groups:
  idle: {extension: "701", strategy: longest-idle, members: [101, 102, 103], ring: 3s}
  fewest: {extension: "702", strategy: fewest-calls, members: [101, 102, 103], ring: 3s}
  turns: {extension: "703", strategy: round-robin, members: [101, 102, 103], ring: 3s}
  wraps: {extension: "704", strategy: linear, members: [102, 103], ring: 3s, wrap_up: 600s}
handsets:
""" + "".join(f"  P{line}: {{line: {line}, sip_password: secret}}\n" for line in LINES)


@dataclass
class Office:
    folder: Path
    bank: phones.PhoneBank
    ended: int = 0

    def call(self, called: str) -> str:
        """104 calls; the handset that answered, "" for none."""
        since = time.time()
        caller = phones.Caller("past.P104", "secret")
        self.bank.place(caller, called, Manner(hang_up_after=0.2)).wait()
        seen = self.bank.observed(since=since)
        self.ended += 1
        self._until_stored()
        return "".join(one.called.removeprefix("past.P") for one in seen if one.answered)

    def _until_stored(self) -> None:
        until = time.monotonic() + 20
        while self._stored() < self.ended:
            assert time.monotonic() < until, "the call is not stored"
            time.sleep(0.2)
        # What is stored is told to the driver behind it.
        time.sleep(0.5)

    def _stored(self) -> int:
        done = run_process("report", "calls", "--tenant", "past", "-o", "json", cwd=self.folder)
        return len(json.loads(done.stdout))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "past.yaml").write_text(OFFICE)
    options = ("--address", ADDRESS, "--rtp", "17400-17499", "--run-port", str(PORT), "--no-nat")
    assert run_process("init", *options, cwd=tmp_path).returncode == 0
    (tmp_path / "var/asterisk-state").mkdir(parents=True, exist_ok=True)
    engine = AsteriskContainer(ADDRESS, tmp_path / "var/asterisk", tmp_path / "var/asterisk-state")
    with engine, phones.PhoneBank(ADDRESS, PHONES) as bank:
        applied = run_process("apply", "past.yaml", cwd=tmp_path)
        assert applied.returncode == 0, applied.stderr
        accounts = {phones.Phone(f"past.P{line}", "secret"): phones.ANSWERS for line in LINES}
        bank.register_all(accounts)
        yield Office(tmp_path, bank)


@pytest.mark.proves("H1")
def test_a_restarted_controller_knows_the_calls_before(office: Office) -> None:
    with controller(office.folder, PORT) as first:
        assert [office.call(it) for it in ("101", "103", "702", "702")] == [
            "101",
            "103",
            "101",
            "102",
        ]
        assert office.call("703") == "101"
        assert office.call("701") == "103", "who was idle for longest"
        _killed(first)
    with controller(office.folder, PORT) as second:
        assert office.call("701") == "102", "who was idle for longest"
        assert office.call("702") == "103", "who took the fewest calls of the group"
        assert office.call("703") == "102", "whose turn it is"
        assert office.call("704") == "", "whose last call ended a moment ago"
        second.end()


def _killed(running: Controller) -> None:
    running.process.kill()
    running.process.wait(10)

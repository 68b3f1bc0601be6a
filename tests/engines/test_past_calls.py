"""Groups that go by past calls, on a real engine: what is restarted chooses as before."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import phones
from tests.engines.deployed import Engine, engine_of, initialised
from tests.engines.test_run import Controller, controller
from tests.phones import Manner
from tests.unit.cli.conftest import run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.151", "127.0.0.152", 19251),
    "freeswitch": ("127.0.0.153", "127.0.0.154", 19253),
}

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
    engine: Engine
    bank: phones.PhoneBank
    port: int
    ended: int = 0

    def answers(self, called: str) -> str:
        """104 calls; the handset that answered, "" for none."""
        since = time.time()
        caller = phones.Caller("past.P104", "secret")
        self.bank.place(caller, called, Manner(hang_up_after=0.2)).wait()
        seen = self.bank.observed(since=since)
        return "".join(one.called.removeprefix("past.P") for one in seen if one.answered)

    def call(self, called: str) -> str:
        """As `answers`, and waits until the call is stored."""
        answered = self.answers(called)
        self.ended += 1
        self._until_stored()
        return answered

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

    def register(self) -> None:
        accounts = {phones.Phone(f"past.P{line}", "secret"): phones.ANSWERS for line in LINES}
        self.bank.register_all(accounts)


@pytest.fixture(params=sorted(PLACES))
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    kind: str = request.param
    address, phone_address, port = PLACES[kind]
    (tmp_path / "past.yaml").write_text(OFFICE)
    initialised(tmp_path, kind, address, "--rtp", "17400-17499", "--run-port", str(port))
    engine = engine_of(tmp_path, kind, address)
    with engine, phones.PhoneBank(address, phone_address) as bank:
        applied = run_process("apply", "past.yaml", cwd=tmp_path)
        assert applied.returncode == 0, applied.stderr
        made = Office(tmp_path, engine, bank, port)
        made.register()
        yield made


@pytest.mark.proves("H1")
def test_a_restarted_controller_knows_the_calls_before(office: Office) -> None:
    with controller(office.folder, office.port) as first:
        assert [office.call(it) for it in ("101", "103", "702", "702")] == [
            "101",
            "103",
            "101",
            "102",
        ]
        assert office.call("703") == "101"
        assert office.call("701") == "103", "who was idle for longest"
        _killed(first)
    with controller(office.folder, office.port) as second:
        assert office.call("701") == "102", "who was idle for longest"
        assert office.call("702") == "103", "who took the fewest calls of the group"
        assert office.call("703") == "102", "whose turn it is"
        assert office.call("704") == "", "whose last call ended a moment ago"
        second.end()


@pytest.mark.proves("H1", "H9")
def test_a_restarted_engine_knows_whose_turn_it_is_without_a_controller(office: Office) -> None:
    def turns(group: str) -> list[str]:
        return [office.answers(group) for _ in range(2)]

    assert turns("703") == ["101", "102"]
    # The engine's store is on its disk a second later at most.
    time.sleep(2)
    office.engine.kill()
    office.engine.start()
    office.register()
    assert turns("703") == ["103", "101"]


def _killed(running: Controller) -> None:
    running.process.kill()
    running.process.wait(10)

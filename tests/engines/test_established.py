"""Established calls and the controller: killed and started again, none drops, none lingers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import phones
from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.deployed import Engine, engine_of, initialised
from tests.engines.test_run import controller
from tests.unit.cli.conftest import run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.15", "127.0.0.16", 9192),
    "freeswitch": ("127.0.0.17", "127.0.0.18", 9193),
}
"""Of the engine, of the phones, and the controller's port."""

CALLS, FIRST = 50, 200
TENANT = "calls"


def _model() -> str:
    numbers = range(FIRST, FIRST + 2 * CALLS)
    lines = [f"tenant: {TENANT}", "lines:"]
    lines += [f'  "{number}": {{ring: 20s}}' for number in numbers]
    lines.append("handsets:")
    lines += [f"  H{it}: {{line: {it}, sip_password: {_password(it)}}}" for it in numbers]
    return "\n".join(lines) + "\n"


def _password(number: int) -> str:
    return f"phone-password-{number}"


@dataclass
class Office:
    folder: Path
    engine: Engine
    bank: phones.PhoneBank
    port: int

    def channels(self) -> int:
        """Those that the engine has now."""
        if isinstance(self.engine, AsteriskContainer):
            counted = re.search(
                r"(\d+) active channel", self.engine.cli("core show channels count")
            )
        else:
            counted = re.search(r"(\d+) total", self.engine.api("show", "channels count"))
        assert counted
        return int(counted[1])

    def register(self) -> None:
        self.bank.register_all(
            {
                phones.Phone(f"{TENANT}.H{it}", _password(it)): phones.Answers(after=0.2)
                for it in range(FIRST, FIRST + 2 * CALLS)
            }
        )

    def place(self, number: int, seconds: float) -> phones.PlacedCall:
        caller = phones.Caller(f"{TENANT}.H{number}", _password(number))
        return self.bank.place(caller, str(number + CALLS), phones.Manner(hang_up_after=seconds))


@pytest.fixture(params=sorted(PLACES))
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    kind: str = request.param
    address, at, port = PLACES[kind]
    initialised(tmp_path, kind, address, "--rtp", "16000-16999", "--run-port", str(port))
    (tmp_path / "calls.yaml").write_text(_model())
    with ExitStack() as stack:
        engine = stack.enter_context(engine_of(tmp_path, kind, address))
        applied = run_process("apply", "calls.yaml", cwd=tmp_path)
        assert applied.returncode == 0, applied.stderr
        bank = stack.enter_context(phones.PhoneBank(address, at))
        yield Office(tmp_path, engine, bank, port)


@pytest.mark.proves("H9")
def test_fifty_calls_outlive_the_controller(office: Office) -> None:
    office.register()
    with controller(office.folder, office.port) as killed:
        placed = [office.place(it, 40) for it in range(FIRST, FIRST + CALLS)]
        assert all(call.wait_answered(20) for call in placed)
        assert office.channels() == 2 * CALLS
        killed.process.kill()
        killed.process.wait()
        decided = killed.log.read_text().count('"call decided"')
        assert decided == CALLS
        time.sleep(2)
        assert office.channels() == 2 * CALLS, "a call dropped when the controller was killed"
    with controller(office.folder, office.port):
        time.sleep(3)
        assert office.channels() == 2 * CALLS, "a call dropped when the controller came back"
        results = [call.wait() for call in placed]
    assert all(one.answered and one.ended_by == "phone" for one in results)
    assert all(one.seconds is not None and one.seconds > 20 for one in results)
    until = time.monotonic() + 5
    while office.channels() and time.monotonic() < until:
        time.sleep(0.2)
    assert office.channels() == 0, "a channel lingers after its call"

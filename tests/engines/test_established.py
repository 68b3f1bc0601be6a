"""Established calls and the controller: killed and started again, none drops, none lingers."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.store.store import Store
from examples.stack import Stack
from tests import network, phones

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ENGINE, PHONES = "127.0.0.15", "127.0.0.16"
CALLS, FIRST = 50, 200
TENANT = "calls"


def _model() -> str:
    lines = [f"tenant: {TENANT}", "lines:"]
    lines += [f'  "{number}": {{ring: 20s}}' for number in range(FIRST, FIRST + 2 * CALLS)]
    lines.append("handsets:")
    lines += [f"  H{number}: {{line: {number}}}" for number in range(FIRST, FIRST + 2 * CALLS)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path / "stack", address=ENGINE, run_port=9192, network=network.mode())
    try:
        made.init()
        made.start_engine()
        file = tmp_path / "calls.yaml"
        file.write_text(_model())
        made.ctl("apply", str(file), "--yes")
        made.start_controller()
        yield made
    finally:
        made.down()


def _channels(stack: Stack) -> int:
    """Channels the engine has now."""
    done = subprocess.run(
        ["docker", "exec", stack.container, "asterisk", "-rx", "core show channels count"],
        capture_output=True,
        text=True,
        check=True,
    )
    counted = re.search(r"(\d+) active channel", done.stdout)
    assert counted, done.stdout
    return int(counted[1])


@pytest.mark.proves("H9")
def test_fifty_calls_outlive_the_controller(stack: Stack) -> None:
    with Store.open(f"sqlite:///{stack.folder / 'controlplane.sqlite'}") as store:
        passwords = dict(store.load(TENANT).secrets)
    with phones.PhoneBank(ENGINE, PHONES) as bank:
        bank.register_all(
            {
                phones.Phone(f"{TENANT}.{name}", password): phones.Answers(after=0.2)
                for name, password in passwords.items()
            }
        )
        placed = []
        for number in range(FIRST, FIRST + CALLS):
            caller = phones.Caller(f"{TENANT}.H{number}", passwords[f"H{number}"])
            called = str(number + CALLS)
            placed.append(bank.place(caller, called, phones.Manner(hang_up_after=40)))
        assert all(call.wait_answered(20) for call in placed)
        assert _channels(stack) == 2 * CALLS

        stack.end_controller(signal.SIGKILL)
        time.sleep(2)
        assert _channels(stack) == 2 * CALLS, "a call dropped when the controller was killed"
        stack.start_controller()
        time.sleep(3)
        assert _channels(stack) == 2 * CALLS, "a call dropped when the controller came back"

        results = [call.wait() for call in placed]
        assert all(one.answered and one.ended_by == "phone" for one in results)
        assert all(one.seconds is not None and one.seconds > 20 for one in results)
        until = time.monotonic() + 5
        while _channels(stack) and time.monotonic() < until:
            time.sleep(0.2)
        assert _channels(stack) == 0, "a channel lingers after its call"

"""genesis beside us, in an environment of its own: its pins (Python below 3.13, typer, rich,
uvicorn, OpenTelemetry) do not go with ours. The same engines, the same conversation."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests import network
from tests.unit.live.esl.conversation import EXPECTED, one_call, one_client
from tests.unit.live.esl.made_up_engine import PASSWORD, call_to, engine
from tests.unit.live.esl.peers.program import genesis, running

pytestmark = pytest.mark.timeout(300)

VERSION = "2026.10.18"


@pytest.fixture(scope="session")
def program(pytestconfig: pytest.Config) -> tuple[str, ...]:
    """Made once, and kept in pytest's cache."""
    if sys.version_info >= (3, 13):
        pytest.skip("genesis wants a Python below 3.13")
    assert pytestconfig.cache is not None
    home = Path(pytestconfig.cache.mkdir(f"genesis-{VERSION}"))
    interpreter, complete = home / "bin/python", home / "complete"
    if not complete.exists():
        venv.create(home, with_pip=True, clear=True)
        install = [interpreter, "-m", "pip", "install", "--quiet", f"genesis=={VERSION}"]
        with network.outside():
            done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"genesis {VERSION} could not be installed: {done.stderr[-300:]}")
        complete.touch()
    return genesis(interpreter)


async def test_genesis_sees_the_same_call(program: tuple[str, ...]) -> None:
    async with running(program, "server") as peer:
        async with call_to(await peer.next(60)) as made_up:
            executed = await asyncio.wait_for(one_call(made_up), 20)
        assert await peer.next() == EXPECTED
    assert executed == ["answer", "playback tone", "playback tone"]


async def test_genesis_hears_the_same(program: tuple[str, ...]) -> None:
    async with engine(one_client) as made_up:
        arguments = ("client", "127.0.0.1", made_up.port, PASSWORD, 0.3)
        wanted = ("api status é", "event plain HEARTBEAT", "noop")
        async with running(program, *arguments, *wanted) as peer:
            told = await peer.next(60)
    assert told["replies"][0] == "Zoë: status é"
    first, second = told["events"]
    assert (first["Event-Info"], first["Up-Time"]) == ("Zoë: 100 %", "1 day, 2 h")
    assert second["Event-Info"] == "second"

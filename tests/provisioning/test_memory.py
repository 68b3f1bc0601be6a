"""Memory stays flat over storms: what is free again is given back, in the process that serves."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from controlplane.web.provisioning import memory
from controlplane.web.provisioning.counts import Counts
from tests.bench import boot_storm
from tests.bench.process import resident_mb
from tests.bench.provisioning_stand import stand

HANDSETS = 1000


async def test_once_whenever_many_have_ended_and_few_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(memory, "LOOKS", 1_000_000)
    counts, given = Counts(), []
    giving = asyncio.create_task(memory.run(counts, lambda: given.append(counts.ended)))
    await asyncio.sleep(0)

    async def now(connections: int, ended: int, seconds: float = 0.15) -> list[int]:
        counts.connections, counts.ended = connections, ended
        await asyncio.sleep(seconds)
        return given

    assert await now(0, memory.MANY - 1) == []
    assert await now(memory.FEW + 1, memory.MANY) == []
    assert await now(memory.FEW, memory.MANY + 1) == [memory.MANY + 1]
    assert len(await now(0, 2 * memory.MANY)) == 1, "not so many since"
    busy = 3 * memory.MANY
    assert len(await now(1000, busy)) == 1
    monkeypatch.setattr(memory, "LOOKS", 5)
    assert await now(1000, busy) == [memory.MANY + 1, busy]
    giving.cancel()


@pytest.mark.timeout(120)
def test_memory_stays_flat_over_storms(tmp_path: Path) -> None:
    """Each handset over TLS, with six requests, two hundred at a time."""
    made, after = stand(tmp_path, HANDSETS, tls=True), []
    with made.server(core=None) as pid:
        for _ in range(4):
            boot_storm.storm(made)
            time.sleep(2.5 * memory.LOOK_SECONDS)
            after.append(resident_mb(pid))
    assert after[-1] < after[0] + 4, after


def test_where_the_library_cannot_give_back_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.give_back()

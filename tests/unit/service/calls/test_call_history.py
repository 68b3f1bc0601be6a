"""A running controller keeps reading: also behind trouble with the store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from controlplane.routing.spool import Mark, spool_line
from controlplane.service.calls.call_history import CallHistory
from controlplane.store.schema import calls
from controlplane.store.store import Store
from tests.unit.service.conftest import new_deployment


def append(log: Path, text: str) -> None:
    with (log / "calls-20261122.spool").open("a") as file:
        file.write(text)


def call(number: int) -> str:
    times = {"began": "1795300000000", "ended": "1795300001000"}
    fields = {"call": f"1.{number}", "tenant": "acme", **times}
    return spool_line(Mark.MILLISECONDS, fields) + "\n"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)


async def test_it_reads_on_whatever_happens(tmp_path: Path) -> None:
    deployment = new_deployment(tmp_path)
    log = tmp_path / "state/log"
    log.mkdir(parents=True)
    failed: list[str] = []
    with Store.open(deployment.database, lock_seconds=0.1) as store:

        def stored() -> int:
            with store.database.read() as connection:
                return int(connection.execute(select(func.count()).select_from(calls)).scalar_one())

        history = CallHistory(store, deployment, dict, failed.append, look_seconds=0.02)
        running = asyncio.create_task(history.run())
        append(log, call(0))
        await until(lambda: stored() == 1)
        other = sqlite3.connect(tmp_path / "controlplane.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        append(log, call(1) + "garbage\n")
        await until(lambda: failed == ["history"])
        other.execute("ROLLBACK")
        other.close()
        await until(lambda: stored() == 2)
        await until(lambda: failed == ["history", "spool"])
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_old_calls_go_where_that_is_wanted(tmp_path: Path) -> None:
    deployment = new_deployment(tmp_path)
    kept = deployment.run.model_copy(update={"history_days": 1})
    log = tmp_path / "state/log"
    log.mkdir(parents=True)
    old = {"began": "1000000000000", "ended": "1000000001000"}
    append(log, spool_line(Mark.MILLISECONDS, {"call": "1", "tenant": "acme", **old}) + "\n")
    with Store.open(deployment.database) as store:
        wanted = deployment.model_copy(update={"run": kept})
        history = CallHistory(store, wanted, dict, lambda _: None, look_seconds=0.02)
        history._look([history._ingest, history._forget])
        with store.database.read() as connection:
            assert connection.execute(select(func.count()).select_from(calls)).scalar() == 0

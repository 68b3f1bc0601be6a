"""From spool to store exactly once: killed anywhere, torn, rotated, cut, by two at once."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from controlplane.diagnostics import Faults
from controlplane.history.ingest import Ingester
from controlplane.reports import calls as calls_report
from controlplane.reports import group as group_report
from controlplane.reports import line as line_report
from controlplane.reports.report import Asked
from controlplane.routing.spool import Mark, spool_line
from controlplane.store import call_log
from controlplane.store.call_log import CallOutcome
from controlplane.store.schema import calls, spools
from controlplane.store.store import Store

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
TOP = Path(__file__).parents[2]


def line(at: int, **fields: str) -> str:
    """A call of line 101 to group sales, which 102 answers after 2 s and ends after 3 more."""
    began = 1_795_300_000_000 + at * 1000
    usual = {
        **{"call": f"1795300000.{at}", "tenant": "acme", "handset": "A1", "number": "101"},
        **{"dialled": "600", "began": str(began), "ended": str(began + 5000), "talked": "3000"},
        **{"step": "ring", "peer": "acme.B1", "line": "102", "what": "PJSIP/acme.B1"},
        **{"seen": "&group/sales&line/102", "cause": "16", "routine": "r", "name": "Ada"},
    }
    return spool_line(Mark.MILLISECONDS, {**usual, **fields}) + "\n"


def lines(first: int, count: int) -> str:
    return "".join(line(number) for number in range(first, first + count))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "log"
    found.mkdir()
    return found


@pytest.fixture
def spool(folder: Path) -> Path:
    return folder / "calls-20261122.spool"


@pytest.fixture
def ingester(store: Store, folder: Path) -> Ingester:
    return Ingester(store, {"pbx": folder}, dict, chunk_bytes=1)


def stored(store: Store) -> list[str]:
    with store.database.read() as connection:
        return sorted(
            connection.execute(select(calls.c.call)).scalars(),
            key=lambda call: int(call.partition(".")[2]),
        )


def wanted(count: int) -> list[str]:
    return [f"1795300000.{number}" for number in range(count)]


def append(spool: Path, text: str) -> None:
    with spool.open("a", encoding="utf-8", newline="") as file:
        file.write(text)


def test_each_call_once(store: Store, ingester: Ingester, spool: Path) -> None:
    assert ingester.ingest(NOW).calls == 0
    append(spool, lines(0, 3))
    assert ingester.ingest(NOW).calls == 3
    assert ingester.ingest(NOW).calls == 0
    append(spool, lines(3, 2000))
    assert ingester.ingest(NOW).calls == 2000
    assert stored(store) == wanted(2003)


def test_half_a_line_waits(store: Store, ingester: Ingester, spool: Path) -> None:
    text = lines(0, 2)
    for cut in (3, len(text) // 2 - 1, len(text) // 2, len(text) - 1):
        spool.write_text(text[:cut])
        ingester.ingest(NOW)
        assert stored(store) == wanted(text[:cut].count("\n"))
    spool.write_text(text)
    ingester.ingest(NOW)
    assert stored(store) == wanted(2)


def test_what_is_no_call_is_kept_aside(store: Store, ingester: Ingester, spool: Path) -> None:
    append(spool, "\x00\x07garbage\n" + line(0)[:60] + line(0) + "\n" + line(1, began="x"))
    append(spool, "é" * 40_000 + "\n" + line(1) + line(2, call=""))
    done = ingester.ingest(NOW)
    assert (done.calls, stored(store)) == (2, wanted(2))
    with store.database.read() as connection:
        found = call_log.faults(connection)
    reasons = [fault[3] for fault in found]
    assert len(found) == done.faults
    assert {"no call", "not whole", "no time", "no call or no tenant"} == set(reasons)
    assert ingester.ingest(NOW).faults == 0


def test_a_line_without_end_is_not_waited_for(ingester: Ingester, spool: Path) -> None:
    append(spool, line(0) + "x" * 200_000)
    assert ingester.ingest(NOW).calls == 1
    append(spool, "\n" + line(1))
    assert ingester.ingest(NOW).calls == 1


def test_a_renamed_file_is_the_same(store: Store, ingester: Ingester, spool: Path) -> None:
    append(spool, lines(0, 3))
    ingester.ingest(NOW)
    append(spool, lines(3, 1))
    spool.rename(spool.with_suffix(".spool.2026-11-22-10-00-00.1"))
    append(spool, lines(4, 2))
    assert ingester.ingest(NOW).calls == 3
    assert stored(store) == wanted(6)


def test_a_file_that_is_cut_begins_anew(store: Store, ingester: Ingester, spool: Path) -> None:
    append(spool, lines(0, 5))
    ingester.ingest(NOW)
    spool.write_text(lines(5, 9))
    assert ingester.ingest(NOW).calls == 9
    spool.write_text("")
    assert ingester.ingest(NOW).calls == 0
    assert stored(store) == wanted(14)


def test_a_copy_counts_nothing_twice(store: Store, ingester: Ingester, spool: Path) -> None:
    append(spool, lines(0, 5))
    ingester.ingest(NOW)
    append(spool.with_name("calls-copy.spool"), lines(4, 1) + lines(0, 6))
    assert ingester.ingest(NOW).calls == 1
    assert stored(store) == wanted(6)


def test_two_read_at_once(store: Store, url: str, folder: Path, spool: Path) -> None:
    append(spool, lines(0, 1500))
    counted: list[int] = []

    def read() -> None:
        with Store.open(url, lock_seconds=20) as own:
            reader = Ingester(own, {"pbx": folder}, dict, chunk_bytes=1)
            counted.append(reader.ingest(NOW).calls)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counted) == 3
    assert sum(counted) == 1500
    assert stored(store) == wanted(1500)


def test_killed_at_any_moment(store: Store, url: str, folder: Path, spool: Path) -> None:
    """kill -9 in the middle of a reading process, again and again, while the engine writes."""
    random, written = Random(1), 0
    for _ in range(12):
        append(spool, lines(written, 150))
        written += 150
        words = [sys.executable, "-m", "tests.store.ingesting", url, str(folder)]
        process = subprocess.Popen(words, cwd=TOP, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.12))
        process.kill()
        process.wait()
        process.stdout.close()
        with store.database.read() as connection:
            rows = connection.execute(select(func.count()).select_from(calls)).scalar()
            read = connection.execute(select(spools.c.position)).scalar() or 0
        assert rows == spool.read_bytes()[:read].count(b"\n")
    Ingester(store, {"pbx": folder}, dict).ingest(NOW)
    assert stored(store) == wanted(written)


def test_a_store_that_is_away_for_a_while(
    store: Store, ingester: Ingester, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(spool, lines(0, 10))
    with store.database.write(), pytest.raises(Faults):
        ingester.ingest(NOW)
    assert ingester.ingest(NOW).calls == 10


def test_sums(store: Store, ingester: Ingester, spool: Path) -> None:
    append(spool, lines(0, 2))
    gone = {"peer": "", "line": "", "seen": "&group/sales", "talked": ""}
    append(spool, line(2, **gone))
    append(spool, line(3, handset="", trunk="up", number="%2B4420", name="%3D1%2B1"))
    ingester.ingest(NOW)
    asked = Asked("acme", dt.UTC)  # type: ignore[arg-type]
    (group,) = group_report.report(store, asked).records()
    assert (group["calls"], group["answered"], group["missed"]) == (4, 0, 4)
    assert (group["mean_wait"], group["group"]) == (2.75, "sales")
    found = {row["line"]: row for row in line_report.report(store, asked).records()}
    assert (found["101"]["made"], found["101"]["talk"]) == (3, 6.0)
    assert (found["102"]["received"], found["102"]["answered"], found["102"]["missed"]) == (3, 3, 0)
    assert found["102"]["mean_ring"] == 2.0
    one = Asked("acme", dt.UTC, line="101", outcome=CallOutcome.GONE)  # type: ignore[arg-type]
    (row,) = calls_report.report(store, one).records()
    assert (row["call"], row["wait"]) == ("1795300000.2", 5.0)
    start = dt.datetime.fromisoformat(row["began"])
    later = Asked("acme", dt.UTC, start=start)  # type: ignore[arg-type]
    assert [r["call"][-1] for r in calls_report.report(store, later).records()] == ["3", "2"]


def test_old_calls_are_forgotten(store: Store, ingester: Ingester, spool: Path) -> None:
    append(spool, lines(0, 4))
    ingester.ingest(NOW)
    second = dt.datetime.fromtimestamp(1_795_300_002, dt.UTC)
    with store.database.write() as connection:
        assert call_log.forget_before(connection, second) == 2
    assert stored(store) == wanted(4)[2:]
    assert spool.stat().st_size, "the spool is the engine's"

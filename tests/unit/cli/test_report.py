"""`ctl ingest` and `ctl report`, from a spool as an engine leaves it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.routing.spool import Mark, spool_line
from tests.unit.cli.conftest import Place

SUMMER = 1_782_907_200_000
"""2026-07-01 12:00 UTC, which is 13:00 in London."""


@pytest.fixture
def history(make_place: Callable[[], Place]) -> Place:
    made = make_place()
    made.commit()
    log = made.folder / "state/log"
    log.mkdir(parents=True)
    spool(log, 0, peer="acme.B1", line="102", talked="3000", seen="&line/102", dialled="102")
    spool(log, 1, step="release", cause="17", seen="&line/102", dialled="102", name="%3D1%2B1")
    spool(log, 2, handset="", trunk="uplink", number="+447700900123", seen="&group/sales")
    return made


def spool(log: Path, at: int, **fields: str) -> None:
    usual = {
        **{"call": f"1.{at}", "tenant": "acme", "handset": "LDN-07", "number": "101"},
        **{"began": str(SUMMER + at * 60_000), "ended": str(SUMMER + at * 60_000 + 5000)},
        **{"step": "ring", "routine": "r"},
    }
    with (log / "calls-20260701.spool").open("a") as file:
        file.write(spool_line(Mark.MILLISECONDS, {**usual, **fields}) + "\n")


def report(place: Place, *words: str) -> list[dict[str, object]]:
    found = json.loads(place.ctl("report", *words, "-o", "json").stdout)
    assert isinstance(found, list)
    return found


def test_ingest_counts_and_counts_once(history: Place) -> None:
    assert history.ctl("ingest").stdout == "3 calls\n"
    assert history.ctl("ingest").stdout == "0 calls\n"
    assert json.loads(history.ctl("ingest", "-o", "json").stdout) == {"calls": 0, "faults": 0}


def test_calls_newest_first_in_the_tenants_time(history: Place) -> None:
    rows = report(history, "calls", "--ingest")
    assert [row["call"] for row in rows] == ["1.2", "1.1", "1.0"]
    assert rows[2]["began"] == "2026-07-01T13:00:00.000+01:00"
    assert [row["outcome"] for row in rows] == ["gone", "busy", "answered"]
    table = history.ctl("report", "calls").stdout.splitlines()
    assert table[0].split()[:3] == ["BEGAN", "DIRECTION", "NUMBER"]
    assert table[3].startswith("2026-07-01 13:00:00  internal   101")


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        (("--from", "2026-07-01T13:01"), ["1.2", "1.1"]),
        (("--to", "2026-07-01T13:01"), ["1.0"]),
        (("--to", "2026-06-30"), []),
        (("--from", "2026-07-01", "--to", "2026-07-01"), ["1.2", "1.1", "1.0"]),
        (("--line", "102"), ["1.1", "1.0"]),
        (("--group", "sales"), ["1.2"]),
        (("--number", "+447700900123"), ["1.2"]),
        (("--number", "07700 900123"), ["1.2"]),
        (("--number", "101"), ["1.1", "1.0"]),
        (("--outcome", "busy"), ["1.1"]),
        (("--limit", "1"), ["1.2"]),
        (("--tenant", "nobody"), []),
    ],
)
def test_what_is_asked_for(history: Place, words: tuple[str, ...], calls: list[str]) -> None:
    history.ctl("ingest")
    assert [row["call"] for row in report(history, "calls", *words)] == calls


def test_sums(history: Place) -> None:
    history.ctl("ingest")
    lines = {row["line"]: row for row in report(history, "line")}
    assert (lines["101"]["made"], lines["101"]["talk"]) == (2, 3.0)
    assert (lines["102"]["received"], lines["102"]["missed"]) == (2, 1)
    (group,) = report(history, "group")
    assert (group["group"], group["calls"], group["missed"]) == ("sales", 1, 1)


def test_csv_holds_no_formula(history: Place) -> None:
    history.ctl("ingest")
    rows = list(csv.DictReader(io.StringIO(history.ctl("report", "calls", "-o", "csv").stdout)))
    assert rows[1]["name"] == "'=1+1"
    assert rows[0]["number"] == "+447700900123"
    assert history.ctl("-o", "json", "report", "calls", "-o", "csv").stdout.startswith("began,")


def test_a_wrong_time_is_one_clear_line(history: Place) -> None:
    wrong = history.ctl("report", "calls", "--from", "yesterday")
    assert wrong.exit_code == 1
    assert "'yesterday' is no time" in wrong.stderr
    assert history.ctl("report", "nothing").exit_code == 64

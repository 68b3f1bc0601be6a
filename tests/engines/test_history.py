"""Every call becomes one row: on each engine, with a controller, without, and one that is lost."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from controlplane.history.ingest import Ingester
from controlplane.reports import calls as calls_report
from controlplane.reports import group as group_report
from controlplane.reports import line as line_report
from controlplane.reports.report import Asked
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from controlplane.store.store import Store
from tests.conformance.asterisk import AsteriskStand
from tests.conformance.floor import LEAVES_A_MESSAGE
from tests.conformance.freeswitch import FreeSwitchStand
from tests.engines.freeswitch_process import require_freeswitch
from tests.engines.history_office import EVE, MAIN, NAME, OUTSIDE, Office, office, zone
from tests.phones import BUSY, OFFLINE, RINGS_OUT, CallResult, Manner

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "freeswitch":
        require_freeswitch()
    with office(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


class History:
    """A store of its own that reads what the engine writes from now on."""

    def __init__(self, made: Office, store: Store) -> None:
        self.made = made
        self.store = store
        known = {"acme": (compile_plan(made.system), state_of(made.system))}
        self.ingester = Ingester(store, {"pbx": made.folder / "state/log"}, lambda: known)
        self.seen = 0
        self.read()
        self.seen = len(self.rows())

    def read(self) -> None:
        done = self.ingester.ingest(dt.datetime.now(dt.UTC))
        assert done.faults == 0

    def rows(self) -> list[dict[str, Any]]:
        """Oldest first."""
        return calls_report.report(self.store, Asked("acme", zone())).records()[::-1]

    def new(self) -> dict[str, Any]:
        """The one row since the last time, and a while later still the one."""
        until = time.monotonic() + 8
        while len(self.rows()) == self.seen and time.monotonic() < until:
            time.sleep(0.1)
            self.read()
        time.sleep(0.3)
        self.read()
        rows = self.rows()[self.seen :]
        self.seen += len(rows)
        assert len(rows) == 1, rows
        return rows[0]


@pytest.fixture
def history(made: Office, tmp_path: Path) -> Iterator[History]:
    with Store.create(f"sqlite:///{tmp_path}/store.db") as store:
        yield History(made, store)


Call = Callable[[Office], CallResult]
Case = tuple[str, dict[str, Any], Call, dict[str, Any]]

INSIDE = {"direction": "internal", "number": "101", "name": NAME, "line": "101", "handset": "A-1"}
FROM_EVE = {"direction": "in", "number": "+447700900123", "name": EVE, "trunk": "uplink"}

CASES: tuple[Case, ...] = (
    (
        "answered",
        {},
        lambda o: o.call("A-1", "102"),
        {**INSIDE, "path": ["line/102"], "rang": ["102 (B1)"], "answered_by": "B1"}
        | {"answered_line": "102", "outcome": "answered", "cause": 16, "mailbox": None},
    ),
    (
        "busy",
        {"C1": BUSY},
        lambda o: o.call("A-1", "103"),
        {**INSIDE, "path": ["line/103"], "rang": ["103 (C1) - busy"], "answered_by": None}
        | {"outcome": "busy", "cause": 17, "talk": 0.0, "answered": None},
    ),
    (
        "no answer",
        {"C1": RINGS_OUT},
        lambda o: o.call("A-1", "103"),
        {**INSIDE, "rang": ["103 (C1) - no-answer"], "outcome": "no-answer", "cause": 19},
    ),
    (
        "nobody there",
        {"C1": OFFLINE},
        lambda o: o.call("A-1", "103"),
        {**INSIDE, "rang": ["103 (C1) - offline"], "outcome": "offline", "cause": 20},
    ),
    (
        "voicemail",
        {"B1": RINGS_OUT},
        lambda o: o.call("A-1", "102", LEAVES_A_MESSAGE),
        {**INSIDE, "path": ["line/102"], "rang": ["102 (B1) - no-answer"], "mailbox": "102"}
        | {"outcome": "voicemail", "answered_by": None},
    ),
    (
        "caller gone",
        {"C1": RINGS_OUT},
        lambda o: o.call("A-1", "103", Manner(abandon_after=1)),
        {**INSIDE, "rang": ["103 (C1)"], "outcome": "gone", "cause": None, "answered": None},
    ),
    (
        "forwarded",
        {},
        lambda o: o.call("A-1", "105"),
        {**INSIDE, "dialled": "105", "path": ["line/105", "line/103"], "answered_line": "103"},
    ),
    (
        "a group, one of which answers",
        {"B1": RINGS_OUT},
        lambda o: o.deliver(MAIN, "07700900123", EVE),
        {**FROM_EVE, "called": MAIN, "path": ["group/sales-uk"], "outcome": "answered"}
        | {"rang": ["102 (B1) 103 (C1)"], "answered_by": "C1", "answered_line": "103"},
    ),
    (
        "a group's overflow",
        {"B1": RINGS_OUT, "C1": RINGS_OUT},
        lambda o: o.deliver(MAIN, "07700900123", EVE),
        {**FROM_EVE, "rang": ["102 (B1) 103 (C1) - no-answer"], "outcome": "voicemail"},
    ),
    (
        "out",
        {},
        lambda o: o.call("A-1", "07700900901"),
        {"direction": "out", "dialled": "07700900901", "called": OUTSIDE, "path": []}
        | {"answered_by": OUTSIDE, "rang": [OUTSIDE], "outcome": "answered", "line": "101"},
    ),
    (
        "emergency, from a handset nobody is logged in to",
        {},
        lambda o: o.call("X1", "999"),
        {"direction": "emergency", "called": "999", "answered_by": "999", "line": None}
        | {"handset": "X1", "outcome": "answered"},
    ),
    (
        "barred",
        {},
        lambda o: o.call("X1", "102"),
        {"direction": "internal", "outcome": "barred", "cause": 21, "rang": []},
    ),
    (
        "do not disturb",
        {},
        lambda o: o.call("A-1", "104"),
        {**INSIDE, "path": ["line/104"], "outcome": "busy", "cause": 17, "rang": []},
    ),
    (
        "an unknown number",
        {},
        lambda o: o.deliver("+442071838799", "07700900123"),
        {"direction": "in", "outcome": "unknown-number", "cause": 1, "path": []},
    ),
)


@pytest.mark.parametrize("live", [False, True], ids=["static", "live"])
@pytest.mark.proves("H3")
def test_each_call_is_one_row(made: Office, history: History, live: bool) -> None:
    wrong = []
    start = dt.datetime.now(dt.UTC)
    with made.stand.controller() if live else nullcontext():
        for title, does, call, wanted in CASES:
            made.are(**does)
            before = dt.datetime.now(dt.UTC)
            call(made)
            row = history.new()
            wanted = {**wanted, "decided": "live" if live else "static", "engine": "pbx"}
            differing = {key: row[key] for key in wanted if row[key] != wanted[key]}
            if differing:
                wrong.append((title, differing))
            began, ended = map(dt.datetime.fromisoformat, (row["began"], row["ended"]))
            assert abs(began - before) < dt.timedelta(seconds=1), (title, row)
            assert began <= ended <= dt.datetime.now(dt.UTC)
            if row["outcome"] == "answered":
                assert 0.4 < row["talk"] < 0.9, (title, row)
    assert wrong == []
    made.are()
    _sums(history.store, start)


def _sums(store: Store, start: dt.datetime) -> None:
    asked = Asked("acme", zone(), start=start)
    (group,) = group_report.report(store, asked).records()
    assert (group["calls"], group["answered"], group["missed"]) == (2, 1, 1)
    assert group["answered_by"] == {"103": 1}
    lines = {one["line"]: one for one in line_report.report(store, asked).records()}
    assert (lines["101"]["made"], lines["101"]["received"]) == (9, 0)
    assert (lines["103"]["received"], lines["103"]["answered"], lines["103"]["missed"]) == (5, 2, 4)


@pytest.mark.proves("H3")
def test_a_controller_that_is_lost_while_a_phone_rings(made: Office, history: History) -> None:
    made.are(C1=RINGS_OUT)
    with made.stand.controller() as controller:
        placed = made.place("A-1", "103")
        time.sleep(0.8)
        controller.kill()
        assert placed.wait().status == 480
    row = history.new()
    assert (row["decided"], row["outcome"], row["cause"]) == ("both", "no-answer", 19)
    assert (row["path"], row["rang"], row["name"]) == (
        ["line/103"],
        ["103 (C1) - no-answer"],
        NAME,
    )
    made.are()


@pytest.mark.proves("H3")
def test_a_controller_that_is_lost_while_two_talk(made: Office, history: History) -> None:
    with made.stand.controller() as controller:
        placed = made.place("A-1", "102", Manner(hang_up_after=1.5))
        time.sleep(1.0)
        controller.kill()
        assert placed.wait().answered
    row = history.new()
    assert (row["decided"], row["outcome"], row["answered_by"]) == ("live", "answered", "B1")


def test_a_call_that_waits_for_a_controller_and_leaves(made: Office, history: History) -> None:
    made.are(C1=RINGS_OUT)
    with made.stand.controller() as controller:
        controller.hang()
        made.call("A-1", "103", Manner(patience=0.7))
        row = history.new()
        controller.kill()
    assert (row["decided"], row["outcome"], row["dialled"]) == ("nobody", "gone", "103")
    assert (row["line"], row["path"]) == ("101", ["line/103"])
    made.are()


def test_a_leg_that_the_engine_makes_itself_is_no_call(made: Office, history: History) -> None:
    match made.stand:
        case AsteriskStand():
            inside = "channel originate Local/alone@cp-after application Wait 1"
            made.stand.container.cli(inside)
        case FreeSwitchStand():
            made.stand.process.api("bgapi", "originate loopback/hangup-16/cp &park")
    made.call("A-1", "102")
    assert history.new()["outcome"] == "answered"


def test_a_second_reader_finds_the_same(made: Office, history: History) -> None:
    """Two controllers, one store: no call twice."""
    other = History(made, history.store)
    made.call("A-1", "102")
    time.sleep(0.5)
    other.read()
    history.read()
    assert len(history.rows()) == history.seen + 1

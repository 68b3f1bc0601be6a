"""Every call becomes one row: on each engine, with a controller, without, and one that is lost."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
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
from tests.conformance.floor import LEAVES_A_MESSAGE, SAYS_A_NAME
from tests.conformance.freeswitch import FreeSwitchStand
from tests.engines.freeswitch_process import require_freeswitch
from tests.engines.history_office import (
    ANSWERS,
    CONFIRMS,
    EVE,
    MAIN,
    NAME,
    OUTSIDE,
    REFUSES,
    Office,
    office,
    zone,
)
from tests.phones import BUSY, OFFLINE, RINGS_OUT, Answers, CallResult, Manner

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
        # Asterisk asks a phone to the end before it sees that the caller has left.
        until = time.monotonic() + 40
        while len(self.rows()) == self.seen and time.monotonic() < until:
            time.sleep(0.1)
            self.read()
        time.sleep(0.3)
        self.read()
        rows = self.rows()[self.seen :]
        self.seen += len(rows)
        assert len(rows) == 1, rows
        return rows[0]

    def catch_up(self) -> None:
        """What has been until now is known."""
        time.sleep(0.5)
        self.read()
        self.seen = len(self.rows())


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


ON_TERMS: tuple[Case, ...] = (
    (
        "a delayed phone answers",
        {"E1": RINGS_OUT},
        lambda o: o.call("A-1", "106"),
        {**INSIDE, "path": ["line/106"], "rang": ["106 (E1) 102 (B1)"], "answered_by": "B1"}
        | {"answered_line": "102", "outcome": "answered"},
    ),
    (
        "an answer spares the delayed phone",
        {},
        lambda o: o.call("A-1", "106"),
        {**INSIDE, "rang": ["106 (E1)"], "answered_by": "E1", "answered_line": "106"},
    ),
    (
        "the caller leaves before the delayed phone rings",
        {"E1": RINGS_OUT},
        lambda o: o.call("A-1", "106", Manner(abandon_after=0.8)),
        {**INSIDE, "rang": ["106 (E1)"], "outcome": "gone"},
    ),
    (
        "nobody of plain and delayed",
        {"E1": BUSY, "B1": BUSY},
        lambda o: o.call("A-1", "106"),
        {**INSIDE, "rang": ["106 (E1) 102 (B1) - busy"], "outcome": "busy", "cause": 17},
    ),
    (
        "who is called outside confirms",
        {"F1": RINGS_OUT},
        lambda o: o.call("A-1", "107", Manner(hang_up_after=0.6)),
        {**INSIDE, "rang": [f"107 (F1) {OUTSIDE}"], "answered_by": OUTSIDE, "answered_line": None}
        | {"direction": "internal", "outcome": "answered"},
    ),
    (
        "the phone is faster than who is asked outside",
        {"F1": Answers(after=1.2)},
        lambda o: o.call("A-1", "107", Manner(hang_up_after=0.6)),
        {**INSIDE, "rang": [f"107 (F1) {OUTSIDE}"], "answered_by": "F1", "answered_line": "107"},
    ),
    (
        "members in order, the first of whom wants no calls",
        {"B1": RINGS_OUT},
        lambda o: o.call("A-1", "601"),
        {**INSIDE, "path": ["group/in-order"], "rang": ["102 (B1) - no-answer", "103 (C1)"]}
        | {"answered_by": "C1", "answered_line": "103", "outcome": "answered"},
    ),
    (
        "nobody of the members in order",
        {"B1": BUSY, "C1": OFFLINE},
        lambda o: o.call("A-1", "601"),
        {**INSIDE, "rang": ["102 (B1) - busy", "103 (C1) - offline"], "answered_by": None},
    ),
)

SCREENED: tuple[Case, ...] = (
    (
        "screened and taken",
        {"G1": CONFIRMS},
        lambda o: o.call("A-1", "108", SAYS_A_NAME),
        {**INSIDE, "rang": ["108 (G1)"], "answered_by": "G1", "outcome": "answered"},
    ),
    (
        "screened and refused",
        {"G1": REFUSES},
        lambda o: o.call("A-1", "108", replace(SAYS_A_NAME, hang_up_after=11)),
        {**INSIDE, "path": ["line/108", "line/103"], "rang": ["108 (G1) - busy", "103 (C1)"]}
        | {"answered_by": "C1", "answered_line": "103", "outcome": "answered"},
    ),
    (
        "screened, and gone before the phone takes it",
        {"G1": Answers(after=3, hangs_up_after=4)},
        lambda o: o.call("A-1", "108", replace(SAYS_A_NAME, hang_up_after=9.5)),
        {**INSIDE, "rang": ["108 (G1)"], "answered_by": None, "answered_line": None}
        | {"outcome": "gone", "answered": None},
    ),
    (
        "gone while a name is asked for",
        {},
        lambda o: o.call("A-1", "108", Manner(hang_up_after=1, talks=True)),
        {**INSIDE, "rang": [], "outcome": "gone", "answered": None},
    ),
)


def _differing(row: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in wanted if row[key] != wanted[key]}


@pytest.mark.parametrize("live", [False, True], ids=["static", "live"])
@pytest.mark.proves("H3")
def test_who_really_rang_and_answered(made: Office, history: History, live: bool) -> None:
    wrong = []
    made.outside(CONFIRMS)
    history.catch_up()
    with made.stand.controller() if live else nullcontext():
        for title, does, call, wanted in ON_TERMS + SCREENED:
            made.are(**does)
            call(made)
            row = history.new()
            differing = _differing(row, {**wanted, "decided": "live" if live else "static"})
            if differing:
                wrong.append((title, differing))
            if row["outcome"] == "answered":
                screened = (title, does, call, wanted) in SCREENED
                low, high = (0.1, 7) if screened else (0.4, 0.9)
                # Nobody talked while the name was said and heard.
                if not low < row["talk"] < high or (screened and row["wait"] < 3):
                    wrong.append((title, row["wait"], row["talk"]))
    assert not wrong, wrong
    made.are()
    made.outside(ANSWERS)


@pytest.mark.parametrize("live", [False, True], ids=["static", "live"])
def test_who_refuses_outside_has_not_answered(made: Office, history: History, live: bool) -> None:
    made.outside(REFUSES)
    history.catch_up()
    made.are(F1=BUSY)
    with made.stand.controller() if live else nullcontext():
        made.call("A-1", "107")
        row = history.new()
    assert row["rang"] == [f"107 (F1) {OUTSIDE} - busy"]
    assert (row["outcome"], row["cause"], row["answered_by"]) == ("busy", 17, None)
    made.are()
    made.outside(ANSWERS)


@pytest.mark.parametrize("live", [False, True], ids=["static", "live"])
def test_phones_that_are_passed_over_did_not_ring(
    made: Office, history: History, live: bool
) -> None:
    made.are()
    with made.stand.controller() if live else nullcontext():
        talking = [made.place("E1", "107", Manner(hang_up_after=6))]
        assert talking[0].wait_answered()
        talking.append(made.place("G1", "102", Manner(hang_up_after=5)))
        assert talking[1].wait_answered()
        # No path is left; a member is in a call.
        assert made.call("A-1", "107").status == 486
        assert made.call("A-1", "601").answered
        for one in talking:
            one.wait()
    until = time.monotonic() + 8
    while len(history.rows()) < history.seen + 4 and time.monotonic() < until:
        time.sleep(0.2)
        history.read()
    full, passed = [row for row in history.rows()[history.seen :] if row["line"] == "101"]
    assert (full["outcome"], full["rang"], full["answered_by"]) == ("busy", [], None)
    assert (passed["rang"], passed["answered_by"]) == (["103 (C1)"], "C1")


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


@pytest.mark.proves("D4", "H3")
@pytest.mark.parametrize("live", [False, True], ids=["static", "live"])
def test_the_name_of_the_code_that_let_a_call_out(
    made: Office, history: History, live: bool
) -> None:
    presses = Manner(digits="1111#,,,,47110815#", digits_after=1.0, hang_up_after=4)
    with made.stand.controller() if live else nullcontext():
        assert made.place("H1", OUTSIDE, presses).wait().answered
    row = history.new()
    assert (row["code"], row["line"], row["answered_by"]) == ("night-shift", "109", OUTSIDE)
    assert (row["path"], row["decided"]) == ([], "live" if live else "static")
    assert "47110815" not in str(row)


@pytest.mark.proves("D4", "H3", "H9")
def test_a_controller_that_is_lost_while_a_code_is_asked_for(
    made: Office, history: History
) -> None:
    presses = Manner(digits="47110815#", digits_after=3.0, hang_up_after=4)
    with made.stand.controller() as controller:
        placed = made.place("H1", OUTSIDE, presses)
        assert placed.wait_answered()
        time.sleep(0.5)
        controller.kill()
        placed.wait()
    row = history.new()
    assert (row["code"], row["answered_by"], row["decided"]) == ("night-shift", OUTSIDE, "both")

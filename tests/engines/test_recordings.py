"""Recordings on real engines: what is heard in them, who names them, and what a full disk does."""

from __future__ import annotations

import datetime as dt
import shutil
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from controlplane.history.ingest import Ingested, Ingester
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.reports import calls as calls_report
from controlplane.reports.report import Asked
from controlplane.routing.compiler import compile_plan
from controlplane.routing.recording import FOLDER
from controlplane.routing.stored import state_of
from controlplane.service.calls.room import Room
from controlplane.store.store import Store
from tests.conformance.stand import STANDS, Stand
from tests.engines.freeswitch_process import require_freeswitch
from tests.engines.test_disk_full import full, small_disk
from tests.phones import RINGS_OUT, Answers, Caller, CallResult, Manner, Phone, PhoneBank
from tests.phones.sound import tones_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.201", "127.0.0.202"),
    "freeswitch": ("127.0.0.203", "127.0.0.204"),
}
OTHER_PLACES = {
    "asterisk": ("127.0.0.205", "127.0.0.206"),
    "freeswitch": ("127.0.0.207", "127.0.0.208"),
}
"""Of a second engine, beside the first."""

CALLER_HERTZ, CALLED_HERTZ = 440, 880
"""Of what either side says; phones say the first when they call."""

TALKS = Answers(after=0.2, talks=CALLED_HERTZ)
OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "sites": {"london": {}},
    "lines": {
        "101": {"ring": 3},
        "102": {"ring": 3, "record_calls": True},
        "103": {"ring": 3},
        "104": {"ring": 3},
        "105": {"ring": 3},
    },
    "handsets": {
        "A1": {"line": "101"},
        "B1": {"line": "102"},
        "C1": {"line": "103", "record_calls": True},
        "D1": {"line": "104"},
        "E1": {"line": "105"},
    },
}


@dataclass
class Office:
    stand: Stand
    bank: PhoneBank
    state: Path

    @property
    def files(self) -> set[Path]:
        return set((self.state / FOLDER / "acme").rglob("*.wav"))

    def load(self, **lines: dict[str, Any]) -> None:
        """The office, with settings of lines in place of theirs."""
        system = PhoneSystem.model_validate(OFFICE | {"lines": OFFICE["lines"] | lines})
        passwords = {name: f"pw-{name}" for name in system.handsets}
        view = TenantView(system, compile_plan(system), state_of(system), passwords)
        self.stand.load([view])

    def call(self, handset: str, called: str, seconds: float = 3.0) -> CallResult:
        caller = Caller(f"acme.{handset}", f"pw-{handset}")
        return self.bank.place(caller, called, Manner(hang_up_after=seconds, talks=True)).wait()


@contextmanager
def office_on(kind: str, folder: Path, address: str, phones: str) -> Iterator[Office]:
    with STANDS[kind](folder, address) as stand, PhoneBank(stand.sip, phones) as bank:
        made = Office(stand, bank, folder / "state")
        made.load()
        does = {"D1": RINGS_OUT}
        bank.register_all(
            {
                Phone(f"acme.{name}", f"pw-{name}"): does.get(name, TALKS)
                for name in OFFICE["handsets"]
            }
        )
        yield made


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "freeswitch":
        require_freeswitch()
    folder = tmp_path_factory.mktemp(request.param)
    with office_on(request.param, folder, *PLACES[request.param]) as made:
        yield made


@dataclass
class History:
    """A store that reads what the engine has written from now on."""

    office: Office
    store: Store

    def __post_init__(self) -> None:
        system = PhoneSystem.model_validate(OFFICE)
        known = {"acme": (compile_plan(system), state_of(system))}
        self.ingester = Ingester(self.store, {"pbx": self.office.state / "log"}, lambda: known)
        self.read()
        self.seen = len(self.rows())

    def read(self) -> Ingested:
        return self.ingester.ingest(dt.datetime.now(dt.UTC))

    def rows(self) -> list[dict[str, Any]]:
        asked = Asked("acme", ZoneInfo("UTC"))
        return calls_report.report(self.store, asked).records()[::-1]

    def new(self) -> tuple[dict[str, Any], Ingested]:
        """The one row since the last time."""
        until, found = time.monotonic() + 20, Ingested()
        while len(self.rows()) == self.seen and time.monotonic() < until:
            time.sleep(0.3)
            found += self.read()
        [row] = self.rows()[self.seen :]
        self.seen += 1
        return row, found


@pytest.fixture
def history(office: Office, tmp_path: Path) -> Iterator[History]:
    time.sleep(0.3)
    with Store.create(f"sqlite:///{tmp_path}/store.db") as store:
        yield History(office, store)


@pytest.mark.proves("B17", "H3")
@pytest.mark.parametrize("live", [False, True], ids=["static", "live"])
@pytest.mark.parametrize(
    ("caller", "called"), [("A1", "102"), ("B1", "101"), ("A1", "103"), ("B1", "103")],
    ids=["to a line", "from a line", "to a handset", "both"],
)  # fmt: skip
def test_both_sides_are_heard_and_the_history_names_the_file(
    office: Office, history: History, caller: str, called: str, live: bool
) -> None:
    before = office.files
    with office.stand.controller() if live else nullcontext():
        assert office.call(caller, called).answered
    [file] = office.files - before
    row, _ = history.new()
    assert file == office.state / FOLDER / row["recording"]
    heard = tones_in(file, CALLER_HERTZ, CALLED_HERTZ, 1500)
    # On a busy machine phones send less than they are to.
    assert heard[CALLER_HERTZ] > 0.5
    assert heard[CALLED_HERTZ] > 0.5
    assert heard[1500] == 0
    day, name = file.parent.name, file.stem
    assert day == f"{dt.datetime.now(dt.UTC):%Y%m%d}"
    # 122 bits of chance: RFC 4122, 4.4.
    assert (len(name), name[14]) == (36, "4")


@pytest.mark.proves("B17")
@pytest.mark.parametrize(("caller", "called"), [("A1", "102"), ("B1", "101")])
def test_a_call_is_recorded_from_its_first_moment(
    office: Office, history: History, caller: str, called: str
) -> None:
    """However short it is, and the first word of a longer one is not lacking."""
    before = office.files
    assert office.call(caller, called, 0.1).answered
    row, _ = history.new()
    assert (row["outcome"], row["recording_fault"]) == ("answered", None)
    [file] = office.files - before
    assert file == office.state / FOLDER / row["recording"]
    lacking = []
    for _ in range(3):  # On a busy machine a phone may hang up late.
        result = office.call(caller, called, 1.0)
        file = office.state / FOLDER / history.new()[0]["recording"]
        with wave.open(str(file)) as sound:
            lacking.append((result.seconds or 0) - sound.getnframes() / sound.getframerate())
    assert min(lacking) < 0.1


@pytest.mark.proves("B17")
def test_nobody_else_is_recorded(office: Office, history: History) -> None:
    before = office.files
    assert office.call("A1", "105", 1).answered
    assert history.new()[0]["recording"] is None
    assert not office.call("B1", "104", 1).answered
    assert history.new()[0]["recording"] is None
    assert office.files == before


@pytest.mark.proves("B17", "G6")
def test_a_flip_is_for_the_next_call(office: Office, history: History) -> None:
    before = office.files
    office.load(**{"105": {"ring": 3, "record_calls": True}, "102": {"ring": 3}})
    try:
        assert office.call("A1", "102", 1).answered
        assert history.new()[0]["recording"] is None
        assert office.files == before
        assert office.call("A1", "105", 1).answered
        assert history.new()[0]["recording"]
        assert len(office.files) == len(before) + 1
    finally:
        office.load()


@pytest.mark.parametrize("kind", PLACES)
def test_a_full_disk_ends_no_call_and_the_history_says_what_is_lacking(
    kind: str, tmp_path: Path
) -> None:
    if kind == "freeswitch":
        require_freeswitch()
    with (
        small_disk(tmp_path / "state" / FOLDER),
        office_on(kind, tmp_path, *OTHER_PLACES[kind]) as office,
    ):
        disk = office.state / FOLDER
        with Store.create(f"sqlite:///{tmp_path}/store.db") as store:
            history = History(office, store)
            with full(disk, 40_000):
                result = office.call("A1", "102", 6)
                assert (result.answered, result.ended_by) == (True, "phone")
                row, found = history.new()
                assert row["talk"] == pytest.approx(6, abs=1)
                assert row["recording_fault"] == "short"
                assert found.unrecorded == ((row["call"], "short"),)
            shutil.rmtree(disk / "acme")
            with full(disk):
                assert office.call("A1", "102", 6).answered
                row, _ = history.new()
                assert row["recording_fault"] in ("missing", "short")
            shutil.rmtree(disk / "acme", ignore_errors=True)
            assert office.call("A1", "102").answered
            row, _ = history.new()
            assert tones_in(disk / row["recording"], CALLED_HERTZ)[CALLED_HERTZ] > 0.5


@pytest.mark.proves("B17", "H3")
@pytest.mark.parametrize("kind", PLACES)
def test_a_disk_that_recordings_share_with_the_history_keeps_room_for_its_rows(
    kind: str, tmp_path: Path
) -> None:
    if kind == "freeswitch":
        require_freeswitch()
    with (
        small_disk(tmp_path / "state", "24m"),
        office_on(kind, tmp_path, *OTHER_PLACES[kind]) as office,
        Store.create(f"sqlite:///{tmp_path}/store.db") as store,
    ):
        history = History(office, store)
        room = Room({kind: office.state})
        assert office.call("A1", "102", 1).answered
        assert history.new()[0]["recording"]
        assert room.look() == {}
        before = office.files
        with full(office.state, 1_000_000):
            assert room.look() == {kind: False}
            assert room.look() == {}, "said once"
            assert office.call("A1", "102", 1).answered
            row, _ = history.new()
            assert (row["outcome"], row["recording"]) == ("answered", None)
            assert office.files == before
        assert room.look() == {kind: True}
        assert office.call("A1", "102", 1).answered
        assert history.new()[0]["recording"]

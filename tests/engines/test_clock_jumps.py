"""An engine whose clock jumps: calls go on, rules follow the clock, and no time is negative."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from controlplane.history.ingest import Ingester
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.reports import calls as calls_report
from controlplane.reports.report import Asked
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from controlplane.store.store import Store
from tests.conformance.stand import STANDS
from tests.engines.clock import Clock
from tests.engines.freeswitch_process import require_freeswitch
from tests.phones import ANSWERS, Caller, Manner, Phone, PhoneBank, PlacedCall

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.211", "127.0.0.212"),
    "freeswitch": ("127.0.0.213", "127.0.0.214"),
}
OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "sites": {"london": {}},
    "time_frames": {"office": {"mon-fri": "09:00-17:30"}},
    "lines": {
        "101": {"ring": 3},
        "102": {
            "ring": 3,
            "rules": [{"name": "day", "when": "office", "forward": {"always": "line/103"}}],
        },
        "103": {"ring": 3},
    },
    "handsets": {"A1": {"line": "101"}, "B1": {"line": "102"}, "C1": {"line": "103"}},
}
MORNING = dt.datetime(2026, 6, 10, 10, 30, tzinfo=dt.UTC)
"""A Wednesday."""

EVENING = dt.datetime(2026, 6, 10, 20, 30, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Jumping(Clock):
    """It goes by a file, which the engine sees at `seen_at`, and looks there each time."""

    file: Path = Path()
    seen_at: str = ""

    @property
    def environment(self) -> Mapping[str, str]:
        made = {name: text for name, text in super().environment.items() if name != "FAKETIME"}
        return {**made, "FAKETIME_TIMESTAMP_FILE": self.seen_at, "FAKETIME_NO_CACHE": "1"}

    def show(self, moment: dt.datetime) -> None:
        ahead = Clock.at(moment).ahead.total_seconds()
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead:+.0f}\n")
        new.replace(self.file)


@dataclass
class Office:
    clock: Jumping
    bank: PhoneBank
    spool: Path
    passwords: Mapping[str, str]

    def register(self) -> None:
        """Phones do so again and again: what an engine has of them may end in a jump."""
        phones = {Phone(f"acme.{name}", word): ANSWERS for name, word in self.passwords.items()}
        self.bank.register_all(phones)

    def place(self, called: str, seconds: float) -> PlacedCall:
        return self.bank.place(Caller("acme.A1", "pw-A1"), called, Manner(hang_up_after=seconds))

    def answers(self, called: str) -> str:
        """The handset that does, of a call placed now."""
        since = time.time()
        assert self.place(called, 0.5).wait().answered
        [one] = [it for it in self.bank.observed(since=since) if it.answered]
        return one.called.removeprefix("acme.")


@pytest.fixture(params=sorted(PLACES))
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    kind: str = request.param
    if kind == "freeswitch":
        require_freeswitch()
    state = tmp_path / "state"
    state.mkdir()
    file = state / "clock"
    seen_at = "/state/clock" if kind == "asterisk" else str(file)
    clock = Jumping(Clock.at(MORNING).ahead, file, seen_at)
    clock.show(MORNING)
    address, phones = PLACES[kind]
    system = PhoneSystem.model_validate(OFFICE)
    passwords = {name: f"pw-{name}" for name in system.handsets}
    view = TenantView(system, compile_plan(system), state_of(system), passwords)
    with STANDS[kind](tmp_path, address, clock) as stand, PhoneBank(stand.sip, phones) as bank:
        stand.load([view])
        made = Office(clock, bank, state / "log", passwords)
        made.register()
        yield made


def jumped(office: Office, moment: dt.datetime) -> None:
    """In the midst of a call, which goes on and lasts as long as it was to."""
    placed = office.place("103", 4)
    assert placed.wait_answered()
    time.sleep(1)
    office.clock.show(moment)
    result = placed.wait()
    assert (result.answered, result.ended_by) == (True, "phone")
    assert result.seconds == pytest.approx(4, abs=1.5)
    office.register()


@pytest.mark.proves("E2", "H3")
def test_a_clock_that_jumps(office: Office, tmp_path: Path) -> None:
    assert office.answers("102") == "C1"
    jumped(office, EVENING)
    assert office.answers("102") == "B1"
    jumped(office, MORNING)
    assert office.answers("102") == "C1"
    system = PhoneSystem.model_validate(OFFICE)
    known = {"acme": (compile_plan(system), state_of(system))}
    with Store.create(f"sqlite:///{tmp_path}/store.db") as store:
        ingester = Ingester(store, {"pbx": office.spool}, lambda: known)
        until, rows = time.monotonic() + 20, []
        while len(rows) < 5 and time.monotonic() < until:
            time.sleep(0.3)
            assert ingester.ingest(dt.datetime.now(dt.UTC)).faults == 0
            rows = calls_report.report(store, Asked("acme", ZoneInfo("UTC"))).records()
    assert len(rows) == 5
    for row in rows:
        assert row["outcome"] == "answered"
        assert row["began"] <= row["answered"] <= row["ended"]
        assert row["wait"] >= 0
        assert row["talk"] >= 0

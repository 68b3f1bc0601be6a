"""Hot-desking on real engines: login and logout at a handset, and what calls do then."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from controlplane.service.dialled.pins import pin_service
from controlplane.store.store import Store
from tests.engines.deployed import engine_of, initialised
from tests.engines.test_run import Controller, controller
from tests.phones import (
    ANSWERS,
    Answers,
    Behaviour,
    Caller,
    CallResult,
    Manner,
    Phone,
    PhoneBank,
    PlacedCall,
)
from tests.unit.cli.conftest import run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.221", "127.0.0.222", 19271),
    "freeswitch": ("127.0.0.223", "127.0.0.224", 19272),
}
"""Of the engine, of its phones, and the controller's port."""

OFFICE = """\
tenant: acme
users: {ada: {first: Ada, last: Byron}}
lines:
  "101": {label: Front}
  "102": {user: ada, ring: 30s, default_pin: "2468"}
  "103": {ring: 30s, default_pin: "1357"}
  "104": {ring: 30s}
handsets:
  A1: {line: 101, sip_password: secret}
  D1: {sip_password: secret}
  D2: {line: 104, sip_password: secret}
  D3: {sip_password: secret}
"""
PHONES = ("A1", "D1", "D2", "D3")
OWN, GAP = "8642", ",,,,"
LOGIN, LOGOUT, PORTAL = "*11", "*12", "*98"
LONG = Answers(after=3)


@dataclass
class Office:
    folder: Path
    kind: str
    bank: PhoneBank

    def ctl(self, *args: str, exits: int = 0) -> str:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def data(self, *args: str) -> Any:
        return json.loads(self.ctl(*args, "--output", "json"))

    def place(self, handset: str, called: str, manner: Manner) -> PlacedCall:
        return self.bank.place(Caller(f"acme.{handset}", "secret"), called, manner)

    def call(self, handset: str, called: str, seconds: float = 0.5) -> CallResult:
        return self.place(handset, called, Manner(hang_up_after=seconds)).wait()

    def log_in(self, handset: str, digits: str, stays: float = 4) -> CallResult:
        """`digits`: line and PIN, and a new PIN where one is asked for."""
        manner = Manner(digits=digits, digits_after=1.0, digit_gap=0.15, hang_up_after=stays)
        return self.place(handset, LOGIN, manner).wait()

    def rang(self, caller: str, called: str) -> tuple[list[str], list[str]]:
        """Who rang, and what the phone that answered showed."""
        since = time.time()
        self.call(caller, called)
        seen = [it for it in self.bank.observed(since=since) if it.rang]
        shown = [f"{it.caller.display} <{it.caller.number}>" for it in seen]
        return sorted(it.called.removeprefix("acme.") for it in seen), shown

    def are(self, **does: Behaviour) -> None:
        self.bank.register_all({Phone(f"acme.{it}", "secret"): do for it, do in does.items()})

    def login(self, handset: str) -> str | None:
        found: str | None = self.data("get", f"acme/handsets/{handset}").get("login")
        return found

    def until(self, **logins: str | None) -> None:
        end = time.monotonic() + 20
        while (now := {it: self.login(it) for it in logins}) != logins:
            assert time.monotonic() < end, f"stored is {now}"
            time.sleep(0.3)

    def settled(self) -> None:
        """What is stored has reached the engine, which hears of it a moment later."""
        end = time.monotonic() + 20
        while self.drift:
            assert time.monotonic() < end, "the engine has not what is stored"
            time.sleep(0.3)

    def commits(self) -> list[tuple[str, str]]:
        """Author and reason of those by phones, the first one first."""
        # What happens to a PIN has no revision.
        log = [it for it in self.data("log", "acme") if it["revision"] is not None]
        log.sort(key=lambda it: it["revision"])
        return [(it["author"], it["reason"]) for it in log if it["author"].startswith("line ")]

    def choose(self, line: str, pin: str = OWN) -> None:
        """The line's own PIN."""
        with closing(Store.open(f"sqlite:///{self.folder}/var/controlplane.sqlite")) as store:
            pin_service(store).choose("acme", line, pin)

    def controller(self) -> Any:
        return controller(self.folder, PLACES[self.kind][2])

    @property
    def drift(self) -> bool:
        return bool(self.data("drift")[self.kind])


def outcomes(running: Controller) -> list[str]:
    """How each step ended."""
    lines = (json.loads(line) for line in running.log.read_text().splitlines())
    return [it["after"] for it in lines if it["event"] == "call decided"]


@pytest.fixture(params=PLACES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    kind = request.param
    address, phones, port = PLACES[kind]
    (tmp_path / "acme.yaml").write_text(OFFICE)
    initialised(tmp_path, kind, address, "--rtp", "17600-17699", "--run-port", str(port))
    with ExitStack() as stack:
        stack.enter_context(engine_of(tmp_path, kind, address))
        made = Office(tmp_path, kind, stack.enter_context(PhoneBank(f"{address}:5060", phones)))
        made.ctl("apply", "acme.yaml")
        made.are(**dict.fromkeys(PHONES, ANSWERS))
        yield made


@pytest.mark.proves("G1", "G2", "G5", "C2", "C3", "H6")
def test_login_and_logout_at_the_handset(office: Office) -> None:
    assert office.call("D1", "101").status == 403, "nobody is logged in"
    assert office.rang("A1", "102") == ([], [])
    with office.controller() as running:
        # The default PIN only lets choose another; that, too, logs in.
        result = office.log_in("D1", f"102#{GAP}2468#{GAP}{OWN}#{GAP}{OWN}#", 6)
        assert result.answered
        assert outcomes(running)[2:4] == ["change", "done"]
        # The PIN that was chosen there opens the voice portal, from any phone.
        digits = Manner(digits=f"102#{GAP}{OWN}#", digits_after=1.0, digit_gap=0.15)
        office.place("A1", PORTAL, replace(digits, hang_up_after=3.0)).wait()
        assert outcomes(running).count("right") == 1
        assert office.login("D1") == "102"
        assert office.rang("A1", "102") == (["D1"], ["Front <101>"])
        assert office.rang("D1", "101") == (["A1"], ["Ada Byron <102>"])
        assert not office.drift
        # Taken, elsewhere, and a wrong PIN: the reason is heard, and nothing changes.
        office.choose("103", OWN)
        office.log_in("D1", f"103#{GAP}{OWN}#")
        office.log_in("D2", f"102#{GAP}{OWN}#")
        office.log_in("D2", f"103#{GAP}9999#", 3)
        after = [it for it in outcomes(running) if it in ("taken", "elsewhere", "wrong")]
        assert after == ["taken", "elsewhere", "wrong"]
        assert (office.login("D1"), office.login("D2")) == ("102", None)
        assert office.call("D1", LOGOUT).answered
        assert office.call("D1", "101").status == 403, "the next call obeys"
        assert office.call("A1", LOGOUT).status == 403, "its own line is no login"
        office.until(D1=None)
        # Onto a handset of another line, whose it is again afterwards.
        office.log_in("D2", f"102#{GAP}{OWN}#")
        assert office.rang("A1", "102")[0] == ["D2"]
        assert office.rang("A1", "104")[0] == []
        assert office.call("D2", LOGOUT).answered
        assert office.rang("A1", "104")[0] == ["D2"]
        office.until(D2=None)
        running.end()
    assert office.commits() == [
        ("line 102", "with its PIN, at D1"),
        ("line 102", f"dialled {LOGOUT}"),
        ("line 102", "with its PIN, at D2"),
        ("line 102", f"dialled {LOGOUT}"),
    ]
    assert not office.drift


@pytest.mark.proves("G2")
def test_of_two_who_log_in_at_once_one_is_let_in(office: Office) -> None:
    """One line at two handsets, by their keys; two lines at one handset, by `ctl`."""
    office.choose("102", OWN)
    with office.controller() as running:
        manner = Manner(digits=f"102#{GAP}{OWN}#", digits_after=1.0, digit_gap=0.15)
        manner = replace(manner, hang_up_after=5.0)
        calls = [office.place(it, LOGIN, manner) for it in ("D1", "D3")]
        assert [it.wait().answered for it in calls] == [True, True]
        assert outcomes(running).count("elsewhere") == 1, "the other hears why"
        logins = {it: office.login(it) for it in ("D1", "D3")}
        assert sorted(logins.values(), key=str) == ["102", None]
        [holder] = [it for it, line in logins.items() if line]
        assert office.rang("A1", "102")[0] == [holder]
        with ThreadPoolExecutor(2) as both:
            words = [("handset", "login", "acme/D2", line) for line in ("103", "101")]
            ends = [both.submit(run_process, *it, cwd=office.folder) for it in words]
            done = [it.result() for it in ends]
        assert sorted(it.returncode for it in done) == [0, 1]
        assert "handset D2 is taken" in "".join(it.stderr for it in done)
        won = ("103", "101")[[it.returncode for it in done].index(0)]
        assert office.login("D2") == won
        if won == "103":
            assert office.rang("A1", "103")[0] == ["D2"]
        running.end()
    assert not office.drift


@pytest.mark.proves("G1", "H9")
def test_without_a_controller_nobody_logs_in_and_everybody_can_log_out(office: Office) -> None:
    office.choose("102", OWN)
    with office.controller() as running:
        office.log_in("D1", f"102#{GAP}{OWN}#")
        office.choose("103", OWN)
        office.log_in("D2", f"103#{GAP}{OWN}#")
        assert (office.login("D1"), office.login("D2")) == ("102", "103")
        running.process.kill()
        running.process.wait()
    refused = office.log_in("D3", f"104#{GAP}{OWN}#")
    assert (refused.status, 183 in refused.provisional) == (503, True)
    assert office.rang("A1", "102")[0] == ["D1"], "bindings hold"
    assert office.rang("D1", "101")[1] == ["Ada Byron <102>"]
    for handset in ("D1", "D2"):
        assert office.call(handset, LOGOUT).answered
    assert office.call("D1", "101").status == 403
    assert office.rang("A1", "102")[0] == []
    assert office.rang("A1", "103")[0] == []
    assert office.rang("A1", "104")[0] == ["D2"], "its own line's again"
    assert office.call("D1", LOGOUT).status == 403, "once is enough"
    office.ctl("set", "acme/lines/103/ring", "9")
    assert (office.login("D1"), office.login("D2")) == (None, None)
    assert not office.drift
    assert office.rang("A1", "104")[0] == ["D2"]


@pytest.mark.proves("G5")
def test_a_login_while_it_rings_and_in_a_call_drops_nothing(office: Office) -> None:
    office.are(D2=LONG)
    rings = office.place("A1", "104", Manner(hang_up_after=6))
    calls = office.place("D3", "101", Manner(hang_up_after=0.5))
    assert calls.wait().status == 403
    time.sleep(0.5)
    office.ctl("set", "acme/handsets/D2/login", '"102"')
    assert rings.wait_answered(), "who rang for the own line still can be answered"
    office.ctl("set", "acme/handsets/D2/login", "null")
    office.ctl("set", "acme/handsets/D3/login", '"103"')
    result = rings.wait()
    assert (result.answered, result.ended_by) == (True, "phone")
    talks = office.place("D3", "101", Manner(hang_up_after=6))
    assert talks.wait_answered()
    assert office.call("D3", LOGOUT).answered
    office.ctl("set", "acme/handsets/D3/login", '"102"')
    result = talks.wait()
    assert (result.answered, result.ended_by) == (True, "phone")
    assert office.rang("A1", "102")[0] == ["D3"]


@pytest.mark.proves("G1", "H9")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
@pytest.mark.parametrize("seconds", [0.0, 4.5], ids=["before", "at the PIN"])
def test_a_controller_that_is_lost_on_the_way_logs_nobody_in(
    office: Office, how: signal.Signals, seconds: float
) -> None:
    office.choose("102", OWN)
    with office.controller() as running:
        lost = threading.Timer(seconds, running.process.send_signal, (how,))
        lost.start()
        if seconds == 0:
            lost.join()
        result = office.log_in("D1", f"102#{GAP},,,{OWN}#", 20)
        lost.join()
        assert result.ended_by == "engine" or result.status == 503
    assert office.login("D1") is None
    assert office.call("D1", "101").status == 403


@pytest.mark.proves("G1", "G2", "G4", "G5")
def test_ctl_logs_in_and_out_with_no_reload(office: Office) -> None:
    done = office.data("handset", "login", "acme/D1", "102")
    assert done["committed"]
    assert [(it["files_changed"], it["reloads"]) for it in done["engines"].values()] == [(0, [])]
    assert office.rang("A1", "102")[0] == ["D1"]
    again = office.ctl("handset", "login", "acme/D1", "102")
    assert again == "line acme/102 is already logged in to D1\nno new revision\n"
    for args, said in (
        (("acme/D1", "103"), "handset D1 is taken: line 102 (Ada Byron) is logged in there"),
        (("acme/D3", "102"), "line 102 is logged in at handset D1"),
        (("acme/D9", "102"), "there is no handset 'D9'"),
        (("acme/D1", "109"), "there is no line '109'"),
    ):
        refused = run_process("handset", "login", *args, cwd=office.folder)
        assert refused.returncode == 1
        assert said in refused.stderr
    office.ctl("handset", "login", "acme/D3", "102", "--move", "--reason", "she moved")
    assert (office.login("D1"), office.login("D3")) == (None, "102")
    assert office.rang("A1", "102")[0] == ["D3"]
    out = office.ctl("handset", "logout", "acme/D3")
    assert out.startswith("acme/D3 is logged out\nrevision ")
    assert office.rang("A1", "102")[0] == []
    assert not office.drift


@pytest.mark.proves("G1")
def test_a_running_controller_logs_out_who_is_due(office: Office) -> None:
    office.ctl("handset", "login", "acme/D1", "102")
    office.ctl("handset", "login", "acme/D2", "103")
    ago = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=2)
    office.ctl("set", "acme/settings/hot_desk/logout_at", f'"{ago:%H:%M}"')
    with office.controller():
        time.sleep(5)
        assert (office.login("D1"), office.login("D2")) == ("102", "103"), "they came later"
    database = sqlite3.connect(office.folder / "var/controlplane.sqlite")
    with closing(database), database:
        database.execute("UPDATE commits SET at = datetime(at, '-1 hour')")
    with office.controller():
        office.until(D1=None, D2=None)
        office.settled()
        assert office.call("D1", "101").status == 403
        assert office.rang("A1", "104")[0] == ["D2"]

"""Feature codes on real engines: what phones turn on and off is committed, once, by their line."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controlplane.service.changes.setting import Put, changed_setting
from controlplane.store.store import Store
from tests.engines.deployed import engine_of, initialised
from tests.engines.test_run import controller
from tests.phones import ANSWERS, Caller, CallResult, Manner, Phone, PhoneBank
from tests.unit.cli.conftest import run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.211", "127.0.0.212", 19261),
    "freeswitch": ("127.0.0.213", "127.0.0.214", 19262),
}
"""Of the engine, of its phones, and the controller's port."""

OFFICE = """\
tenant: acme
groups: {sales-uk: {extension: "600", members: ["102", "103"]}}
lines: {"101": {}, "102": {}, "103": {call_waiting: no}}
handsets:
  A1: {line: 101, sip_password: secret}
  B1: {line: 102, sip_password: secret}
  C1: {line: 103, sip_password: secret}
"""


@dataclass
class Office:
    folder: Path
    bank: PhoneBank

    def ctl(self, *args: str, exits: int = 0) -> str:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def data(self, *args: str) -> Any:
        return json.loads(self.ctl(*args, "--output", "json"))

    def call(self, handset: str, called: str) -> CallResult:
        caller = Caller(f"acme.{handset}", "secret")
        return self.bank.place(caller, called, Manner(hang_up_after=0.5)).wait()

    def line(self, extension: str) -> dict[str, Any]:
        found: dict[str, Any] = self.data("get", f"acme/lines/{extension}")
        return found

    def until(self, extension: str, **settings: Any) -> None:
        """The line is stored with exactly these settings."""
        end = time.monotonic() + 20
        while (now := self.line(extension)) != settings:
            assert time.monotonic() < end, f"stored is {now}"
            time.sleep(0.3)

    def until_group(self, **settings: Any) -> None:
        """The group is stored with these settings, among others."""
        end = time.monotonic() + 20
        while not settings.items() <= (now := self.data("get", "acme/groups/sales-uk")).items():
            assert time.monotonic() < end, f"stored is {now}"
            time.sleep(0.3)

    def commits(self) -> list[tuple[str, str]]:
        """Author and reason, the first one first."""
        log = self.data("log", "acme")
        return [(it["author"], it["reason"]) for it in sorted(log, key=lambda it: it["revision"])]


@pytest.fixture(params=PLACES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    kind = request.param
    address, phones, port = PLACES[kind]
    (tmp_path / "acme.yaml").write_text(OFFICE)
    initialised(tmp_path, kind, address, "--rtp", "17500-17599", "--run-port", str(port))
    with ExitStack() as stack:
        stack.enter_context(engine_of(tmp_path, kind, address))
        made = Office(tmp_path, stack.enter_context(PhoneBank(f"{address}:5060", phones)))
        made.ctl("apply", "acme.yaml")
        accounts = {Phone(f"acme.{name}", "secret"): ANSWERS for name in ("A1", "B1", "C1")}
        made.bank.register_all(accounts)
        yield made


def port_of(office: Office) -> int:
    text = (office.folder / "controlplane.yaml").read_text()
    return next(port for _, _, port in PLACES.values() if str(port) in text)


@pytest.mark.proves("D1", "D7", "H6")
def test_what_phones_flip_is_committed_with_and_without_a_controller(office: Office) -> None:
    with controller(office.folder, port_of(office)) as running:
        assert office.call("B1", "*78").answered
        assert office.call("A1", "102").status == 486, "the next call obeys"
        office.until("102", do_not_disturb=True)
        assert office.call("B1", "*72103").answered
        assert office.call("B1", "*79").answered
        office.until("102", forward={"always": ["line/103"]})
        running.end()
    assert office.call("B1", "*73").answered, "by the dialplan alone"
    assert office.call("C1", "*90102").answered
    assert office.call("C1", "*78").answered
    assert office.call("A1", "103").status == 486
    # Whoever commits next takes in first what the phones did.
    office.ctl("set", "acme/lines/103/ring", "9")
    assert office.line("102") == {}
    assert office.line("103") == {
        "call_waiting": False,
        "do_not_disturb": True,
        "forward": {"busy": ["line/102"]},
        "ring": 9,
    }
    assert office.call("A1", "103").status == 486, "and the engine is as before"
    assert office.data("drift") == {"asterisk": []} or office.data("drift") == {"freeswitch": []}
    by_phone = [it for it in office.commits() if it[0].startswith("line ")]
    assert by_phone == [
        ("line 102", "dialled *78"),
        ("line 102", "dialled *72103"),
        ("line 102", "dialled *79"),
        ("line 102", "dialled *73"),
        ("line 103", "dialled *90102"),
        ("line 103", "dialled *78"),
    ]


@pytest.mark.proves("H1")
def test_a_member_logs_out_and_in_with_and_without_a_controller(office: Office) -> None:
    with controller(office.folder, port_of(office)) as running:
        assert office.call("B1", "*99600").answered
        office.until_group(logged_out=["102"])
        assert office.call("B1", "*99600").answered, "twice is once"
        assert office.call("A1", "*99600").status == 403, "no member"
        running.end()
    assert office.call("C1", "*99600").answered, "by the dialplan alone"
    assert not office.call("A1", "600").answered, "the next call obeys"
    assert office.call("B1", "*96600").answered
    assert office.call("A1", "600").answered
    office.ctl("set", "acme/lines/103/ring", "9")
    office.until_group(logged_out=["103"])
    assert office.data("drift") in ({"asterisk": []}, {"freeswitch": []})
    by_phone = [it for it in office.commits() if it[0].startswith("line ")]
    assert by_phone == [
        ("line 102", "dialled *99600"),
        ("line 103", "dialled *99600"),
        ("line 102", "dialled *96600"),
    ]


@pytest.mark.proves("D3")
def test_a_flip_that_cannot_stay_is_put_back(office: Office) -> None:
    """Another turned call waiting on while nobody had read of the forward when busy."""
    assert office.call("C1", "*90102").answered
    store = Store.open(f"sqlite:///{office.folder}/var/controlplane.sqlite")
    with closing(store):
        change = changed_setting(store, "acme/lines/103/call_waiting", Put(None), "bob", "")
        store.commit(change, dt.datetime.now(dt.UTC), str, lambda *_: None)
    assert office.data("drift") in ({"asterisk": []}, {"freeswitch": []})
    assert office.line("103") == {}
    assert ("line 103", "dialled *90102") not in office.commits()
    refused = office.call("C1", "*90102")
    assert (refused.answered, refused.status) == (False, 403)

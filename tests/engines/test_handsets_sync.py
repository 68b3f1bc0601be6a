"""Handsets that fetch: told by real engines, believed once the server has served them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from controlplane.cli.root import ctl as root
from tests.engines.deployed import engine_of, initialised
from tests.fleet import VENDORS, FleetPhone
from tests.phones import ANSWERS, Phone, PhoneBank, SippFailed, Unreachable
from tests.unit.cli.conftest import environment, run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PLACES = {
    "asterisk": ("127.0.0.141", "127.0.0.142"),
    "freeswitch": ("127.0.0.143", "127.0.0.144"),
}
PORT = 18085
ACME = """\
tenant: acme
sites:
  london: {main_number: "+442071838750"}
users:
  ada: {first: Ada, last: Byron}
  bob: {first: Bob, last: Baker}
lines:
  "101": {user: ada}
  "102": {user: bob}
numbers:
  "+442071838750": {site: london, to: line/101}
handsets:
  A1: {line: 101, mac: "001565000001", model: yealink/T54W, site: london}
  B1: {line: 102, mac: "001565000002", model: yealink/T54W}
  C1: {mac: "001565000003", model: yealink/T54W, sip_password: secret-c1}
  D1: {mac: "001565000004", model: yealink/T54W}
  E1: {sip_password: secret-e1}
"""


@dataclass
class Office:
    """A deployment with an engine, and a server of handsets' files in a process of its own."""

    kind: str
    folder: Path
    bank: PhoneBank
    phones: dict[str, FleetPhone] = field(default_factory=dict)

    def ctl(self, *args: str, exits: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        assert "secret-" not in done.stdout + done.stderr
        return done

    def data(self, *args: str, exits: int = 0) -> Any:
        return json.loads(self.ctl(*args, "--output", "json", exits=exits).stdout)

    def fleet(self) -> dict[str, Any]:
        return {it["handset"]: it for it in self.data("handset", "fleet", "acme")}

    def boot(self, name: str, mac: str) -> None:
        """It is enrolled, fetches for the first time, and registers with what it read."""
        url = self.data("handset", "enrol", f"acme/{name}")["url"]
        phone = FleetPhone(VENDORS["yealink"](mac, url), PLACES[self.kind][1])
        self.phones[name] = phone
        phone.boot()

    def noted(self, *names: str) -> None:
        """Until the server has written that they have what is current."""
        until = time.monotonic() + 10
        while not all(self.fleet()[it]["current"] for it in names):
            assert time.monotonic() < until, self.fleet()
            time.sleep(0.3)


@pytest.fixture(params=sorted(PLACES))
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with _office(request.param, tmp_path, "provision") as made:
        yield made


@pytest.fixture(params=sorted(PLACES))
def run_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """With a controller, which serves handsets as well."""
    with _office(request.param, tmp_path, "run") as made:
        yield made


@contextmanager
def _office(kind: str, tmp_path: Path, verb: str) -> Iterator[Office]:
    (tmp_path / "acme.yaml").write_text(ACME)
    address, phones = PLACES[kind]
    ports = ("--rtp", "17100-17199", "--run-port", str(PORT + 1))
    config = initialised(tmp_path, kind, address, *ports)
    url = f"http://{address}:{PORT}"
    served = f"provisioning: {{address: {address}, port: {PORT}, public_url: '{url}'}}\n"
    config.write_text(config.read_text() + served)
    with ExitStack() as stack:
        stack.enter_context(engine_of(tmp_path, kind, address))
        stack.enter_context(_server(tmp_path, url, verb))
        made = Office(kind, tmp_path, stack.enter_context(PhoneBank(address, phones)))
        made.ctl("apply", "acme.yaml")
        yield made
        for phone in made.phones.values():
            phone.__exit__(None, None, None)


def shows(phone: FleetPhone, name: str) -> None:
    """Until it has fetched that; who serves it follows the store by itself."""
    until = time.monotonic() + 30
    while phone.learned is None or name not in phone.learned.account.display_name:
        assert time.monotonic() < until, phone.learned
        time.sleep(0.05)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


class _server:
    """`ctl provision` or `ctl run`, until the context ends."""

    def __init__(self, folder: Path, url: str, verb: str) -> None:
        self._folder, self._url, self._verb = folder, url, verb

    def __enter__(self) -> None:
        words = [sys.executable, "-m", "controlplane.cli", self._verb]
        self._log = (self._folder / "provision.log").open("wb")
        self._process = subprocess.Popen(
            words, cwd=self._folder, env=environment(), stdout=self._log, stderr=self._log
        )
        until = time.monotonic() + 20
        while time.monotonic() < until and self._process.poll() is None:
            try:
                urllib.request.urlopen(self._url, timeout=5)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self._folder / "provision.log").read_text())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()


@pytest.mark.proves("G7", "G8")
def test_who_has_old_files_is_told_fetches_and_has_the_new(office: Office) -> None:
    office.boot("A1", "001565000001")
    office.boot("B1", "001565000002")
    office.noted("A1", "B1")
    stands = office.fleet()
    assert set(stands["A1"]["registered"]) == {office.kind}
    assert (stands["C1"]["last_seen"], stands["C1"]["registered"]) == (None, {})
    assert office.data("drift") == {office.kind: [], "handsets": []}

    office.ctl("set", "acme/users/ada/first", "Augusta")
    [found] = office.data("drift", exits=2)["handsets"]
    assert found["address"] == "acme/handsets/A1"
    done = office.data("handset", "sync", "--tenant", "acme", "--stale")
    assert (done["handsets"], done["fetched"], done["not_fetched"]) == (1, 1, [])
    assert office.data("drift") == {office.kind: [], "handsets": []}
    learned = office.phones["A1"].learned
    assert learned is not None
    assert "Augusta" in learned.account.display_name
    rounds = {name: it.handset.rounds for name, it in office.phones.items()}
    assert rounds["A1"] == rounds["B1"] + 1, "nobody else was told"
    assert {name: it.handset.reboots for name, it in office.phones.items()} == {"A1": 0, "B1": 0}

    assert office.data("handset", "sync", "acme/B1")["fetched"] == 1, "unchanged, and fetched"


@pytest.mark.proves("G7")
def test_a_notify_that_nobody_obeys_is_counted_and_said(office: Office) -> None:
    office.bank.register_all({Phone("acme.C1", "secret-c1"): ANSWERS})
    since = time.time()
    args = ("handset", "sync", "acme/C1", "acme/D1", "--patience", "1.5", "--attempts", "2")
    done = office.data(*args, exits=1)
    assert (done["notifies"], done["notifies_lost"], done["fetched"]) == (2, 2, 0)
    assert done["not_fetched"] == [
        {"handset": "acme/C1", "result": "lost", "reason": "did not fetch"},
        {"handset": "acme/D1", "result": "offline", "reason": "is registered at no engine"},
    ]
    told = [it.header("event") for it in office.bank.requests("NOTIFY", since=since)]
    assert [it for it in told if "check" in it] == ["check-sync;reboot=false"] * 2
    untold = office.data("handset", "sync", "acme/E1", exits=1)["not_fetched"]
    assert [it["result"] for it in untold] == ["untold"]


@pytest.mark.proves("G7")
def test_a_notify_that_nobody_answers_is_lost_and_said(office: Office) -> None:
    """It is registered, and its plug was pulled."""
    office.bank.register_all({Phone("acme.C1", "secret-c1"): Unreachable()})
    args = ("handset", "sync", "acme/C1", "--patience", "1.5", "--attempts", "2")
    began = time.monotonic()
    done = office.data(*args, exits=1)
    assert time.monotonic() - began < 20
    assert (done["notifies"], done["notifies_lost"], done["fetched"]) == (2, 2, 0)
    assert [it["result"] for it in done["not_fetched"]] == ["lost"]


@pytest.mark.proves("G7")
def test_what_was_fetched_right_before_is_no_proof(office: Office) -> None:
    """It is written a moment later, when the NOTIFY has been sent that the phone does not obey."""
    office.boot("A1", "001565000001")
    phone = office.phones["A1"]
    phone.handset.events = frozenset()
    config = {"CONTROLPLANE_CONFIG": str(office.folder / "controlplane.yaml")}
    words = ("handset", "sync", "acme/A1", "--patience", "1.2", "--attempts", "1", "-o", "json")
    for _ in range(3):
        phone.handset.provision()
        done = CliRunner().invoke(root, words, env=config, prog_name="ctl")
        assert done.exit_code == 1, done.output
        assert [it["result"] for it in json.loads(done.stdout)["not_fetched"]] == ["lost"]
    assert "check-sync;reboot=false" in phone.agent.events


@pytest.mark.proves("G8")
def test_what_is_rendered_is_what_a_phone_gets_but_for_secrets(office: Office) -> None:
    office.boot("A1", "001565000001")
    learned = office.phones["A1"].learned
    assert learned is not None
    shown = office.ctl("handset", "render", "acme/A1").stdout
    assert learned.account.password not in shown
    assert "account.1.password = (hidden)" in shown
    bare = office.ctl("handset", "render", "acme/A1", "--reveal").stdout
    assert f"account.1.password = {learned.account.password}" in bare
    assert office.phones["A1"].handset.url.rstrip("/").rpartition("/")[2] not in bare, "a token"
    names = office.data("handset", "render", "acme/A1", "--names")
    assert names[0] == "001565000001.cfg"


@pytest.mark.proves("G7", "G8")
def test_a_deleted_handset_is_served_nothing_and_registered_nowhere(office: Office) -> None:
    office.boot("A1", "001565000001")
    url = office.phones["A1"].handset.url.rstrip("/") + "/001565000001.cfg"
    assert _status(url) == 200
    assert set(office.fleet()["A1"]["registered"]) == {office.kind}
    office.ctl("handset", "delete", "acme/A1", "--yes")
    until = time.monotonic() + 2
    while _status(url) != 404:
        assert time.monotonic() < until, "a handset that is no more is served"
        time.sleep(0.1)
    assert office.data("drift")[office.kind] == []


@pytest.mark.proves("G5", "G7")
def test_a_handset_whose_files_a_change_alters_is_told_by_the_controller(
    run_office: Office,
) -> None:
    office = run_office
    office.boot("A1", "001565000001")
    office.boot("B1", "001565000002")
    office.noted("A1", "B1")
    a1, b1 = office.phones["A1"], office.phones["B1"]
    others = b1.handset.rounds
    office.ctl("set", "acme/users/ada/first", "Augusta")
    shows(a1, "Augusta")
    office.ctl("handset", "edit", "acme/A1", "login=102")
    shows(a1, "Bob")
    office.noted("A1")
    time.sleep(1.0)
    rounds = a1.handset.rounds
    office.ctl("handset", "edit", "acme/A1", "record_calls=yes")
    office.ctl("set", "acme/lines/102/ring", "30")
    time.sleep(3.0)
    assert (a1.handset.rounds, a1.handset.reboots) == (rounds, 0), "its files are as they were"
    assert b1.handset.rounds - others in (0, 1), "its line was logged in elsewhere"
    office.noted("A1", "B1")


@pytest.mark.proves("G7", "G8")
def test_a_handset_that_gets_another_password_is_told_and_registers_with_it(
    office: Office,
) -> None:
    office.boot("A1", "001565000001")
    office.noted("A1")
    phone = office.phones["A1"]
    rounds, old = phone.handset.rounds, phone.learned
    office.ctl("handset", "edit", "acme/A1", "sip_password=secret-another-one")
    phone.wait_rounds(rounds + 1)
    assert old is not None
    assert phone.learned is not None
    assert phone.learned.account.password == "secret-another-one"
    assert set(office.fleet()["A1"]["registered"]) == {office.kind}
    with pytest.raises(SippFailed, match="not registered"):
        office.bank.register_all({Phone("acme.A1", old.account.password): ANSWERS})

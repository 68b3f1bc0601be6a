"""Answering rules changed with `ctl` on real engines: the next call obeys, and nothing reloads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.test_ctl import ADDRESS as ASTERISK
from tests.engines.test_ctl import Office as AsteriskOffice
from tests.engines.test_freeswitch_ctl import ADDRESS as FREESWITCH
from tests.engines.test_freeswitch_ctl import Office as FreeSwitchOffice
from tests.engines.test_freeswitch_ctl import office as freeswitch
from tests.engines.test_run import PORT as FREESWITCH_PORT
from tests.engines.test_run import controller
from tests.phones import ANSWERS, RINGS_OUT, Caller, Manner, Phone, PhoneBank
from tests.unit.cli.conftest import ACME, run_process

__all__ = ["freeswitch"]

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ASTERISK_PORT = 19188
PHONES = "127.0.0.97"
CALLER = Caller("acme.LDN-08", "hush-hush")
ALWAYS = 'time_frames: {always: {mon-sun: "00:00-24:00"}}\n'
HERE = (ASTERISK, ASTERISK_PORT), (FREESWITCH, FREESWITCH_PORT)
Office = AsteriskOffice | FreeSwitchOffice


@pytest.fixture
def asterisk(tmp_path: Path) -> Iterator[AsteriskOffice]:
    options = ["--address", ASTERISK, "--rtp", "17100-17199", "--run-port", str(ASTERISK_PORT)]
    # The phones here register from another port than the one they are called at.
    done = run_process("init", *options, "--no-nat", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with AsteriskContainer(ASTERISK, tmp_path / "var/asterisk", tmp_path / "state") as engine:
        yield AsteriskOffice(tmp_path, engine)


@pytest.fixture(params=["asterisk", "freeswitch"])
def office(request: pytest.FixtureRequest) -> Office:
    made: Office = request.getfixturevalue(request.param)
    (made.folder / "acme.yaml").write_text(ACME + ALWAYS)
    made.ctl("apply", "acme.yaml")
    return made


def rings(bank: PhoneBank) -> bool:
    """Whether a call to 101 rings its phone; it is answered, by the voicemail otherwise."""
    since = time.time()
    assert bank.call(CALLER, "101", Manner(hang_up_after=0.5)).answered
    return any(one.rang for one in bank.wait_observed("acme.LDN-07", since=since, seconds=1))


def rule(office: Office, *args: str) -> None:
    """One command that changes rules."""
    at_once(office, "rules", args[0], "acme/101", *args[1:])


def at_once(office: Office, *args: str) -> None:
    """One command that changes stored keys alone."""
    did = office.data(*args)
    for engine in did["engines"].values():
        assert engine["reloads"] == []
        assert engine["files_changed"] == 0


@pytest.mark.proves("E4", "E5")
def test_the_next_call_obeys_the_rules_as_they_are_now(office: Office) -> None:
    own = office.ctl("get", "acme/handsets/LDN-07/sip_password", "--reveal").stdout.strip()
    address, port = HERE[isinstance(office, FreeSwitchOffice)]
    with PhoneBank(address, PHONES) as bank:
        phones = [Phone(CALLER.account, CALLER.password), Phone("acme.LDN-07", own)]
        bank.register_all(dict.fromkeys(phones, ANSWERS))
        assert rings(bank)
        rule(office, "add", "quiet", "--when", "always", "do_not_disturb=yes")
        assert not rings(bank)
        rule(office, "add", "open", "--when", "always")
        assert not rings(bank)
        rule(office, "move", "open", "--first")
        assert rings(bank)
        with controller(office.folder, port) as running:
            rule(office, "disable", "open")
            running.until(lambda _, it: it["revision"] == 5)
            assert not rings(bank)
            rule(office, "delete", "quiet", "--yes")
            running.until(lambda _, it: it["revision"] == 6)
            assert rings(bank)
            running.end()


@pytest.mark.proves("H1")
def test_the_next_call_rings_the_members_of_now(office: Office) -> None:
    own = office.ctl("get", "acme/handsets/LDN-07/sip_password", "--reveal").stdout.strip()
    address, _ = HERE[isinstance(office, FreeSwitchOffice)]
    with PhoneBank(address, PHONES) as bank:
        member = Phone("acme.LDN-07", own)
        bank.register_all({Phone(CALLER.account, CALLER.password): ANSWERS, member: RINGS_OUT})

        def rung() -> bool:
            since = time.time()
            placed = bank.place(CALLER, "600", Manner(abandon_after=1))
            placed.wait()
            return any(it.rang for it in bank.observed(member.account, since=since))

        at_once(office, "set", "acme/groups/sales/members", "--remove", "102")
        assert rung()
        at_once(office, "set", "acme/groups/sales/logged_out", "--add", "101")
        assert not rung()
        at_once(office, "set", "acme/groups/sales/logged_out", "--remove", "101")
        assert rung()
        at_once(office, "set", "acme/groups/sales", "members=[102]")
        assert not rung()

"""The whole story of a change through `ctl`, on a real FreeSWITCH: every verb in a process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines.freeswitch_process import FreeSwitchProcess, require_freeswitch
from tests.engines.test_run import PORT, Controller, controller
from tests.phones import ANSWERS, Caller, Manner, Phone, PhoneBank
from tests.unit.cli.conftest import ACME, run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESS, PHONES = "127.0.0.95", "127.0.0.96"


@dataclass(frozen=True)
class Office:
    """A deployment made by `ctl init`, its engine running."""

    folder: Path
    engine: FreeSwitchProcess

    def ctl(self, *args: str, exits: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        return done

    def data(self, *args: str, exits: int = 0) -> Any:
        return json.loads(self.ctl(*args, "--output", "json", exits=exits).stdout)

    def stored_key(self, key: str) -> str:
        answer = self.engine.api("db", f"select/cp/{key}")
        return "" if answer.startswith("-ERR") else answer

    def password(self) -> str:
        return (self.folder / "controlplane.yaml").read_text().split("password: ")[1].split("\n")[0]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    require_freeswitch()
    (tmp_path / "acme.yaml").write_text(ACME)
    state = tmp_path / "state"
    options = ["--kind", "freeswitch", "--address", ADDRESS, "--live-address", ADDRESS]
    options += ["--state-folder", str(state), "--rtp", "17100-17199", "--run-port", str(PORT)]
    done = run_process("init", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    password = Office(tmp_path, None).password()  # type: ignore[arg-type]
    current = tmp_path / "var/freeswitch/current"
    with FreeSwitchProcess(ADDRESS, current, state, password=password) as engine:
        yield Office(tmp_path, engine)


@pytest.mark.proves("H6", "H7", "H8")
def test_the_story_of_a_change(office: Office) -> None:
    assert office.data("plan", "acme.yaml", exits=2)["summary"]["add"] == 10
    applied = office.data("apply", "acme.yaml", "--reason", "first")
    assert applied["engines"]["freeswitch"]["revision"] == 1
    assert office.stored_key("revision") == "1"
    assert office.ctl("plan", "acme.yaml").stdout == "acme: no change\n"

    flipped = office.data("set", "acme/lines/101/do_not_disturb", "yes")
    assert flipped["engines"]["freeswitch"]["reloads"] == []
    assert office.stored_key("acme.line.101.dnd") == "1"
    assert office.data("drift") == {"freeswitch": []}

    office.engine.api("db", "delete/cp/acme.line.101.dnd")
    [found] = office.data("drift", exits=2)["freeswitch"]
    assert "dnd" in found["address"]
    office.ctl("apply")
    assert office.data("drift") == {"freeswitch": []}

    assert office.data("rollback", "--reason", "a mistake")["revision"] == 3
    assert office.stored_key("acme.line.101.dnd") == ""
    assert office.ctl("plan", "acme.yaml").returncode == 0


def test_an_engine_that_is_down_changes_nothing(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    office.engine.kill()
    refused = office.ctl("set", "acme/lines/101/ring", "31", exits=1)
    assert refused.stderr.count("\n") == 1
    assert ADDRESS in refused.stderr
    assert office.ctl("get", "acme/lines/101/ring").stdout == "20\n"
    [esl] = [it for it in office.data("doctor", exits=1) if it["what"] == "engine freeswitch: ESL"]
    assert (esl["state"], bool(esl["mend"])) == ("fail", True)


def test_a_wrong_password_is_said_and_never_shown(office: Office) -> None:
    config = office.folder / "controlplane.yaml"
    password = office.password()
    config.write_text(config.read_text().replace(password, "certainly-not-it"))
    refused = office.ctl("apply", "acme.yaml", exits=1)
    assert "refuses the password" in refused.stderr
    findings = {it["what"]: it for it in office.data("doctor", exits=1)}
    assert findings["engine freeswitch: ESL"]["state"] == "fail"
    ended = office.ctl("run", exits=1)
    assert "refuses the password" in ended.stderr.splitlines()[-1]
    everything = str(findings) + refused.stderr + ended.stderr
    assert "certainly-not-it" not in everything
    assert password not in everything


def test_doctor_is_content_with_a_sound_deployment(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    findings = {it["what"]: it for it in office.data("doctor")}
    assert findings["engine freeswitch: ESL"]["detail"] == f"{ADDRESS}:8021"
    assert findings["engine freeswitch: revision"]["detail"] == "it runs 1"
    assert [it for it in findings.values() if it["state"] == "fail"] == []


def test_the_controller_follows_decides_and_ends_in_order(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    with PhoneBank(ADDRESS, PHONES) as bank, controller(office.folder) as running:
        phones = [Phone("acme.LDN-08", "hush-hush"), Phone("acme.LDN-07", secret(office))]
        bank.register_all(dict.fromkeys(phones, ANSWERS))
        caller = Caller("acme.LDN-08", "hush-hush")
        assert bank.call(caller, "101").answered
        office.ctl("set", "acme/lines/101/do_not_disturb", "yes")
        running.until(lambda _, it: it["revision"] == 2)
        assert bank.call(caller, "101").answered, "by the voicemail"
        (only,) = bank.observed("acme.LDN-07")
        assert only.rang
        lasting = bank.place(Caller("acme.LDN-07", phones[1].password), "102", Manner(3.0))
        assert lasting.wait_answered()
        lines = running.end()
        assert bank.call(caller, "101").answered, "without a controller too"
        result = lasting.wait()
        assert result.seconds is not None
        assert result.seconds > 2.8
    events = [line["event"] for line in lines]
    assert events.count("call decided") == 3
    assert "flip taken" in events
    assert events[-1] == "ended"


def secret(office: Office) -> str:
    path = "acme/handsets/LDN-07/sip_password"
    return office.ctl("get", path, "--reveal").stdout.strip()


def test_an_engine_that_goes_and_comes_back(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    with controller(office.folder) as running:
        office.engine.kill()
        running.until(lambda status, it: status == 503 and it["reason"].startswith("freeswitch: "))
        office.engine.start()
        running.until(lambda status, _: status == 200, 30)
        running.end()


def test_a_second_controller_stands_by_says_why_and_takes_over(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    office.ctl("apply", "acme.yaml")
    beside = tmp_path_factory.mktemp("beside")
    config = (office.folder / "controlplane.yaml").read_text()
    (beside / "controlplane.yaml").write_text(config.replace(f"port: {PORT}", f"port: {PORT + 2}"))
    with PhoneBank(ADDRESS, PHONES) as bank, controller(office.folder) as first:
        phones = [Phone("acme.LDN-08", "hush-hush"), Phone("acme.LDN-07", secret(office))]
        bank.register_all(dict.fromkeys(phones, ANSWERS))
        caller = Caller("acme.LDN-08", "hush-hush")
        second = Controller(beside, PORT + 2)
        try:
            why = f"freeswitch: cannot listen on {ADDRESS}:8084 for calls"
            second.until(lambda status, it: status == 503 and it["reason"].startswith(why))
            assert bank.call(caller, "101").answered
            assert first.health()[0] == 200
            assert decisions(first.end()) == 1
            second.until(lambda status, _: status == 200)
            assert bank.call(caller, "101").answered
            assert decisions(second.end()) == 1
        finally:
            if second.process.poll() is None:
                second.process.kill()
                second.process.wait()


def decisions(lines: list[dict[str, Any]]) -> int:
    return [line["event"] for line in lines].count("call decided")

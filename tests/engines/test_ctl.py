"""The whole story of a change through `ctl`, on a real Asterisk: every verb in a process."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines.asterisk_container import AsteriskContainer
from tests.unit.cli.conftest import ACME, environment, run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESS = "127.0.0.71"
SECRETS = ("hush-hush", "open-sesame", "2468")


@dataclass(frozen=True)
class Office:
    """A deployment made by `ctl init`, its engine running."""

    folder: Path
    engine: AsteriskContainer

    def ctl(self, *args: str, exits: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada", **env})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr
        return done

    def data(self, *args: str, exits: int = 0) -> Any:
        return json.loads(self.ctl(*args, "--output", "json", exits=exits).stdout)

    def stored_key(self, key: str) -> str:
        return self.engine.cli(f"database get cp {key}")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "acme.yaml").write_text(ACME)
    options = ("--address", ADDRESS, "--rtp", "17100-17199", "--run-port", "19188")
    done = run_process("init", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with AsteriskContainer(ADDRESS, tmp_path / "var/asterisk", tmp_path / "state") as engine:
        yield Office(tmp_path, engine)


@pytest.mark.proves("H6", "H7", "H8")
def test_the_story_of_a_change(office: Office) -> None:
    assert office.data("plan", "acme.yaml", exits=2)["summary"]["add"] == 10
    applied = office.data("apply", "acme.yaml", "--reason", "first")
    assert applied["engines"]["asterisk"]["revision"] == 1
    assert office.stored_key("revision").strip() == "Value: 1"
    assert office.ctl("plan", "acme.yaml").stdout == "acme: no change\n"
    assert office.ctl("plan").stdout == "every engine was brought to revision 1: no change\n"

    flipped = office.data("set", "acme/lines/101/do_not_disturb", "yes")
    assert flipped["engines"]["asterisk"]["reloads"] == []
    assert office.stored_key("acme/line/101/dnd").strip() == "Value: 1"
    told = office.data("explain", "--from", "102", "--to", "101")
    assert told["result"]["mailbox"] == "101"
    addresses = [why["address"] for step in told["steps"] for why in step["reasons"]]
    assert "acme/lines/101/do_not_disturb" in addresses
    assert office.data("drift") == {"asterisk": []}

    office.engine.cli("database del cp acme/line/101/dnd")
    [found] = office.data("drift", exits=2)["asterisk"]
    assert "dnd" in found["message"] + found["address"]
    office.ctl("apply")
    assert office.data("drift") == {"asterisk": []}

    assert office.data("rollback", "--reason", "a mistake")["revision"] == 3
    assert "not found" in office.stored_key("acme/line/101/dnd")
    assert office.ctl("get", "acme/lines/101/do_not_disturb").stdout == "no\n"
    [undone, done] = office.data("log", "acme/lines/101/do_not_disturb")[:2]
    assert (undone["author"], undone["reason"], undone["from"]) == ("ada", "a mistake", True)
    assert (done["revision"], done["to"]) == (2, True)
    assert office.ctl("plan", "acme.yaml").returncode == 0


@pytest.mark.proves("H8")
def test_a_saved_change_set_is_executed_exactly_or_refused(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    changed = ACME.replace("ring: 20s, v", "ring: 30s, v")
    (office.folder / "acme.yaml").write_text(changed)
    office.ctl("plan", "acme.yaml", "--out", "saved", exits=2)
    assert (office.folder / "saved").stat().st_mode & 0o777 == 0o600
    (office.folder / "acme.yaml").write_text("nothing of it counts any more")
    office.ctl("apply", "saved")
    assert office.ctl("get", "acme/lines/101/ring").stdout == "30\n"

    refused = office.ctl("apply", "saved", exits=1)
    assert "was applied meanwhile, as revision 2" in refused.stderr
    saved = (office.folder / "saved").read_text()
    (office.folder / "saved").write_text(saved.replace(": 30", ": 31"))
    assert "was edited" in office.ctl("apply", "saved", exits=1).stderr


def test_an_export_is_no_change_and_loses_no_secret(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    office.ctl("export", "acme", "--out", "exported.yaml")
    assert office.ctl("plan", "exported.yaml").stdout == "acme: no change\n"
    office.ctl("apply", "exported.yaml")
    shown = run_process("get", "acme/trunks/uplink/password", "--reveal", cwd=office.folder)
    assert shown.stdout == "open-sesame\n"
    office.ctl("export", "acme", "--out", "acme.yaml")
    assert office.ctl("plan", "acme.yaml").stdout == "acme: no change\n"


def test_every_fault_of_a_file_at_once_and_nothing_changed(office: Office) -> None:
    bad = ACME.replace("ring: 20s, v", "rign: 20s, v").replace("line: 102", "line: 109")
    (office.folder / "acme.yaml").write_text(bad)
    lines = office.ctl("apply", "acme.yaml", exits=1).stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("acme.yaml:8: acme/lines/101/rign: error: unknown key 'rign'")
    assert "did you mean 'ring'" in lines[0]
    assert "acme/handsets/LDN-08/line" in lines[1]
    assert office.ctl("get").stdout == ""


def test_an_engine_that_is_down_changes_nothing(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    office.engine.kill()
    refused = office.ctl("set", "acme/lines/101/ring", "31", exits=1)
    assert refused.stderr.count("\n") == 1
    assert ADDRESS in refused.stderr
    assert office.ctl("get", "acme/lines/101/ring").stdout == "20\n"
    assert office.ctl("drift", exits=1).stdout == ""
    findings = office.data("doctor", exits=1)
    [ari] = [it for it in findings if it["what"] == "engine asterisk: ARI"]
    assert (ari["state"], bool(ari["mend"])) == ("fail", True)


def test_a_wrong_password_is_said_and_never_shown(office: Office) -> None:
    config = office.folder / "controlplane.yaml"
    text = config.read_text()
    password = text.split("password: ")[1].split("\n")[0]
    config.write_text(text.replace(password, "certainly-not-it"))
    refused = office.ctl("apply", "acme.yaml", exits=1)
    assert "refuses the user 'controlplane'" in refused.stderr
    findings = {it["what"]: it for it in office.data("doctor", exits=1)}
    assert findings["engine asterisk: ARI"]["state"] == "fail"
    assert findings["engine asterisk: AMI"]["state"] == "fail"
    everything = str(findings) + refused.stdout + refused.stderr
    assert "certainly-not-it" not in everything
    assert password not in everything


def test_doctor_is_content_with_a_sound_deployment(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    findings = {it["what"]: it for it in office.data("doctor")}
    assert findings["engine asterisk: revision"]["detail"] == "it runs 1"
    assert [it for it in findings.values() if it["state"] == "fail"] == []
    (office.folder / "controlplane.yaml").chmod(0o644)
    findings = {it["what"]: it for it in office.data("doctor")}
    assert findings["configuration"]["state"] == "warn"
    assert findings["configuration"]["mend"].startswith("chmod 600 ")


def test_a_locked_database_is_one_line_and_changes_nothing(office: Office) -> None:
    office.ctl("apply", "acme.yaml")
    with sqlite3.connect(office.folder / "var/controlplane.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = office.ctl("set", "acme/lines/101/ring", "31", exits=1)
        other.execute("ROLLBACK")
    assert refused.stderr.count("\n") == 1
    assert "is locked by another process" in refused.stderr
    assert office.ctl("get", "acme/lines/101/ring").stdout == "20\n"
    assert office.ctl("drift").returncode == 0


def _on_a_terminal(office: Office, answer: bytes, *args: str) -> tuple[int, str]:
    """Exit code and everything shown, with a person at the terminal who types `answer`."""
    words = [sys.executable, "-m", "controlplane.cli", *args]
    child, ours = pty.fork()
    if child == 0:
        # Started in the background, a shell's child ignores SIGINT, and so would ours.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(office.folder)
        os.execve(sys.executable, words, environment({"TERM": "xterm"}))
    shown, typed = b"", 0.0
    while True:
        try:
            # Ctrl-C just before the process begins to wait for a key is seen at the next key
            # only, and a person types it again.
            if answer and b"[y/N]" in shown and time.monotonic() - typed > 2:
                os.write(ours, answer)
                typed = time.monotonic()
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            part = os.read(ours, 65536)
        except OSError:
            break
        shown += part
        if not part:
            break
    os.close(ours)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_a_person_is_shown_the_changes_and_asked(office: Office) -> None:
    code, shown = _on_a_terminal(office, b"n\n", "apply", "acme.yaml")
    assert code == 1
    assert "+ acme/lines/101" in shown
    assert "hush-hush" not in shown
    assert "nothing was changed" in shown
    assert office.ctl("get").stdout == ""
    code, shown = _on_a_terminal(office, b"y\n", "apply", "acme.yaml")
    assert code == 0, shown
    assert "runs revision 1" in shown
    assert _on_a_terminal(office, b"", "rollback", "--yes")[0] == 0
    assert office.ctl("get").stdout == ""
    code, shown = _on_a_terminal(office, b"\x03", "apply", "acme.yaml")
    assert code == 130
    assert "Traceback" not in shown


def test_init_again_keeps_what_is_there(office: Office) -> None:
    before = (office.folder / "controlplane.yaml").read_bytes()
    office.ctl("apply", "acme.yaml")
    office.ctl("init")
    assert office.ctl("get", "acme/lines/101/ring").stdout == "20\n"
    assert "not overwritten" in office.ctl("init", "--address", "127.0.0.9", exits=1).stderr
    assert (office.folder / "controlplane.yaml").read_bytes() == before
    assert (office.folder / "controlplane.yaml").stat().st_mode & 0o777 == 0o600

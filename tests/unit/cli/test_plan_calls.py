"""`ctl plan --calls` and `ctl explain` with answering rules: what a change does to calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Place

OFFICE = """
tenant: rules
timezone: Europe/London
lines:
  "101": {}
  "102": {ring: 9, rules: [{name: away, when: holidays, forward: {always: mailbox/800}}]}
mailboxes: {"800": {}}
handsets:
  A: {line: 101}
  B: {line: 102}
groups:
  idle: {extension: 600, strategy: longest-idle, wrap_up: 30s, members: [101, 102]}
time_frames:
  holidays: {calendar: GB}
  lunch: {mon-fri: 12:00-13:00}
"""
CALLS = """
- {from: 101, to: 102, at: 2026-12-25 10:00}
- {from: 101, to: 102, at: 2026-06-10 12:30}
- {from: 102, to: 101, when: {101: rings-out}}
"""


@pytest.fixture
def files(place: Place) -> tuple[Path, Path]:
    office, calls = place.folder / "rules.yaml", place.folder / "calls.yaml"
    office.write_text(OFFICE)
    calls.write_text(CALLS)
    return office, calls


def test_the_calls_that_a_change_alters(place: Place, files: tuple[Path, Path]) -> None:
    office, calls = map(str, files)
    new = json.loads(place.ctl("plan", office, "--calls", calls, "-o", "json").stdout)
    assert len(new["calls"]) == 3
    assert new["calls"][0]["before"] == "there is no extension or handset '101'"
    stored = ["--file", office, "--from", "101", "--to", "102", "-o", "json"]
    told = json.loads(place.ctl("explain", *stored, "--at", "2026-12-25 10:00").stdout)
    assert told["result"]["mailbox"] == "800"
    assert told["otherwise"] == {}
    told = json.loads(place.ctl("explain", *stored, "--at", "2026-06-10 12:30").stdout)
    assert told["otherwise"] == {
        "busy": "released: busy (17)",
        "rings-out": "released: no answer (19)",
        "offline": "released: absent (20)",
    }
    reasons = {it["address"]: it["text"] for step in told["steps"] for it in step["reasons"]}
    assert reasons["rules/lines/102/rules/away"] == "not active: holidays does not hold now"


def test_a_table_of_altered_calls(place: Place, files: tuple[Path, Path]) -> None:
    office, calls = files
    shown = place.ctl("plan", str(office), "--calls", str(calls))
    assert "call: 101 calls 102 at 2026-12-25 10:00\n" in shown.stdout
    assert "  after:  a message is left in mailbox 800\n" in shown.stdout
    calls.write_text("- {from: 103, to: 102}")
    assert (
        "none of them goes otherwise"
        in place.ctl("plan", str(office), "--calls", str(calls)).stdout
    )


def test_what_the_dialplan_alone_does_otherwise(place: Place, files: tuple[Path, Path]) -> None:
    office = str(files[0])
    shown = place.ctl("explain", "--file", office, "--from", "101", "--to", "600", "--static")
    assert "longest-idle is round-robin (rules/groups/idle/strategy)" in shown.stdout
    assert "members ring again at once (rules/groups/idle/wrap_up)" in shown.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{from: 101}", "is no list of calls"),
        ("- {from: 101}", "calls.yaml:1: calls/1/to: error: to is missing"),
        ("- {from: 101, to: 1, patience: soon}", "calls.yaml:1: calls/1/patience"),
        ("- {from: 101, to: 1}\n- {form: 101, to: 1}", "calls.yaml:2: calls/2"),
        ("- {from: [}", "calls.yaml:1"),
    ],
)
def test_calls_that_cannot_be_read(
    place: Place, files: tuple[Path, Path], text: str, words: str
) -> None:
    office, calls = files
    calls.write_text(text)
    refused = place.ctl("plan", str(office), "--calls", str(calls))
    assert refused.exit_code == 1
    assert words in refused.stderr

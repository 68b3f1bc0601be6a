"""`ctl plan --calls` and `ctl explain` with answering rules: what a change does to calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    left = (
        "  after:  voicemail 800 with the unavailable greeting; a message is left in mailbox 800\n"
    )
    assert left in shown.stdout
    assert "    active, as holidays holds now (rules/lines/102/rules/away)\n" in shown.stdout
    calls.write_text("- {from: 103, to: 102}")
    assert (
        "none of them goes otherwise"
        in place.ctl("plan", str(office), "--calls", str(calls)).stdout
    )


@pytest.fixture
def stored(place: Place, files: tuple[Path, Path]) -> Path:
    """The office is stored, with a carrier and two numbers; to be changed in its file."""
    office, _ = files
    office.write_text(OFFICE + MORE)
    place.commit(OFFICE + MORE)
    return office


def altered(place: Place, office: Path, calls: Path, old: str, new: str) -> dict[str, Any]:
    """What `plan --calls` says of a change of the file."""
    text = office.read_text()
    assert old in text
    office.write_text(text.replace(old, new, 1))
    done = place.ctl("plan", str(office), "--calls", str(calls), "-o", "json")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


MORE = """
sites: {london: {main_number: "+442071838760"}}
numbers:
  "+442071838760": {site: london, to: line/101}
  "+442071838761": {site: london, to: line/101}
trunks: {uplink: {host: 192.0.2.1}}
"""
OUTSIDE = "+447700900123"


@pytest.mark.proves("H7")
@pytest.mark.parametrize(
    ("call", "old", "new", "before", "after"),
    [
        (
            "{from: 101, to: '+447700900123'}",
            '"101": {}',
            '"101": {presented_number: "+442071838761"}',
            f"{OUTSIDE} by uplink sees +442071838760; {OUTSIDE} by uplink answers",
            f"{OUTSIDE} by uplink sees +442071838761; {OUTSIDE} by uplink answers",
        ),
        (
            "{from: 101, to: '+447700900123'}",
            '"101": {}',
            '"101": {hide_caller_id: yes}',
            "sees +442071838760;",
            "sees withheld;",
        ),
        (
            "{from: 101, to: 102, at: 2026-06-10 10:00}",
            '"102": {ring: 9,',
            '"102": {ring: 9, screening: yes,',
            "ring B for 9 s as Extension 101 <101>; B answers",
            "ring B for 9 s as Extension 101 <101>, screened; B answers",
        ),
        (
            "{from: 101, to: 102, at: 2026-06-10 10:00}",
            '"101": {}',
            '"101": {label: Ada}',
            "as Extension 101 <101>;",
            "as Ada <101>;",
        ),
        (
            "{from: 102, to: 101}",
            '"101": {}',
            '"101": {also_ring: {to: handset/B, delay: 5s}}',
            "ring A for 24 s",
            "ring A, B (after 5 s) for 24 s",
        ),
    ],
    ids=["number shown", "number hidden", "screening", "name shown", "who rings besides"],
)
def test_whatever_a_call_is_told_or_shown_alters_it(
    place: Place, files: tuple[Path, Path], stored: Path,
    call: str, old: str, new: str, before: str, after: str,
) -> None:  # fmt: skip
    files[1].write_text(f"- {call}\n")
    [found] = altered(place, stored, files[1], old, new)["calls"]
    assert before in found["before"]
    assert after in found["after"]


@pytest.mark.proves("H7")
def test_a_change_that_shows_only_when_they_are_busy(
    place: Place, files: tuple[Path, Path], stored: Path
) -> None:
    files[1].write_text("- {from: 102, to: 101}\n- {from: 102, to: 101, when: {101: busy}}\n")
    forward = '"101": {call_waiting: no, forward: {busy: mailbox/800}}'
    found = altered(place, stored, files[1], '"101": {}', forward)
    [told] = found["calls"]
    assert told["call"] == "102 calls 101"
    assert told["before"].endswith("released: busy (17)")
    assert told["after"].endswith("a message is left in mailbox 800")
    addresses = [it["address"] for it in told["reasons"]["after"]]
    assert "rules/lines/101/forward/busy" in addresses
    [otherwise] = found["otherwise"]
    assert (otherwise["had"], otherwise["call"]) == ("busy", "102 calls 101")
    assert otherwise["after"].endswith("a message is left in mailbox 800")
    shown = place.ctl("plan", str(stored), "--calls", str(files[1])).stdout
    assert "call: 102 calls 101, had they been busy\n" in shown
    assert "    on to mailbox/800 (rules/lines/101/forward/busy)\n" in shown


def test_a_change_that_alters_no_call(place: Place, files: tuple[Path, Path], stored: Path) -> None:
    found = altered(
        place, stored, files[1], "lunch: {mon-fri: 12:00-13:00}", "lunch: {sat: 12:00-13:00}"
    )
    assert (found["calls"], found["otherwise"]) == ([], [])


@pytest.mark.proves("H7")
def test_a_disabled_rule_and_the_default_one_are_explained_too(
    place: Place, files: tuple[Path, Path]
) -> None:
    office = files[0]
    off = "{name: off, when: lunch, enabled: no}, {name: away,"
    office.write_text(OFFICE.replace("{name: away,", off))

    def why(at: str) -> dict[str, str]:
        words = ("explain", "--file", str(office), "--from", "101", "--to", "102", "--at", at)
        told = json.loads(place.ctl(*words, "-o", "json").stdout)
        found = [it for step in told["steps"] for it in step["reasons"]]
        return {it["text"]: it["address"] for it in found if "active" in it["text"]}

    assert why("2026-06-10 12:30") == {
        "not active: holidays does not hold now": "rules/lines/102/rules/away",
        "not active: it is disabled": "rules/lines/102/rules/off",
        "the default rule is active, as no other rule is": "rules/lines/102",
    }
    assert why("2026-12-25 12:30") == {
        "active, as holidays holds now": "rules/lines/102/rules/away",
        "not active: it is disabled": "rules/lines/102/rules/off",
        "the default rule is not active: away comes before it": "rules/lines/102",
    }
    blocked = office.read_text().replace('"102": {ring: 9,', '"102": {ring: 9, blocked: ["101"],')
    office.write_text(blocked)
    assert why("2026-12-25 12:30") == {}


def test_what_the_dialplan_alone_does_otherwise(place: Place, files: tuple[Path, Path]) -> None:
    office = str(files[0])
    shown = place.ctl("explain", "--file", office, "--from", "101", "--to", "600", "--static")
    assert "longest-idle is round-robin (rules/groups/idle/strategy)" in shown.stdout
    assert "members ring again at once (rules/groups/idle/wrap_up)" in shown.stdout
    codes = "rules/settings/feature_codes/"
    assert f"nobody logs in: the caller hears that it is not available ({codes}" in shown.stdout
    any_order = OFFICE.replace("longest-idle", "random") + "feature_codes: {handset-login: off}\n"
    files[0].write_text(any_order)
    shown = place.ctl("explain", "--file", office, "--from", "101", "--to", "600", "--static")
    assert (
        "on a FreeSWITCH only who is first is random (rules/groups/idle/strategy)" in shown.stdout
    )
    assert "nobody logs in" not in shown.stdout


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

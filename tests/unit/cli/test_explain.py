"""`ctl explain`."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import ACME, Place


def _told(place: Place, *args: str) -> dict[str, object]:
    result = place.ctl("explain", *args, "--output", "json")
    assert result.exit_code == 0, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


@pytest.mark.parametrize(
    ("args", "result"),
    [
        (("--from", "101", "--to", "102"), "LDN-08 answers"),
        (("--from", "LDN-07", "--to", "102", "--when", "102=busy"), "LDN-07 answers"),
        (("--from", "102", "--to", "101", "--when", "101=rings-out"), "left in mailbox 101"),
        (("--from", "+447700900123", "--to", "+442071838750"), "LDN-07 answers"),
        (("--from", "07700900123", "--to", "02071838750", "--patience", "3"), "LDN-07 answers"),
        (("--from", "101", "--to", "199"), "unallocated (1)"),
    ],
)
def test_how_a_call_ends(place: Place, args: tuple[str, ...], result: str) -> None:
    told = _told(place, *args)
    assert result in told["result"]["text"]  # type: ignore[index]


def test_each_decision_has_its_reason_and_an_address_that_get_knows(place: Place) -> None:
    told = _told(place, "--from", "+447700900123", "--to", "+442071838750", "--when", "101=busy")
    addresses = [why["address"] for step in told["steps"] for why in step["reasons"]]  # type: ignore
    assert "acme/numbers/+442071838750/to" in addresses
    for address in addresses:
        assert place.ctl("get", address).exit_code == 0, address


def test_the_time_is_that_of_the_tenant(place: Place) -> None:
    told = _told(place, "--from", "101", "--to", "102", "--at", "2026-07-01 10:00")
    assert told["time"] == "2026-07-01T10:00:00+01:00"


def test_a_file_is_explained_before_it_is_applied(place: Place) -> None:
    file = place.folder / "next.yaml"
    file.write_text(ACME.replace("ring: 20s, v", "ring: 20s, forward: {always: line/102}, v"))
    told = _told(place, "--file", str(file), "--from", "+447700900123", "--to", "101")
    stored = _told(place, "--from", "102", "--to", "101")
    assert stored["result"]["rang"] == ["LDN-07"]  # type: ignore[index]
    assert told["result"]["rang"] != ["LDN-07"]  # type: ignore[index]


def test_as_a_table_every_line_is_for_people(place: Place) -> None:
    output = place.ctl("explain", "--from", "101", "--to", "102").stdout
    assert output.startswith("handset LDN-07 calls 102 at ")
    assert "ring LDN-08 for 20 s as Ada Byron <101>: answered by LDN-08" in output
    assert "\nresult: LDN-08 answers\nhad they been busy: " in output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--from", "nobody", "--to", "101"), "there is no extension or handset 'nobody'"),
        (("--from", "101", "--to", "102", "--at", "noon"), "'noon' is no time"),
        (("--from", "101", "--to", "102", "--when", "102"), "'102' says nothing"),
        (("--from", "101", "--to", "102", "--when", "102=asleep"), "is nothing a phone does"),
        (("--from", "101", "--to", "102", "--handset", "LDN-08"), "(it is on LDN-07)"),
        (("--from", "+447700900123", "--to", "101", "--trunk", "x"), "(there are: uplink)"),
        (("--tenant", "beta", "--from", "101", "--to", "102"), "there is no tenant"),
    ],
)
def test_what_cannot_be_asked(place: Place, args: tuple[str, ...], words: str) -> None:
    result = place.ctl("explain", *args)
    assert result.exit_code == 1
    assert words in result.stderr

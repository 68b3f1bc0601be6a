"""`ctl log`."""

from __future__ import annotations

import json

from tests.unit.cli.conftest import ACME, Place


def _log(place: Place, *args: str) -> list[dict[str, object]]:
    result = place.ctl("log", *args, "--output", "json")
    assert result.exit_code == 0
    rows: list[dict[str, object]] = json.loads(result.stdout)
    return rows


def test_who_when_why_and_from_what_to_what(place: Place) -> None:
    place.commit(ACME.replace("ring: 20s, v", "ring: 30s, v"), "bob", "rings too short", day=1)
    row = _log(place, "acme/lines/101")[0]
    assert row["address"] == "acme/lines/101/ring"
    assert (row["from"], row["to"]) == (20, 30)
    assert (row["author"], row["reason"], row["revision"]) == ("bob", "rings too short", 2)
    assert str(row["at"]).startswith("2026-03-02T")


def test_filters_by_author_time_and_setting(place: Place) -> None:
    place.commit(ACME.replace("ring: 20s, v", "ring: 30s, v"), "bob", day=1)
    assert {row["author"] for row in _log(place, "acme", "--author", "bob")} == {"bob"}
    assert len(_log(place, "acme", "--author", "bob")) == 1
    assert len(_log(place, "--since", "2026-03-01T23:30+00:00")) == 1
    assert _log(place, "--author", "nobody") == []
    fields = {str(row["address"]) for row in _log(place, "acme/lines/101/ring")}
    assert fields == {"acme/lines/101/ring"}


def test_secrets_in_the_log_are_hidden(place: Place) -> None:
    place.commit(ACME.replace("hush-hush", "another-one"), day=1)
    result = place.ctl("log", "-o", "yaml")
    assert "acme/handsets/LDN-08/sip_password" in result.stdout
    for secret in ("hush-hush", "another-one", "open-sesame", "2468"):
        assert secret not in result.stdout


def test_a_time_that_is_none(place: Place) -> None:
    result = place.ctl("log", "--since", "yesterday")
    assert result.exit_code == 1
    assert "'yesterday' is no time" in result.stderr


def test_a_table_is_lines_of_a_row_each(place: Place) -> None:
    lines = place.ctl("log", "acme/sites/london").stdout.splitlines()
    assert lines[0].split() == ["REVISION", "AT", "AUTHOR", "ADDRESS", "FROM", "TO", "REASON"]
    assert "acme/sites/london/main_number" in lines[1]

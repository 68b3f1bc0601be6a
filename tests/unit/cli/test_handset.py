"""`ctl handset`: what is listed and shown, and that secrets are hidden."""

from __future__ import annotations

import json

import yaml

from tests.unit.cli.conftest import ACME, Place


def test_a_table_for_people(place: Place) -> None:
    place.commit(ACME.replace("line: 102, sip", "line: 102, login: 101, name: Desk, sip"), day=1)
    rows = place.ctl("handset", "list", "acme").stdout.splitlines()
    assert rows[0].split() == ["HANDSET", "MAC", "MODEL", "SITE", "SERVES", "NAME"]
    assert rows[1].split() == ["acme/LDN-07", "001565aabbcc", "yealink/T54W", "london", "101"]
    assert rows[2].split() == ["acme/LDN-08", "-", "yealink/T54W", "-", "101", "(login)", "Desk"]


def test_data_for_programs_and_filters(place: Place) -> None:
    def listed(*args: str) -> list[str]:
        data = yaml.safe_load(place.ctl("handset", "list", *args, "-o", "yaml").stdout)
        return [it["handset"] for it in data]

    assert listed() == ["LDN-07", "LDN-08"]
    assert listed("acme", "--site", "london") == ["LDN-07"]
    assert listed("--line", "102") == ["LDN-08"]
    assert listed("--line", "104") == []


def test_one_is_shown_whole_with_its_account(place: Place) -> None:
    shown = json.loads(place.ctl("handset", "show", "acme/LDN-07", "-o", "json").stdout)
    assert shown["account"] == "acme.LDN-07"
    assert shown["serves"] == "101"
    assert shown["record_calls"] is False
    assert shown["sip_password"] == "(hidden)"


def test_secrets_only_where_asked_for(place: Place) -> None:
    for output in ("table", "json", "yaml"):
        hidden = place.ctl("handset", "show", "acme/LDN-08", "-o", output).output
        assert "hush-hush" not in hidden
        assert "hush-hush" not in place.ctl("handset", "list", "-o", output).output
        assert "made-by-store" not in place.ctl("handset", "list", "-o", output).output
    shown = place.ctl("handset", "show", "acme/handsets/LDN-07", "--reveal", "-o", "json")
    assert json.loads(shown.stdout)["sip_password"] == "made-by-store"


def test_who_is_not_there_is_named_with_the_nearest(place: Place) -> None:
    wrong = place.ctl("handset", "show", "acme/LDN-O7")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "did you mean 'LDN-07'?" in wrong.stderr
    assert "write TENANT/PHONE-ID" in place.ctl("handset", "show", "LDN-07").stderr
    assert "there is no tenant 'acne'" in place.ctl("handset", "list", "acne").stderr
    assert place.ctl("handset", "lst").exit_code == 64

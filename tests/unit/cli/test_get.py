"""`ctl get` and `ctl export`."""

from __future__ import annotations

import json

import yaml

from controlplane.model.documents import to_documents
from controlplane.store.yaml.reader import read
from tests.unit.cli.conftest import ACME, Place


def test_tenants_without_an_address(place: Place) -> None:
    assert place.ctl("get").stdout == "acme\n"


def test_every_depth_of_an_address(place: Place) -> None:
    def got(address: str) -> object:
        return json.loads(place.ctl("get", address, "--output", "json").stdout)

    assert got("acme/lines/102/forward/busy/0") == "line/101"
    assert got("acme/lines/102/forward/busy") == ["line/101"]
    assert got("acme/lines/102")["ring"] == 20  # type: ignore[index]
    assert set(got("acme/lines")) == {"101", "102"}  # type: ignore[call-overload]
    assert got("acme/settings/timezone") == "Europe/London"
    assert got("acme")["groups"]["sales"]["extension"] == "600"  # type: ignore[index]


def test_a_setting_at_its_default_has_a_value(place: Place) -> None:
    assert place.ctl("get", "acme/lines/101/call_paths").stdout == "2\n"
    assert place.ctl("get", "acme/lines/101/do_not_disturb").stdout == "no\n"
    whole = json.loads(place.ctl("get", "acme/lines/101", "--defaults", "-o", "json").stdout)
    assert whole["hide_caller_id"] is False


def test_secrets_are_hidden_unless_asked_for(place: Place) -> None:
    for address in ("acme", "acme/handsets", "acme/handsets/LDN-07", "acme/trunks/uplink"):
        output = place.ctl("get", address, "-o", "yaml").stdout
        assert "(hidden)" in output
        for secret in ("hush-hush", "open-sesame", "made-by-store", "2468"):
            assert secret not in output
    one = place.ctl("get", "acme/handsets/LDN-07/sip_password")
    assert one.stdout == "(hidden)\n"
    shown = place.ctl("get", "acme/handsets/LDN-07/sip_password", "--reveal")
    assert shown.stdout == "made-by-store\n"


def test_what_is_not_there_is_met_with_the_nearest_that_is(place: Place) -> None:
    cases = {
        "beta": "there is no tenant 'beta'",
        "acme/lyns": "did you mean 'lines'?",
        "acme/handsets/LDN-7": "did you mean 'LDN-07'?",
        "acme/lines/101/rimg": "did you mean 'ring'?",
        "acme/lines/101/ring/deep": "has nothing in it called 'deep'",
        "acme/lines/102/forward/busy/7": "has nothing in it called '7'",
    }
    for address, words in cases.items():
        result = place.ctl("get", address)
        assert result.exit_code == 1
        assert words in result.stderr, address


def test_hostile_text_reaches_no_terminal(place: Place) -> None:
    evil = "\u202egnp.exe \u2066 x"
    place.commit(ACME.replace("first: Ada", f'first: "{evil}"'), day=1)
    for args in (
        ["get", "acme/users"],
        ["get", "acme/users/ada/first"],
        ["get", "acme/users", "-o", "json"],
        ["get", "acme/users", "-o", "yaml"],
        ["export", "acme"],
        ["log"],
    ):
        output = place.ctl(*args).output
        assert output.replace("\n", "").isprintable(), args
        assert "202e" in output.lower(), args


def test_an_accent_stays_readable_in_yaml(place: Place) -> None:
    place.commit(ACME.replace("first: Ada", "first: Élodie"), day=1)
    assert "Élodie" in place.ctl("export", "acme").stdout


def test_export_is_read_back_as_the_same_model_but_for_secrets(place: Place) -> None:
    text = place.ctl("export").stdout
    assert yaml.safe_load(text)["tenant"] == "acme"
    for secret in ("hush-hush", "open-sesame", "2468", "(hidden)"):
        assert secret not in text
    bare = ACME.replace(", sip_password: hush-hush", "").replace(", password: open-sesame", "")
    bare = bare.replace(', default_pin: "2468"', "")
    assert to_documents(read(text, "out").system) == to_documents(read(bare, "in").system)


def test_export_with_secrets_is_the_whole_model(place: Place) -> None:
    out = place.folder / "out.yaml"
    assert place.ctl("export", "acme", "--reveal", "--out", str(out)).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    exported = to_documents(read(out.read_text(), "out").system)
    assert exported == to_documents(read(ACME, "in").system)


def test_export_of_an_unknown_tenant_names_those_there_are(place: Place) -> None:
    result = place.ctl("export", "beta")
    assert result.exit_code == 1
    assert "(there are: acme)" in result.stderr

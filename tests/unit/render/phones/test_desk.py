"""What a desk is made of, whatever the vendor."""

from __future__ import annotations

import re

import pytest

from controlplane.model.phone_key import KeyKind
from controlplane.render.phones.desk import Place, Server, desk_of
from controlplane.render.phones.keys import DeskKey
from controlplane.render.phones.lacking import lacking
from tests.unit.render.phones.office import PLACE, SECRETS, desk, office

T54W = "yealink/T54W"


@pytest.mark.proves("G5")
def test_a_login_changes_label_and_keys_but_not_the_account() -> None:
    owned, free, logged_in = (desk(T54W, phone) for phone in ("LDN-01", "LDN-02", "LDN-03"))
    assert (owned.label, free.label) == ("101 Ada Byron (LDN-01)", "LDN-02")
    assert logged_in.keys[:2] == (
        DeskKey(1, KeyKind.LINE, "", "102 Zoë (LDN-03)"),
        DeskKey(2, KeyKind.BLF, "101", "Ada Byron"),
    )
    out = desk(T54W, "LDN-03", handsets__LDN_03__login=None)
    assert out.label == "101 Ada Byron (LDN-03)"
    for one, other in ((logged_in.accounts[0], out.accounts[0]),):
        assert (one.user, one.password, one.registrar) == (
            other.user,
            other.password,
            other.registrar,
        )


def test_every_key_of_the_model_is_said_also_those_without_use() -> None:
    made = desk(T54W)
    assert [key.number for key in made.keys] == list(range(1, made.model.line_keys + 1))
    assert [key.kind for key in made.keys[:6]] == [
        KeyKind.LINE,
        KeyKind.BLF,
        KeyKind.SPEED_DIAL,
        KeyKind.NONE,
        KeyKind.PARK,
        KeyKind.NONE,
    ]


def test_keys_of_site_and_tenant_are_for_handsets_without_their_own() -> None:
    changes = {"settings__provisioning": {"keys": ["blf/103"]}}
    assert desk(T54W, "LDN-02", **changes).keys[1].to == "103"
    assert desk(T54W, "LDN-01", **changes).keys[1].to == "102"
    changes["sites__kolkata__provisioning"] = {"keys": ["line", "line", "blf/104"]}
    assert desk(T54W, "LDN-02", **changes).keys[2].to == "104"


@pytest.mark.proves("G9")
def test_a_lamp_key_names_its_line_as_the_engine_wants_it_named() -> None:
    engines = {"one": Server("sip1.example", qualified=True), "two": Server("sip2.example")}
    place = Place(engines, PLACE.url, 2026)
    keys = ["blf/102", "blf/701", {"kind": "speed-dial", "to": "102"}]
    made = desk(T54W, place=place, handsets__LDN_01__keys=keys)
    assert [(it.to, it.label) for it in made.keys[1:4]] == [
        ("acme.102", "Zoë"),
        ("701", "701"),
        ("102", "Zoë"),
    ]
    other = desk(
        T54W, place=place, handsets__LDN_01__keys=keys, handsets__LDN_01__preferred_server="two"
    )
    assert other.keys[1].to == "102"


def test_where_it_registers() -> None:
    assert desk(T54W).accounts[0].registrar == Server("sip1.example", 5060)
    assert desk(T54W).accounts[0].backup == Server("sip2.example", 5070)
    preferred = desk(T54W, handsets__LDN_01__preferred_server="two").accounts[0]
    assert (preferred.registrar.host, preferred.backup) == ("sip2.example", Server("sip1.example"))
    alone = desk(T54W, settings__provisioning={"no_backup": True}).accounts[0]
    assert alone.backup is None
    three = Place({**PLACE.engines, "three": Server("sip3.example")}, PLACE.url, 2026)
    chosen = desk(T54W, place=three, settings__provisioning={"backup_server": "three"})
    assert chosen.accounts[0].backup == Server("sip3.example")


def test_the_clock_is_that_of_where_the_handset_is() -> None:
    assert desk(T54W, "LDN-02").zone == "Asia/Kolkata"
    assert desk(T54W, "LDN-01").zone == "Europe/London"
    assert desk(T54W, "LDN-03", users__zoe__timezone="Asia/Tokyo").zone == "Asia/Tokyo"


@pytest.mark.proves("G6")
def test_overrides_are_merged_in_their_order() -> None:
    tenant = {
        "yealink": {"a": "tenant", "b": "tenant", "c": "tenant", "d": "tenant", "e": "tenant"},
        "yealink/T54W": {"c": "model", "d": "model", "e": "model"},
        "yealink/T54W/96.86": {"d": "firmware", "e": "firmware"},
        "yealink/T54W/96": {"d": "shorter", "f": "shorter"},
        "yealink/T54W/95": {"a": "other firmware"},
        "yealink/T46U": {"a": "other model"},
        "snom": {"a": "other vendor"},
    }
    made = desk(
        T54W,
        settings__provisioning={"overrides": tenant},
        sites__london__provisioning={"overrides": {"yealink": {"b": "site", "c": "site"}}},
        handsets__LDN_01__firmware="96.86.0.75",
        handsets__LDN_01__overrides={"e": "handset"},
    )
    assert {key: made.overrides[key] for key in "abcdef"} == {
        "a": "tenant",
        "b": "site",
        "c": "model",
        "d": "firmware",
        "e": "handset",
        "f": "shorter",
    }


def test_an_admin_password_is_each_handsets_own_and_stays() -> None:
    first, again, other = desk(T54W), desk(T54W), desk(T54W, "LDN-02")
    assert first.admin_password == again.admin_password != other.admin_password
    assert len(first.admin_password) == 18
    assert all(re.search(it, first.admin_password) for it in ("[a-z]", "[A-Z]", "[2-9]"))
    assert first.admin_pin.isdecimal()
    assert "pass-1" not in first.admin_password
    assert desk(T54W, handsets__LDN_01__admin_password="Own1").admin_password == "Own1"


def test_no_secret_is_in_what_is_printed() -> None:
    made = desk(T54W)
    for secret in ("pass-1", made.admin_password, made.admin_pin, "t0ken"):
        assert secret not in repr(made)
        assert secret not in repr(PLACE)


def test_a_handset_without_a_desk_says_why() -> None:
    with pytest.raises(LookupError, match="there is no handset NONE"):
        desk_of(office(T54W), "NONE", PLACE, SECRETS)
    with pytest.raises(LookupError, match="LDN-01 is of no known model"):
        desk("yealink/T99X")
    with pytest.raises(LookupError, match="LDN-01 has no SIP password"):
        desk_of(office(T54W), "LDN-01", PLACE)


def test_an_unknown_model_is_told_with_the_nearest_known() -> None:
    (found, *_) = lacking(office("yealink/T54"))
    assert (found.address, found.mend) == (
        "acme/handsets/LDN-01/model",
        "did you mean 'yealink/T54W'?; leave model out where a phone is set up by hand",
    )
    assert not list(lacking(office(T54W)))

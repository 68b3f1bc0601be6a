"""Feature codes: a tenant's own, none of them in another's way."""

from __future__ import annotations

import pytest

from controlplane.diagnostics import Faults
from controlplane.model.feature_codes import FEATURES, Feature, Takes, codes_of
from controlplane.store.yaml.reader import read


def said(codes: str, more: str = "") -> list[tuple[str, str]]:
    with pytest.raises(Faults) as caught:
        read(f"tenant: acme\nfeature_codes: {{{codes}}}\n{more}", "acme.yaml")
    return [
        (it.address.removeprefix("acme/settings/"), it.message) for it in caught.value.diagnostics
    ]


def test_the_default_codes_are_in_nobodys_way() -> None:
    codes = codes_of({})
    assert len(codes) == len(FEATURES)
    taking = [code for code, it in codes.items() if FEATURES[it].takes is not Takes.NOTHING]
    assert not [it for it in codes for code in taking if it != code and it.startswith(code)]


def test_a_tenant_has_its_own_or_none() -> None:
    text = 'tenant: acme\nfeature_codes: {do-not-disturb-on: "#1", voicemail: off}\n'
    codes = codes_of(read(text, "acme.yaml").system.settings.feature_codes)
    assert codes["#1"] is Feature.DND_ON
    assert "*78" not in codes
    assert Feature.VOICEMAIL not in codes.values()


@pytest.mark.proves("B5")
@pytest.mark.parametrize(
    ("codes", "more", "place", "message"),
    [
        (
            'do-not-disturb-on: "*79"',
            "",
            "feature_codes/do-not-disturb-on",
            "*79 is the code of both do-not-disturb-on and do-not-disturb-off",
        ),
        (
            'do-not-disturb-on: "*721"',
            "",
            "feature_codes/do-not-disturb-on",
            "*721 begins with *72, the code of forward-always-on, "
            "behind which an extension or a number is dialled",
        ),
        (
            'forward-always-on: "*7"',
            "",
            "feature_codes/forward-always-on",
            "*78 begins with *7, the code of forward-always-on, "
            "behind which an extension or a number is dialled",
        ),
        (
            'do-not-disturb-on: "*11"',
            'emergency_numbers: ["999", "*11"]',
            "feature_codes/do-not-disturb-on",
            "*11 is an emergency number, and the code of do-not-disturb-on",
        ),
        (
            "",
            'emergency_numbers: ["999", "*78"]',
            "emergency_numbers",
            "*78 is an emergency number, and the code of do-not-disturb-on",
        ),
    ],
)
def test_what_clashes_is_said_where_it_is_written(
    codes: str, more: str, place: str, message: str
) -> None:
    assert (place, message) in said(codes, more)


@pytest.mark.parametrize("code", ["78", "*", "*78a", "* 8", "*12345678", "*\\n1", "${X}"])
def test_what_is_no_code_is_refused(code: str) -> None:
    (found,) = said(f'do-not-disturb-on: "{code}"')
    assert found[0] == "feature_codes/do-not-disturb-on"

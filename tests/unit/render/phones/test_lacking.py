"""What handsets are asked for and cannot do, as `ctl plan` says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controlplane.diagnostics import Faults, Severity
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.lacking import lacking, unknown_engines
from controlplane.render.phones.passwords import no_admin_password
from controlplane.service.changes.reading import read_tenant
from tests.unit.render.phones.office import desk, office
from tests.unit.render.phones.pieces import ROOT

T54W = "yealink/T54W"


def said(model: str = T54W, **changes: Any) -> list[tuple[str, str, Severity]]:
    found = lacking(office(model, **changes))
    return [(it.address, it.message, it.severity) for it in found]


def test_nothing_is_said_where_all_can_be_done() -> None:
    for model in (T54W, "snom/D785", "mitel/6930"):
        assert said(model) == []


def test_a_model_that_is_not_known() -> None:
    def mend(model: str) -> str:
        return next(lacking(office(model))).mend

    by_hand = "leave model out where a phone is set up by hand"
    assert mend("yealink/T54") == f"did you mean 'yealink/T54W'?; {by_hand}"
    assert mend("snom/D999").startswith("did you mean 'snom/D")
    assert "vendors are " in mend("zz/99")
    found = said("yealink/T99X", handsets__LDN_02__model=None, handsets__LDN_03__model=T54W)
    assert [address for address, _, _ in found] == ["acme/handsets/LDN-01/model"]


def test_engines_take_phones_without_tls_and_srtp_but_behind_a_proxy() -> None:
    secure = {"transport": "tls", "srtp": "required"}
    assert said(settings__provisioning=secure) == [
        (
            "acme/settings/provisioning/transport",
            "engines take no phones by TLS",
            Severity.ERROR,
        ),
        (
            "acme/settings/provisioning/srtp",
            "engines have no SRTP with phones, and those that require it cannot call",
            Severity.ERROR,
        ),
    ]
    behind = {**secure, "outbound_proxy": "sbc.example"}
    assert said(settings__provisioning=behind) == []
    account = desk(T54W, settings__provisioning=behind).accounts[0]
    assert account.outbound_proxy is not None
    assert account.outbound_proxy.port == 5061
    at_site = said(sites__london__provisioning={"transport": "tls"})
    assert [address for address, _, _ in at_site] == ["acme/sites/london/provisioning/transport"]


def test_servers_are_engines_of_the_deployment() -> None:
    system = office(
        T54W,
        handsets__LDN_01__preferred_server="asterix",
        sites__london__provisioning={"backup_server": "two"},
    )
    assert [
        (it.address, it.mend) for it in unknown_engines(system, ["asterisk", "freeswitch"])
    ] == [
        ("acme/sites/london/provisioning/backup_server", "the engines are asterisk, freeswitch"),
        ("acme/handsets/LDN-01/preferred_server", "did you mean 'asterisk'?"),
    ]
    assert not list(unknown_engines(system, ["asterix", "two"]))


def test_a_language_that_phones_of_a_family_have_not() -> None:
    [(address, message, severity)] = said(
        settings__provisioning={"language": "nl"}, handsets__LDN_02__site="london"
    )[:1]
    assert address == "acme/settings/provisioning/language"
    assert message == "phones of Yealink, T5x, have no language nl"
    assert severity is Severity.WARNING


def test_more_keys_than_a_phone_has() -> None:
    keys = ["line", *(f"blf/10{it}" for it in range(1, 4))]
    found = said("yealink/T31G", handsets__LDN_01__keys=keys, lines__102__keys=[])
    assert found == [
        (
            "acme/handsets/LDN-01/keys",
            "a Yealink T31G has 2 keys, of 4 that it is to have",
            Severity.WARNING,
        )
    ]
    everywhere = said(
        "yealink/T31G",
        settings__provisioning={"keys": keys},
        handsets__LDN_01__keys=[],
        lines__102__keys=[],
    )
    assert {address for address, _, _ in everywhere} == {"acme/settings/provisioning/keys"}


def test_a_line_after_those_keys_that_can_be_lines() -> None:
    keys = ["line", "blf/102", "blf/102", "line", "blf/101"]
    found = said("grandstream/GXP2130", handsets__LDN_01__keys=keys, lines__102__keys=[])
    assert found == [
        (
            "acme/handsets/LDN-01/keys",
            "of the keys of a Grandstream GXP2130 only the first 3 can be lines",
            Severity.WARNING,
        )
    ]
    kinds = [it.kind for it in desk("grandstream/GXP2130", handsets__LDN_01__keys=keys).keys]
    assert kinds[:6] == ["line", "blf", "blf", "none", "blf", "none"]
    assert said("yealink/T54W", handsets__LDN_01__keys=keys) == []


def test_a_phone_without_keys_is_a_phone() -> None:
    assert said("yealink/T30P", handsets__LDN_01__keys=[], lines__102__keys=[]) == []
    [(_, message, severity)] = said("yealink/T30P", lines__102__keys=[])
    assert message == "a Yealink T30P has 0 keys, of 5 that it is to have"
    assert severity is Severity.WARNING
    assert desk("yealink/T30P").keys == ()


@pytest.mark.parametrize(
    ("model", "setting", "password", "message"),
    [
        (T54W, "sip_password", "x" * 100, "SIP passwords of up to 99 characters"),
        ("fanvil/X6", "sip_password", "x" * 65, "SIP passwords of up to 64 characters"),
        ("cisco/8841", "admin_password", "Abc1234", "admin passwords of 8 to 32 small letters"),
        ("cisco/8841", "admin_password", "abcd12345", "admin passwords of 8 to 32 small letters"),
        ("grandstream/GRP2614", "admin_password", "x" * 31, "admin passwords of 4 to 30 letters"),
    ],
)
def test_a_password_that_is_too_long_or_too_simple(
    model: str, setting: str, password: str, message: str
) -> None:
    given = {f"handsets__LDN_01__{setting}": password}
    [(address, found, severity)] = said(model, lines__102__keys=[], **given)
    assert (address, severity) == (f"acme/handsets/LDN-01/{setting}", Severity.ERROR)
    assert message in found


@pytest.mark.parametrize("vendor", sorted(catalogue().vendors))
def test_passwords_that_are_made_are_such_as_phones_take(vendor: str) -> None:
    found = catalogue().vendors[vendor]
    made = desk(next(iter(found.models.values())).key)
    own = made.admin_pin if found.pins else made.admin_password
    assert no_admin_password(own, found) == ""


def test_a_password_that_phones_cannot_be_told() -> None:
    for model, password in (("mitel/6930", 'a"b'), (T54W, " ab"), (T54W, "a\u202eb")):
        [(address, _, severity)] = said(model, handsets__LDN_01__sip_password=password)
        assert (address, severity) == ("acme/handsets/LDN-01/sip_password", Severity.ERROR)
    [(address, message, _)] = said("mitel/6930", handsets__LDN_01__admin_password="Letters1")
    assert address == "acme/handsets/LDN-01/admin_password"
    assert message == "phones of Mitel take admin passwords of 4 to 9 digits only"
    assert desk("mitel/6930", handsets__LDN_01__admin_password="1234").admin_pin == "1234"


@pytest.mark.proves("G6")
def test_overrides_of_nobody_and_of_unknown_names_are_warned_of_and_told_all_the_same() -> None:
    overrides = {
        "yealink": {"phone_setting.backlight_time": "60"},
        "yealnik": {"phone_setting.backlight_time": "60"},
        "yealink/T54": {"phone_setting.backlight_time": "60"},
    }
    found = list(
        lacking(
            office(
                T54W,
                settings__provisioning={"overrides": overrides},
                handsets__LDN_01__overrides={"linekye.1.label": "Own", "linekey.1.label": "Own"},
            )
        )
    )
    assert all(it.severity is Severity.WARNING for it in found)
    assert [(it.address.rpartition("/overrides")[2], it.mend) for it in found] == [
        ("/yealnik", "did you mean 'yealink'?"),
        ("/yealink/T54", "did you mean 'yealink/T54W'?"),
        ("", "did you mean 'linekey.N.*'?"),
    ]
    made = desk(T54W, handsets__LDN_01__overrides={"linekye.1.label": "Own"})
    assert made.overrides["linekye.1.label"] == "Own"


def test_the_file_says_where(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("tenant: acme\nhandsets:\n  A:\n    model: yealink/T99\n")
    with pytest.raises(Faults) as raised, read_tenant(path, tmp_path):
        pass
    [found] = raised.value.diagnostics
    assert str(found.source).endswith("t.yaml:4")
    path.write_text(
        "tenant: acme\nhandsets:\n  A:\n    model: yealink/T31G\n    keys: [line, line, line]\n"
    )
    with read_tenant(path, tmp_path) as reading:
        [warning] = reading.warnings
    assert str(warning.source).endswith("t.yaml:5")


def test_the_example_asks_for_nothing_that_cannot_be_done(tmp_path: Path) -> None:
    with read_tenant(ROOT / "examples/acme.yaml", tmp_path) as reading:
        assert list(reading.warnings) == []

"""Poly, Grandstream, Cisco and Fanvil: what their phones read, whatever people call things."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.desk import Desk, Place, Server
from controlplane.render.phones.directory import Entry
from controlplane.render.phones.files import render
from controlplane.render.phones.formats import FORMATS
from controlplane.render.phones.plain import plain
from controlplane.render.phones.vendor import Seen
from tests.unit.render.phones.office import PLACE, desk, file_of
from tests.unit.render.phones.strict import READERS

PHONES = [
    "poly/VVX_450",
    "grandstream/GRP2614",
    "grandstream/GXP2170",
    "grandstream/GXP2124",
    "cisco/8841",
    "fanvil/X6U Pro",
    "fanvil/X4",
]
ALL = [
    it for it in catalogue().models.values() if f"{it.vendor}/" in "poly/grandstream/cisco/fanvil/"
]
HOSTILE = [
    'x"/><reg.1.address="evil"/>',
    "</Display_Name_1_><Proxy_1_>evil</Proxy_1_>",
    "a\nreg.1.address = evil\r\nP47 = evil",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "]]><![CDATA[evil]]>",
    "a;b,c${d}e'f\x00g\x1bh",
    "\u202emoc.live\u202c \u05d0\u05d1",
    "<!-- -->",
    "{{ account.password }}{% raw %}",
    "= evil =",
    "&lt;evil&gt;",
]
LABELS = {
    "poly": ("reg.1.displayName", "attendant.resourceList.1.label"),
    "grandstream": ("account.1.sip.subscriber.name", "pks.vpk.2.description"),
    "grandstream-p": ("P3", "P1467"),
    "cisco": ("Display_Name_1_", "Short_Name_2_"),
    "fanvil": ("sip/line[1]/DisplayName", "dsskey/dssSide[1]/Fkey[2]/Title"),
    "fanvil-old": (
        "SIP_CONFIG_MODULE/SIP_Line_List[SIP1]/Display_Name",
        "PHONE_CONFIG_MODULE/Function_Key[Fkey2]/Title",
    ),
}


LONGEST = {"pks.vpk.2.description": 32, "P1467": 32}
"""Longer labels are cut."""


def form(made: Desk) -> str:
    return made.model.family.format or catalogue().vendors[made.model.vendor].format


def settings(made: Desk, kind: str = "phone") -> dict[str, str]:
    found = file_of(made, kind)
    assert found is not None
    assert found.content_type == "text/xml"
    return READERS[form(made)](found.body)


def phone(
    model: str, which: str = "LDN-01", place: Place = PLACE, **changes: Any
) -> dict[str, str]:
    return settings(desk(model, which, place, **changes))


class Listed:
    """A directory with one entry."""

    def __init__(self, name: str) -> None:
        self.entries = (Entry(name, "101"),)

    def page(self, page: int, length: int) -> tuple[Entry, ...]:
        return self.entries

    def has(self, page: int, length: int) -> bool:
        return False


def called(model: str, name: str) -> Desk:
    """Whatever people name is named `name`, also what the model would not let through."""
    keys = ["line", "blf/102", "speed-dial/103"]
    made = desk(model, handsets__LDN_01__keys=keys)
    label = f"101 {name} (LDN-01)"
    return replace(
        made,
        label=label,
        accounts=(replace(made.accounts[0], display_name=name, label=label),),
        keys=tuple(replace(key, label=name) if key.to else key for key in made.keys),
        directory=Listed(name),
        directory_name=name,
    )


def named(model: str, name: str) -> dict[str, str]:
    return settings(called(model, name))


def check_named(model: str, name: str) -> None:
    found, usual = named(model, name), named(model, "Ada")
    assert set(found) == set(usual)
    changed = {key for key in usual if found[key] != usual[key]}
    allowed = {key for key in usual if "Ada" in usual[key]}
    assert changed <= allowed
    written = name.replace("$", "").replace(";", ",") if model.startswith("cisco/") else name
    for label in LABELS[form(desk(model))]:
        assert found[label] == plain(written[: LONGEST.get(label)]).strip()
    directory = file_of(called(model, name), "phonebook")
    assert directory is not None
    entry = etree.fromstring(directory.body).xpath("//fn | //Name[../Telephone] | //FirstName")
    assert [it.text for it in entry] == [plain(name)]


@pytest.mark.proves("G8")
@pytest.mark.parametrize("model", PHONES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_name_and_no_setting(model: str, name: str) -> None:
    check_named(model, name)


@pytest.mark.proves("G8")
@pytest.mark.parametrize("form", sorted(READERS))
@given(
    values=st.dictionaries(
        st.sampled_from(["P1", "P2", "P3"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(plain),
    )
)
def test_any_text_comes_back_as_it_was(form: str, values: dict[str, str]) -> None:
    assert READERS[form](FORMATS[form](values).encode()) == values or not values


@pytest.mark.parametrize("form", sorted(READERS))
@pytest.mark.parametrize("name", ["a b", "a>b", 'a"b', "a='", "", "<a", "a[0", "1/", "\u00e4"])
def test_what_is_no_name_of_the_vendors_is_left_out(form: str, name: str) -> None:
    assert READERS[form](FORMATS[form]({name: "evil", "P1": "kept"}).encode()) == {"P1": "kept"}


@pytest.mark.proves("G8", "G9")
@pytest.mark.parametrize("model", ALL, ids=lambda it: it.key)
def test_every_model_has_its_files_and_every_key(model: Any) -> None:
    made = desk(model.key)
    found = settings(made)
    directory = file_of(made, "phonebook")
    assert directory is not None
    numbers = etree.fromstring(directory.body).xpath("//ct | //Telephone | //phonenumber")
    assert [it.text for it in numbers] == ["101", "600", "102"]
    assert "pass-1" in found.values()
    assert made.admin_password in found.values()
    names = {"sip1.example", "sip1.example:5060", "https://prov.example/d/t0ken/"}
    assert names & set(found.values())
    assert len(key_settings(made, found)) == model.line_keys


def key_settings(made: Desk, found: dict[str, str]) -> list[str]:
    """What each key does, in order."""
    match form(made):
        case "poly":
            return [found[f"lineKey.{it.number}.category"] for it in made.keys]
        case "grandstream":
            beside = int(made.model.words["vpk"])
            names = [f"vpk.{n}" for n in range(1, beside + 1)]
            names += [f"mpk.{n}" for n in range(1, made.model.line_keys - beside + 1)]
            return [found[f"pks.{name}.keyMode"] for name in names]
        case "grandstream-p":
            lines = range(1363, 1363 + 2 * made.model.lines, 2)
            others = [*range(323, 330), *range(353, 397, 4), *range(1440, 1464, 4)]
            return [found[f"P{it}"] for it in (*lines, *others)[: made.model.line_keys]]
        case "cisco":
            return [found[f"Extended_Function_{it.number}_"] for it in made.keys]
        case _:
            return [value for name, value in found.items() if re.search(r"Fkey.*/Value$", name)]


@pytest.mark.proves("G9")
@pytest.mark.parametrize(
    ("model", "keys"),
    [
        ("poly/VVX_450", ["Line", "BLF", "EFK", "Unassigned", "BLF", "Unassigned"]),
        ("grandstream/GRP2614", ["Line", "BLF", "SpeedDial", "None", "CallPark", "None"]),
        ("grandstream/GXP2170", ["Line", "BLF", "SpeedDial", "None", "CallPark", "None"]),
        ("grandstream/GXP2124", ["0", "11", "10", "10", "9", "0"]),
        (
            "cisco/8841",
            [
                "",
                "fnc=sd+blf+cp;sub=102@$PROXY;nme=Zoë",
                "fnc=sd;ext=+447700900123@$PROXY;nme=Mobile",
                "",
                "fnc=prk;sub=701@$PROXY;nme=701;orbit=701",
                "",
            ],
        ),
        ("fanvil/X6U Pro", ["SIP1", "102@1/ba", "+447700900123@1/f", "", "701@1/c", ""]),
        ("fanvil/X4", ["SIP1", "102@1/ba", "+447700900123@1/f", "", "701@1/c", ""]),
    ],
)
def test_keys_in_each_vendors_words(model: str, keys: list[str]) -> None:
    made = desk(model)
    assert key_settings(made, settings(made))[:6] == keys


def test_keys_of_poly_point_to_what_they_watch_and_dial() -> None:
    found = phone("poly/VVX_450")
    watched = [found[f"attendant.resourceList.{n}.address"] for n in (1, 2)]
    assert watched == ["102", "701"]
    assert found["attendant.resourceList.1.label"] == "Zoë"
    assert found["lineKey.3.index"] == "1"
    assert found["efk.efklist.1.action.string"] == "+447700900123$Tinvite$"
    assert found["efk.efklist.1.label"] == "Mobile"


def test_keys_after_those_beside_the_screen_are_numbered_anew() -> None:
    keys = ["line", *(f"speed-dial/{n}" for n in range(2, 41))]
    found = phone("grandstream/GRP2614", handsets__LDN_01__keys=keys)
    assert found["pks.vpk.16.value"] == "16"
    assert (found["pks.mpk.1.value"], found["pks.mpk.24.value"]) == ("17", "40")
    found = phone("fanvil/X6U Pro", handsets__LDN_01__keys=keys)
    assert found["dsskey/dssSide[1]/Fkey[5]/Value"] == "5@1/f"
    assert found["dsskey/internal[1]/Fkey[1]/Value"] == "6@1/f"
    assert found["dsskey/internal[2]/Fkey[1]/Value"] == "18@1/f"
    found = phone("fanvil/V67", handsets__LDN_01__keys=keys)
    assert found["dsskey/internal[1]/Fkey[1]/Value"] == "SIP1"
    assert found["dsskey/internal[2]/Fkey[1]/Value"] == "30@1/f"
    found = phone("grandstream/GXP2124", handsets__LDN_01__keys=keys)
    assert (found["P1466"], found["P1470"], found["P1472"]) == ("", "3", "4")
    assert (found["P303"], found["P321"], found["P356"], found["P396"]) == ("5", "11", "12", "22")
    assert (found["P1443"], found["P1463"]) == ("23", "28")


@pytest.mark.proves("G8")
@pytest.mark.parametrize(
    ("model", "name", "values"),
    [
        ("poly/VVX_450", "reg.1.server.1.transport", ("UDPOnly", "TCPOnly", "TLS")),
        ("grandstream/GRP2614", "account.1.sip.transport", ("0", "1", "2")),
        ("grandstream/GXP2124", "P130", ("0", "1", "2")),
        ("cisco/8841", "SIP_Transport_1_", ("UDP", "TCP", "TLS")),
        ("fanvil/X6U Pro", "sip/line[1]/Transport", ("0", "1", "3")),
    ],
)
def test_transports(model: str, name: str, values: tuple[str, ...]) -> None:
    for transport, value in zip(("udp", "tcp", "tls"), values, strict=True):
        assert phone(model, settings__provisioning={"transport": transport})[name] == value


@pytest.mark.proves("G8")
@pytest.mark.parametrize(
    ("model", "names", "values"),
    [
        (
            "poly/VVX_450",
            ("sec.srtp.enable", "sec.srtp.offer", "sec.srtp.require"),
            ("000", "110", "111"),
        ),
        (
            "grandstream/GRP2614",
            ("account.1.audio.srtpMode",),
            ("Disabled", "EnabledButNotForced", "EnabledAndForced"),
        ),
        ("grandstream/GXP2124", ("P183",), ("0", "1", "2")),
        (
            "cisco/8841",
            ("Secure_Call_Serv", "Secure_Call_Option_1_"),
            ("NoOptional", "YesOptional", "YesRequired"),
        ),
        ("fanvil/X6U Pro", ("sip/line[1]/MediaCrypto",), ("0", "1", "2")),
    ],
)
def test_srtp(model: str, names: tuple[str, ...], values: tuple[str, ...]) -> None:
    for srtp, value in zip(("off", "offered", "required"), values, strict=True):
        found = phone(model, settings__provisioning={"srtp": srtp})
        assert "".join(found[name] for name in names) == value


@pytest.mark.proves("G8")
@pytest.mark.parametrize(
    ("model", "names", "values"),
    [
        (
            "poly/VVX_450",
            ("voice.codecPref.G722", "voice.codecPref.G711_A", "voice.codecPref.G711_Mu"),
            ("1", "2", "0"),
        ),
        (
            "grandstream/GRP2614",
            tuple(f"account.1.codec.choice.{n}" for n in range(1, 9)),
            ("G.722", *["PCMA"] * 7),
        ),
        ("grandstream/GXP2124", ("P57", "P58", "P59", "P98"), ("9", "8", "8", "8")),
        (
            "cisco/8841",
            ("Preferred_Codec_1_", "Second_Preferred_Codec_1_", "Third_Preferred_Codec_1_"),
            ("G722", "G711a", "Unspecified"),
        ),
        ("fanvil/X6U Pro", ("sip/line[1]/VoiceCodecMap",), ("G722,PCMA",)),
    ],
)
def test_codecs_in_order(model: str, names: tuple[str, ...], values: tuple[str, ...]) -> None:
    found = phone(model, settings__provisioning={"codecs": ["g722", "alaw"]})
    assert tuple(found[name] for name in names) == values


@pytest.mark.proves("G8")
@pytest.mark.parametrize(
    ("model", "name", "there", "gone"),
    [
        ("poly/VVX_450", "reg.1.server.2.address", "sip2.example", ""),
        ("grandstream/GRP2614", "account.1.sip.server.2.address", "sip2.example:5070", ""),
        ("grandstream/GXP2124", "P2312", "sip2.example:5070", ""),
        ("cisco/8841", "Alternate_Proxy_1_", "sip2.example:5070", ""),
        ("fanvil/X6U Pro", "sip/line[1]/BackupAddr", "sip2.example", ""),
    ],
)
def test_a_backup_server_and_none_said_explicitly(
    model: str, name: str, there: str, gone: str
) -> None:
    assert phone(model)[name] == there
    assert phone(model, settings__provisioning={"no_backup": True})[name] == gone
    alone = Place({"one": Server("sip1.example")}, PLACE.url, 2026)
    assert phone(model, place=alone)[name] == gone


@pytest.mark.proves("G8")
@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        ("poly/VVX_450", "tcpIpApp.sntp.gmtOffset", "19800"),
        ("grandstream/GRP2614", "dateTime.timezone.custom", "STD-5:30"),
        ("grandstream/GXP2124", "P246", "STD-5:30"),
        ("cisco/8841", "Time_Zone", "GMT+05:30"),
        ("fanvil/X6U Pro", "phone/date/TimeZone", "22"),
    ],
)
def test_half_an_hour_is_in_the_file(model: str, name: str, value: str) -> None:
    assert phone(model, "LDN-02")[name] == value


@pytest.mark.proves("G8")
def test_cisco_phones_are_told_what_is_not_there() -> None:
    """They keep what a profile does not name."""
    found = phone("cisco/8841", "LDN-02", settings__provisioning={"no_backup": True})
    before = phone("cisco/8841")
    assert set(found) == set(before)
    for number in range(2, 11):
        assert found[f"Extended_Function_{number}_"] == ""
        assert found[f"Short_Name_{number}_"] == ""
        assert found[f"Extension_{number}_"] == "Disabled"
        assert found[f"Line_Enable_{number}_"] == "No"
        assert found[f"Password_{number}_"] == ""
    assert found["Alternate_Proxy_1_"] == found["Outbound_Proxy_1_"] == ""
    assert [found[f"Profile_Rule_{it}"] for it in "BCD"] == [""] * 3
    assert found["Daylight_Saving_Time_Rule"] == ""


def test_what_ends_a_part_of_a_cisco_keys_function_is_in_no_label() -> None:
    found = named("cisco/8841", "x;fnc=sd;ext=666@$PROXY")
    assert (
        found["Extended_Function_2_"] == "fnc=sd+blf+cp;sub=102@$PROXY;nme=x,fnc=sd,ext=666@PROXY"
    )
    assert found["Station_Display_Name"] == "101 x,fnc=sd,ext=666@PROXY (LDN-01)"


def test_cisco_pages_its_directory() -> None:
    many = {str(1000 + n): {"label": f"Line {n}"} for n in range(70)}
    made = desk("cisco/8841", lines={**many, "101": {"user": "ada"}, "102": {"user": "zoe"}})
    vendor = catalogue().vendors["cisco"]
    lengths = []
    for page in (1, 2, 3):
        asked = vendor.asked(f"phonebook-{page}.xml")
        assert asked is not None
        found = render(made, asked)
        assert found is not None
        root = etree.fromstring(found.body)
        lengths.append(len(root.findall("DirectoryEntry")))
        following = [it for it in root.xpath("//URL/text()") if it.startswith("https:")]
        expected = [f"https://prov.example/d/t0ken/phonebook-{page + 1}.xml"] if page < 3 else []
        assert following == expected
    assert lengths == [32, 32, 9]


@pytest.mark.proves("G6")
@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("poly/VVX_450", "up.analogHeadsetOption"),
        ("grandstream/GRP2614", "lcd.backlight.brightness.idle"),
        ("grandstream/GXP2124", "P1312"),
        ("cisco/8841", "Back_Light_Timer"),
        ("fanvil/X6U Pro", "phone/display/LCDTitle"),
    ],
)
def test_an_override_wins(model: str, name: str) -> None:
    hostile = "a\"<b>&'c"
    assert phone(model, handsets__LDN_01__overrides={name: hostile})[name] == hostile


@pytest.mark.parametrize(
    ("user_agent", "seen"),
    [
        (
            "FileTransport PolycomVVX-VVX_400-UA/4.1.4.7430 Type/Application",
            Seen("poly", "VVX_400", "4.1.4.7430"),
        ),
        (
            "FileTransport PolyCCX-CCX_600-UA/8.0.2.3267 (SN:482567b5313f) Type/Application",
            Seen("poly", "CCX_600", "8.0.2.3267", "482567b5313f"),
        ),
        (
            "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee",
            Seen("grandstream", "GRP2614", "1.0.5.15", "c074ad0b63ee"),
        ),
        (
            "Grandstream Model HW GXP2170 V1.2A SW 1.0.11.79 DevId 000b8240d55c",
            Seen("grandstream", "GXP2170", "1.0.11.79", "000b8240d55c"),
        ),
        (
            "Cisco-CP-7832-3PCC/11.0.1 (00562b043615)",
            Seen("cisco", "7832", "11.0.1", "00562b043615"),
        ),
        (
            "Fanvil X6U Pro 0.0.10 0c383e2cd782",
            Seen("fanvil", "X6U Pro", "0.0.10", "0c383e2cd782"),
        ),
        (
            "Fanvil X5U-V2 2.12.16.17 0c383e557eb1",
            Seen("fanvil", "X5U-V2", "2.12.16.17", "0c383e557eb1"),
        ),
        ("Fanvil V67 2.6.6.187 0c383e2b29e6", Seen("fanvil", "V67", "2.6.6.187", "0c383e2b29e6")),
    ],
)
def test_who_asks_is_seen_and_is_a_model_of_ours(user_agent: str, seen: Seen) -> None:
    assert catalogue().seen(user_agent) == seen
    assert f"{seen.vendor}/{seen.model}" in catalogue().models


@pytest.mark.parametrize(
    ("vendor", "name", "kind", "mac", "uploads"),
    [
        ("poly", "64167f000001.cfg", "master", "64167f000001", False),
        ("poly", "64167f000001-user.cfg", "phone", "64167f000001", False),
        ("poly", "64167f000001-directory.xml", "phonebook", "64167f000001", True),
        ("poly", "64167f000001-phone.cfg", "from-phone", "64167f000001", True),
        ("poly", "64167f000001-app.log", "application-log", "64167f000001", True),
        ("grandstream", "cfgc074ad0b63ee", "first", "c074ad0b63ee", False),
        ("grandstream", "cfgc074ad0b63ee.xml", "phone", "c074ad0b63ee", False),
        ("grandstream", "cfggrp2614.xml", "model", None, False),
        ("grandstream", "cfg.xml", "common", None, False),
        ("cisco", "8841-3PCC.xml", "common", None, False),
        ("cisco", "Cisco/CP-8841-3PCC/00562b043615.cfg", "phone-at-first", "00562b043615", False),
        ("fanvil", "0c383e2cd782.cfg", "phone", "0c383e2cd782", False),
        ("fanvil", "fanvil_x6u_pro_hwv2_0.txt", "model", None, False),
    ],
)
def test_what_a_file_name_asks_for(
    vendor: str, name: str, kind: str, mac: str | None, uploads: bool
) -> None:
    asked = catalogue().asked(name, vendor)
    assert asked is not None
    assert (asked.kind, asked.mac, asked.uploads) == (kind, mac, uploads)


@pytest.mark.parametrize(
    ("vendor", "name"),
    [
        ("poly", "64167F000001.cfg"),
        ("poly", "64167f000001-user.cfg/../x"),
        ("grandstream", "Cfgc074ad0b63ee.xml"),
        ("cisco", "Cisco/CP-8841-3PCC/../00562b043615.cfg"),
        ("cisco", "00562B043615.cfg"),
        ("fanvil", "0c383e2cd782.cfg\n"),
    ],
)
def test_names_in_other_letters_are_none_of_a_vendors(vendor: str, name: str) -> None:
    assert catalogue().asked(name, vendor) is None


@pytest.mark.proves("G8")
@pytest.mark.parametrize("model", PHONES)
def test_what_is_shared_holds_nothing_of_one_handset(model: str) -> None:
    """A token least of all."""
    place = replace(PLACE, url="https://prov.example/d/other/")
    one, other = desk(model), desk(model, "LDN-03", place)
    for kind in catalogue().vendors[one.model.vendor].files.values():
        if kind.shared:
            assert file_of(one, kind.kind) == file_of(other, kind.kind)

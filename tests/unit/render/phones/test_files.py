"""What is in the files, whatever is asked for; and for whom they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from lxml import etree

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.files import (
    from_template,
    render,
    settings_in,
    settings_of,
    unused_keys,
)
from controlplane.render.phones.formats.lines import mitel, yealink
from controlplane.render.phones.formats.snom import snom
from controlplane.render.phones.formats.vcard import text as vcard
from controlplane.render.phones.keys import used_keys
from controlplane.render.phones.plain import plain
from tests.unit.render.phones.office import MAC, desk, file_of

T54W = "yealink/T54W"
HOSTILE = 'a\nb = c\r\x00\x1b[1m"<x>&;\\ \u2028\u202eevil\u202c %NULL% # שלום'
SEEN = 'ab = c[1m"<x>&;\\ evil %NULL% # שלום'


def test_plain_is_one_line_without_what_cannot_be_seen() -> None:
    assert plain(HOSTILE) == SEEN
    assert plain("a\ud800b\ufeff\uffff\x85") == "ab"


def test_formats_of_lines_keep_a_value_in_its_line() -> None:
    assert yealink({"a": "%null%", "b": "", "c": SEEN}).splitlines()[1:] == [
        "a = null",
        "b = %NULL%",
        f"c = {SEEN}",
    ]
    assert mitel({"a": 'x "y"', "b": 'p"#q', "c": '"all"', "d": ""}) == (
        '^a: x "y"\n^b: "p\'#q"\n^c: "\'all\'"\n^d: \n'
    )


def test_snoms_names_that_are_none_are_left_out() -> None:
    root = etree.fromstring(
        snom({"a": SEEN, "b[2]": "x", "<evil>": "y", "fkey[0]": "blf 1", "fkey[0]@label": SEEN})
        .encode()
    )  # fmt: skip
    [settings, keys] = root
    assert [(it.tag, it.get("idx"), it.text) for it in settings] == [
        ("a", None, SEEN),
        ("b", "2", "x"),
    ]
    assert [(it.get("label"), it.text) for it in keys] == [(SEEN, "blf 1")]
    assert all(it.get("perm") == "R" for it in (*settings, *keys))


def test_a_template_is_settings_and_nothing_else() -> None:
    assert settings_in(["a = 1", "", "b =", "# note", "a = 2 = 3"]) == {"a": "2 = 3", "b": ""}
    with pytest.raises(ValueError, match="no setting"):
        settings_in(["account.1.enable 1"])


def test_vcards_hold_what_they_say() -> None:
    assert vcard(r"a,b;c\d") == r"a\,b\;c\\d"
    book = file_of(desk("linphone/Linphone", lines__101__label=["Eve;N:x,\\", ""]), "phonebook")
    assert book is not None
    assert "FN:Eve\\;N:x\\,\\\\\r\n" in book.body.decode()


@pytest.mark.proves("G8")
def test_a_file_is_for_its_phone_only() -> None:
    made = desk(T54W)
    asked = catalogue().asked(f"{MAC}.cfg", "yealink")
    assert asked is not None
    assert render(made, asked) is not None
    assert render(replace(made, mac="805ec0999999"), asked) is None
    assert render(desk("snom/D785"), asked) is None
    common = catalogue().asked("y000000000108.cfg", "yealink")
    assert common is not None
    assert render(made, common) is None


@pytest.mark.parametrize(
    "name",
    [
        *("", "..", "../etc/passwd", f"x/{MAC}.cfg", f"{MAC}.cfg/", f"{MAC}.CFG", f" {MAC}.cfg"),
        *(
            f"{MAC.upper()}.cfg",
            f"{MAC}.cfg\n",
            f"{MAC[:-1]}.cfg",
            f"{MAC}0.cfg",
            "y00000000009.cfg",
        ),
    ],
)
def test_what_no_phone_of_theirs_asks_for_is_nothing(name: str) -> None:
    assert catalogue().asked(name, "yealink") is None


def test_user_agents_are_told_apart() -> None:
    seen = catalogue().seen
    told = {
        "Yealink SIP-T54W 96.86.0.75 80:5e:c0:12:34:56": ("yealink", "T54W", "96.86.0.75", MAC),
        "Yealink SIP-T54W 96.86.0.75 805ec0123456": ("yealink", "T54W", "96.86.0.75", MAC),
        "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 000413922D24"
        " SXM:0 UXM:0)": ("snom", "D785", "10.1.33.33", "000413922d24"),
        "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33)": ("snom", "D785", "10.1.33.33", ""),
        "Mitel6930 MAC:14-00-E9-1E-DB-52 V:6.4.0.140-SIP": (
            *("mitel", "6930", "6.4.0.140", "1400e91edb52"),
        ),
        "Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.0.70-SIP": (
            *("mitel", "6731i", "3.2.0.70", "00085d237429"),
        ),
        "Unknown": ("linphone", "", "", ""),
    }
    for user_agent, (vendor, model, firmware, mac) in told.items():
        found = seen(user_agent)
        assert found is not None, user_agent
        assert (found.vendor, found.model, found.firmware, found.mac) == (
            *(vendor, model, firmware, mac),
        )
    assert seen("curl/8.0") is None


@pytest.mark.proves("G9")
def test_a_directory_in_pages_is_whole() -> None:
    names = {str(it): {"label": [f"Person {it}"]} for it in range(200, 240)}
    made = desk("mitel/6930", lines=names, handsets__LDN_01__line="201", handsets__LDN_03={})
    found: list[str] = []
    page = "phonebook-1.xml"
    while page:
        asked = catalogue().asked(page, "mitel")
        assert asked is not None
        file = render(made, asked)
        assert file is not None
        root = etree.fromstring(file.body)
        assert len(root.findall("MenuItem")) <= 15
        found += [str(it.findtext("URI")) for it in root.findall("MenuItem")]
        page = (root.get("next") or "").rpartition("/")[2]
    assert sorted(found) == sorted([*names, "600"])
    beyond = catalogue().asked("phonebook-9.xml", "mitel")
    assert beyond is not None
    nobody = render(made, beyond)
    assert nobody is not None
    assert b"MenuItem" not in nobody.body


def test_an_override_has_the_last_word_in_the_vendors_format() -> None:
    value = 'x\ny <&" '
    overrides = {"account.1.codec.g722.enable": "0", "phone_setting.backlight_time": "60"}
    told = file_of(desk(T54W, handsets__LDN_01__overrides=overrides), "phone")
    assert told is not None
    lines = told.body.decode().splitlines()
    assert lines.count("account.1.codec.g722.enable = 0") == 1
    assert "account.1.codec.g722.enable = 1" not in lines
    assert "phone_setting.backlight_time = 60" in lines
    made = replace(desk("snom/D785"), overrides={"user_realname[1]": value})
    snoms = file_of(made, "phone")
    assert snoms is not None
    root = etree.fromstring(snoms.body)
    assert [it.text for it in root.iter("user_realname") if it.get("idx") == "1"] == ['xy <&" ']


def test_any_softphone_reads_json() -> None:
    told = file_of(desk("softphone/generic", lines__101__label=[SEEN, ""]), "phone")
    assert told is not None
    found = json.loads(told.body)
    assert found["display_name"] == SEEN
    assert (found["user"], found["password"], found["server"]) == (
        *("acme.LDN-01", "pass-1", "sip1.example"),
    )


@pytest.mark.parametrize("model", list(catalogue().models))
def test_keys_without_use_are_told_as_the_template_has_them(model: str) -> None:
    """They are asked for once a model; a phone's own file says the same of them."""
    for phone in ("LDN-01", "LDN-02"):
        made = desk(model, phone)
        file = catalogue().vendors[made.model.vendor].files["phone"]
        used = from_template(made, file, used_keys(made.keys))
        assert {**unused_keys(made, file), **used} == from_template(made, file, made.keys)


def test_settings_are_those_of_the_file() -> None:
    settings = settings_of(desk(T54W))
    assert settings["account.1.user_name"] == "acme.LDN-01"
    assert settings["local_time.time_zone_name"] == "London"

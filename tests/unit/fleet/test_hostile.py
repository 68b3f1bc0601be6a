"""Whatever people write, wherever they may: it is text in the phone, and never a setting.

Every format is read by the strict parser of the emulated phones. What the model would not let
through is put in as well: a renderer is not to lean on that.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from controlplane.model.phone_system import PhoneSystem
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.desk import Desk, desk_of
from controlplane.render.phones.directory import Entry
from controlplane.render.phones.lacking import lacking
from controlplane.render.phones.plain import plain
from tests.fleet import VENDORS, Handset, Learned
from tests.unit.fleet.test_rendered import (
    BENIGN,
    HOSTILE,
    MODELS,
    PLACE,
    desk,
    named,
    office,
    read,
)

LABELS = {
    "cisco": "Station_Display_Name",
    "fanvil": "sip/line[1]/SipName",
    "fanvil-old": "SIP_CONFIG_MODULE/SIP_Line_List[SIP1]/Sip_Name",
    "grandstream": "account.1.name",
    "grandstream-p": "P270",
    "mitel": "sip line1 screen name 2",
    "poly": "reg.1.label",
    "snom": "user_idle_text[1]",
    "yealink": "account.1.label",
}
"""A setting of each format that holds text."""

NO_NAMES = [
    "{0}\n{0}",
    "{0}\r",
    "{0} = x\n",
    "{0}: x",
    "x = {0}",
    '{0}="x" y',
    "{0}><evil>",
    "\x00",
    "\u2028{0}",
    "\u202e",
    "#",
    "",
]


def form_of(model: str) -> str:
    found = catalogue().models[model]
    return found.family.format or catalogue().vendors[found.vendor].format


FORMS = {form_of(model): model for model in reversed(MODELS)}
"""The first model that is written so."""


class Listed:
    """A directory with one entry."""

    def __init__(self, name: str) -> None:
        self.entries = (Entry(name, "101"),)

    def page(self, page: int, length: int) -> tuple[Entry, ...]:
        return self.entries

    def has(self, page: int, length: int) -> bool:
        return False


def test_every_format_is_here() -> None:
    assert {*LABELS, "json", "linphone"} == set(FORMS)


@pytest.mark.proves("G8")
@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_hostile_name_is_a_name_and_nothing_else(form: str) -> None:
    for name in HOSTILE:
        check_name(form, name)


@pytest.mark.parametrize("form", sorted(FORMS))
@given(name=st.text(max_size=200))
def test_any_name_is_a_name_and_nothing_else(form: str, name: str) -> None:
    check_name(form, name)


def check_name(form: str, name: str) -> None:
    confined(benign(form), named(desk(FORMS[form]), name))


@cache
def benign(form: str) -> tuple[Handset, Learned]:
    return read(named(desk(FORMS[form]), BENIGN))


def confined(usual: tuple[Handset, Learned], hostile: Desk) -> None:
    """What the phone learns of the one differs from what it learns of the other only in settings
    that hold the harmless text there."""
    (plain_phone, plain_learned), (made, learned) = usual, read(hostile)
    before, after = plain_phone.settings, made.settings
    differ = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert differ <= {key for key, value in before.items() if BENIGN in value}
    assert [it.name for it in made.asked] == [it.name for it in plain_phone.asked]
    [account], [plain_account] = learned.accounts, plain_learned.accounts
    same = {"display_name": "", "label": ""}
    assert replace(account, **same) == replace(plain_account, **same)
    assert [(it.position, it.kind, it.value) for it in learned.keys] == [
        (it.position, it.kind, it.value) for it in plain_learned.keys
    ]


@pytest.mark.proves("G8")
@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_hostile_name_in_the_directory_is_that_entry(form: str) -> None:
    made = desk(FORMS[form])
    for name in [it for it in HOSTILE if plain(it).strip()]:
        phone, _ = read(replace(made, directory=Listed(name)))
        assert [(who.strip(), number) for who, number in phone.phonebook()] == [
            (plain(name).strip(), "101")
        ]


@pytest.mark.proves("G6", "G8")
@pytest.mark.parametrize("form", sorted(LABELS))
def test_a_hostile_override_is_that_settings_value(form: str) -> None:
    made = desk(FORMS[form])
    usual = read(replace(made, overrides={LABELS[form]: f"{BENIGN} so"}))
    for text in HOSTILE:
        confined(usual, replace(made, overrides={LABELS[form]: text[:40]}))


@pytest.mark.proves("G6", "G8")
@pytest.mark.parametrize("form", sorted(LABELS))
def test_what_is_no_settings_name_is_left_out(form: str) -> None:
    made = desk(FORMS[form])
    usual = read(made)
    for name in NO_NAMES:
        confined(usual, replace(made, overrides={name.format(LABELS[form]): "evil"}))


@pytest.mark.proves("G8")
@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_password_is_had_as_it_is_or_refused_before(form: str) -> None:
    """By the model, or by the plan; never told as another."""
    for text in (*HOSTILE, "\U0001f4de" * 30, "x" * 126):
        check_password(FORMS[form], text)


def check_password(model: str, text: str) -> None:
    oui = VENDORS[model.partition("/")[0]].oui
    try:
        system = office(model, f"{oui}12ab34", f"a{text}b")
    except ValidationError:
        return
    if not any("password" in it.address for it in lacking(system)):
        _, learned = read(desk_of(system, "LDN-01", PLACE))
        assert learned.account.password == f"a{text}b"


@pytest.mark.proves("G8")
@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("letter", ["x", "\U0001f4de", "\u05d0", "&", "%", '"', "\\"], ids=ascii)
def test_names_as_long_as_there_are_are_taken(form: str, letter: str) -> None:
    """Each of 80 letters, and two of them where there are a first and a last name."""
    model, most = FORMS[form], letter * 80
    oui = VENDORS[model.partition("/")[0]].oui
    keys = ["line", {"kind": "blf", "to": "102", "label": most}]
    system = PhoneSystem.model_validate(
        {
            "tenant": "acme",
            "settings": {"name": most},
            "users": {"ada": {"first": most, "last": most}},
            "lines": {"101": {"user": "ada"}, "102": {"label": [most, most]}},
            "handsets": {
                "L" * 40: {"line": "101", "mac": f"{oui}12ab34", "model": model, "keys": keys}
            },
        }
    )
    phone, learned = read(desk_of(system, "L" * 40, PLACE, {"L" * 40: "secret"}))
    assert learned.account.password == "secret"
    if form != "linphone":
        assert [number for _, number in phone.phonebook()] == ["101", "102"]

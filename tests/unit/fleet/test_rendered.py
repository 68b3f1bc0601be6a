"""What is rendered for handsets, read by the parsers that were written apart from it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from controlplane.model.phone_system import PhoneSystem
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.desk import Desk, Place, Server, desk_of
from controlplane.render.phones.files import render
from controlplane.render.phones.lacking import lacking
from tests.fleet import VENDORS, Answer, Handset, Learned

VENDORS_RENDERED = sorted(set(VENDORS) & set(catalogue().vendors))
MODELS = sorted(it for it in catalogue().models if it.partition("/")[0] in VENDORS)
FAMILIES = {(it.vendor, it.family.name): key for key, it in catalogue().models.items()}
ZONES = [
    *("Europe/London", "America/New_York", "America/St_Johns", "Australia/Lord_Howe"),
    *("Asia/Kolkata", "Asia/Kathmandu", "Africa/Cairo", "Asia/Jerusalem", "America/Sao_Paulo"),
    *("Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Marquesas", "Africa/Casablanca"),
    *("America/Nuuk", "Pacific/Pago_Pago", "Antarctica/Troll"),
]


PLACE = Place({"asterisk": Server("127.0.0.9", 5070)}, "http://prov.example/d/token/", year=2026)
BENIGN = "Zoe Benign"
HOSTILE = [
    'A;b,c "quoted" <x> ${EXTEN} & co',
    "%NULL%",
    "#!version:1.0.0.1",
    "# no comment",
    "a = b",
    "account.1.password = x",
    "sip line1 password: x",
    "</label><evil/>",
    "]]><evil/><![CDATA[",
    "<!-- ",
    "--> <evil/>",
    "&evil; &#10; &amp;",
    "' OR 1=1 --",
    "x@evil.example;sub=$PROXY;nme=eve",
    "fnc=sd;nme=x",
    "102|*8",
    "102@2/bc",
    "\\",
    "x\\",
    "\\n",
    "${a}{{b}}{%c%}$PSN$MA[PHONE_MAC_ADDRESS]",
    "\u202eevil\u202c",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f4de \u00e9\u0301 \u00df",
    "x" * 80,
    "x\naccount.1.user_name = eve\nfoo = bar",
    "x\r\nsip line2 user name: eve",
    "x\raccount.2.enable = 1",
    "x\x00y\x1b[31m\x07",
    "x\u2028y\u0085z",
    "\ufeffx",
    "\ufffe\uffff\ud83d",
    '"',
    '"quoted"',
    "^",
    "!",
    ": ",
    "",
]
"""The last dozen cannot come through the model; a renderer is not to lean on that."""


PASSWORD = "s3cr;t&<'%"


def office(model: str, mac: str, password: str = PASSWORD, zone: str = "UTC") -> PhoneSystem:
    keys = [
        {"kind": "line"},
        {"kind": "blf", "to": "102", "label": BENIGN},
        {"kind": "speed-dial", "to": "+447700900123", "label": BENIGN},
    ]
    handset = {
        **{"line": "101", "mac": mac, "model": model, "sip_password": password},
        **{"site": "london", "keys": keys},
    }
    made: dict[str, Any] = {
        "tenant": "acme",
        "settings": {"timezone": zone},
        "sites": {"london": {"main_number": "+442071838750"}},
        "numbers": {"+442071838750": {"to": "line/101"}},
        "lines": {"101": {"label": [BENIGN], "voicemail": {}}, "102": {"label": [BENIGN]}},
        "handsets": {"LDN-01": handset},
    }
    return PhoneSystem.model_validate(made)


@cache
def desk(model: str) -> Desk:
    vendor = VENDORS[model.partition("/")[0]]
    return desk_of(office(model, vendor.oui + "12ab34"), "LDN-01", PLACE)


def named(given: Desk, name: str) -> Desk:
    """The desk with `name` wherever people may write one."""
    [account] = given.accounts
    return replace(
        given,
        label=name,
        directory_name=name,
        accounts=(replace(account, display_name=name, label=name),),
        keys=tuple(replace(it, label=name) if it.label else it for it in given.keys),
    )


def handset(given: Desk) -> Handset:
    """Of the desk's model, its requests answered by what is rendered."""
    vendor = VENDORS[given.model.vendor]
    made = vendor(given.mac, given.url + vendor.entry, model=given.model.name)

    def answered(method: str, url: str, body: bytes | None = None) -> Answer:
        asked = catalogue().asked(url.removeprefix(given.url), given.model.vendor)
        file = render(given, asked) if asked and method == "GET" else None
        answer = Answer(method, url, 200 if file else 404, file.body if file else b"")
        made.asked.append(answer)
        return answer

    made._request = answered  # type: ignore[method-assign]
    return made


def read(given: Desk) -> tuple[Handset, Learned]:
    made = handset(given)
    return made, made.provision()


@pytest.mark.proves("G8", "G9")
@pytest.mark.parametrize("model", MODELS)
def test_a_handset_learns_its_account_and_its_keys(model: str) -> None:
    made, learned = read(desk(model))
    account = learned.account
    assert (account.user, account.auth_user) == ("acme.LDN-01", "acme.LDN-01")
    assert account.password == PASSWORD
    assert (account.server, account.transport) == (("127.0.0.9", 5070), "udp")
    assert BENIGN in account.display_name
    assert learned.provisioning.startswith("http://prov.example/d/token/")
    assert (BENIGN, "101") in made.phonebook()
    if not made.entry:
        assert "*97" in account.voicemail
        assert len(learned.admin_password) >= 6
        room = desk(model).model.line_keys
        kinds = {(it.kind, it.value) for it in learned.keys if it.kind in ("blf", "speed-dial")}
        assert room < 2 or ("blf", "102") in kinds
        assert room < 3 or any(kind == "speed-dial" for kind, _ in kinds)


@pytest.mark.proves("G8")
@pytest.mark.parametrize("model", FAMILIES.values())
def test_the_clock_of_any_zone_is_read(model: str) -> None:
    vendor = VENDORS[model.partition("/")[0]]
    for zone in ZONES:
        system = office(model, vendor.oui + "12ab34", zone=zone)
        assert read(desk_of(system, "LDN-01", PLACE))[1].account.user == "acme.LDN-01", zone


@pytest.mark.parametrize("password", [*"\"'\\;&<>%#$^!:=|", "%NULL%", "^x", "!x", "#x"])
@pytest.mark.parametrize("vendor", VENDORS_RENDERED)
def test_a_password_is_had_as_it_is_or_the_plan_says_that_it_cannot(
    vendor: str, password: str
) -> None:
    model = next(it for it in MODELS if it.startswith(f"{vendor}/"))
    system = office(model, VENDORS[vendor].oui + "12ab34", f"{password}Ab3{password}")
    if any("password" in it.address for it in lacking(system)):
        return
    assert read(desk_of(system, "LDN-01", PLACE))[1].account.password == f"{password}Ab3{password}"


@pytest.mark.parametrize("vendor", VENDORS_RENDERED)
def test_another_phones_mac_gets_nothing(vendor: str) -> None:
    model = next(it for it in MODELS if it.startswith(f"{vendor}/"))
    mine = desk(model)
    other = replace(mine, mac=VENDORS[vendor].oui + "000001")
    made = handset(mine)
    made.provision()
    mac, upper = mine.mac, mine.mac.upper()
    names = {it.path.rpartition("/")[2] for it in made.asked if mac in it.path or upper in it.path}
    for name in names:
        asked = catalogue().asked(name, vendor)
        assert asked is None or render(other, asked) is None, name


@pytest.mark.parametrize("vendor", ["yealink", "snom", "mitel"])
def test_credentials_set_at_the_phone_give_way_to_what_is_served(vendor: str) -> None:
    """Mitel's `^`, Snom's `perm`; a Yealink goes by a file that it has not had before."""
    model = next(it for it in MODELS if it.startswith(f"{vendor}/"))
    other, served = read(desk(model))
    made = handset(desk(model))
    ours = {served.account.user, served.account.password, served.admin_password}
    made.local = {key: "999" for key, value in other.settings.items() if value in ours}
    assert len(made.local) >= 3
    assert made.provision().account == served.account
    assert made.local == {}


def test_what_a_former_owner_left_on_a_cisco_is_taken_back() -> None:
    """It keeps what no profile names: so all of these are named, and empty."""
    given = desk("cisco/8841")
    made = handset(given)
    names = ("User_ID_2_", "Password_2_", "Proxy_2_", "Outbound_Proxy_1_", "Alternate_Proxy_1_")
    names += ("Mailbox_ID_1_", "SIP_URI_1_", "Extended_Function_5_", "Profile_Rule_B")
    made.settings = dict.fromkeys(names, "evil.example") | {
        "Line_Enable_2_": "Yes",
        "Profile_Rule": f"{given.url}{given.mac}.cfg",
        "Extended_Function_5_": "fnc=sd;ext=666@evil.example;nme=x",
    }
    learned = made.provision()
    assert [it.user for it in learned.accounts] == ["acme.LDN-01"]
    assert [it for it in made.settings.items() if "evil" in it[1]] == []
    assert "666" not in {it.value for it in learned.keys}


@pytest.mark.parametrize("vendor", VENDORS_RENDERED)
def test_no_phone_asks_for_a_password_before_it_obeys(vendor: str) -> None:
    """No engine knows one for that; by itself some phones ask."""
    for model in (it for it in MODELS if it.startswith(f"{vendor}/")):
        made, _ = read(desk(model))
        assert not made.challenges, model


@pytest.mark.parametrize("vendor", VENDORS_RENDERED)
def test_the_notify_that_its_vendor_is_sent_is_obeyed(vendor: str) -> None:
    made, _ = read(desk(next(it for it in MODELS if it.startswith(f"{vendor}/"))))
    found = catalogue().vendors[vendor]
    told = [it for it in (found.check_sync, found.restart) if it]
    assert [it for it in told if made.obey(it)] == told
    made.reboots = 0
    assert made.obey(found.check_sync) == bool(told)
    assert made.reboots == 0

"""Emulated handsets, each by itself: order of files, what is learned, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.fleet import VENDORS, Handset, Malformed
from tests.fleet.cisco import Cisco
from tests.fleet.file_server import FileServer, file_server
from tests.fleet.grandstream import Grandstream
from tests.fleet.learned import Account
from tests.fleet.mitel import Mitel
from tests.fleet.poly import Poly
from tests.fleet.snom import Snom
from tests.fleet.yealink import Yealink
from tests.unit.fleet.samples import ACCOUNT, MITEL, SNOM, YEALINK, files_of

MAC = {name: vendor.oui + "12ab34" for name, vendor in VENDORS.items()}

ORDER = {
    "yealink": (
        "805ec012ab34.boot 404, y000000000000.boot 404, y000000000096.cfg 404, 805ec012ab34.cfg 200"
    ),
    "poly": (
        "64167f12ab34.cfg 404, 000000000000.cfg 200, own-64167f12ab34.cfg 200, all.cfg 200, "
        "64167f12ab34-phone.cfg 404, 64167f12ab34-web.cfg 404, "
        "64167f12ab34-directory.xml 404, 000000000000-directory.xml 404, "
        "PUT 64167f12ab34-app.log 200"
    ),
    "grandstream": "cfgc074ad12ab34 404, cfgc074ad12ab34.bin 404, cfgc074ad12ab34.xml 200",
    "snom": "snomD785.htm 404, snomD785-00041312AB34.htm 200, 00041312AB34.xml 200",
    "cisco": "8841-3PCC.xml 404, 00562b12ab34.cfg 200",
    "fanvil": "F0V00X5U0000.cfg 404, 0c383e12ab34.cfg 200",
    "mitel": "startup.cfg 404, 6930.cfg 404, 1400E912AB34.cfg 200",
    "linphone": "linphone.xml 200",
    "softphone": "account.json 200",
}

AGENTS = {
    "yealink": "Yealink SIP-T54W 96.86.0.75 80:5e:c0:12:ab:34",
    "poly": "FileTransport PolycomVVX-VVX_450-UA/6.4.3.5814 Type/Application",
    "grandstream": "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad12ab34",
    "snom": "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 00041312AB34 SXM:0 UXM:0)",
    "cisco": "Cisco-CP-8841-3PCC/11.3.7 (00562b12ab34)",
    "fanvil": "Fanvil X5U 2.12.1.3 0c383e12ab34",
    "mitel": "Mitel6930 MAC:14-00-E9-12-AB-34 V:6.4.0.140-SIP",
    "linphone": "Unknown",
    "softphone": "Softphone",
}


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as made:
        yield made


def made(vendor: str, server: FileServer) -> Handset:
    handset = VENDORS[vendor](MAC[vendor], server.url + VENDORS[vendor].entry)
    server.files = {name: text.encode() for name, text in files_of(handset).items()}
    return handset


def known(vendor: str) -> Account:
    if vendor == "linphone":  # has no text on a screen of its own, and no key for a mailbox
        return replace(ACCOUNT, label=ACCOUNT.display_name, voicemail="")
    return ACCOUNT


@pytest.mark.parametrize("vendor", VENDORS)
def test_order_agent_and_what_is_learned(vendor: str, server: FileServer) -> None:
    handset = made(vendor, server)
    learned = handset.provision()
    asked = [it.removeprefix("GET ") for it in handset.round_asked()]
    assert ", ".join(asked) == ORDER[vendor]
    assert set(server.agents) == {AGENTS[vendor]}
    assert learned.account == known(vendor)
    if not handset.entry:
        assert learned.admin_password == "a-word"
        [lamp] = [it for it in learned.keys if it.kind == "blf"]
        assert (lamp.value, lamp.label) == ("102", "Bob = boss")


@pytest.mark.parametrize("status", [404, 503, 0])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_round_that_fails_leaves_what_there_was(
    vendor: str, status: int, server: FileServer
) -> None:
    handset = made(vendor, server)
    handset.provision()
    if status:
        server.fails = status
    else:
        server.close()
        server.close = lambda: None  # type: ignore[method-assign]
    assert handset.provision().account == known(vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_file_that_is_cut_off_is_refused_and_changes_nothing(
    vendor: str, server: FileServer
) -> None:
    handset = made(vendor, server)
    handset.provision()
    name = next(it for it in reversed(server.files) if it != "all.cfg")
    server.files[name] = server.files[name][: -1 - len(server.files[name]) // 3]
    with pytest.raises(Malformed):
        handset.provision()
    assert handset.learned().account == known(vendor)


def test_yealink_skips_a_file_it_had_and_a_value_set_at_the_phone_stays(server: FileServer) -> None:
    phone = made("yealink", server)
    phone.provision()
    phone.local["account.1.label"] = "mine"
    assert phone.provision().account.label == "mine"
    server.files[f"{phone.mac}.cfg"] += b"lang.wui = English\n"
    assert phone.provision().account.label == "LDN-01"


def test_yealink_protects_what_was_set_at_the_phone_where_told_to(server: FileServer) -> None:
    phone = made("yealink", server)
    server.files[f"{phone.mac}.cfg"] += b"static.auto_provision.custom.protect = 1\n"
    phone.local["account.1.label"] = "mine"
    assert phone.provision().account.label == "mine"


def test_yealink_takes_back_what_is_null(server: FileServer) -> None:
    phone = made("yealink", server)
    phone.provision()
    text = YEALINK.replace("linekey.2.type = 16", "linekey.2.type = %NULL%")
    server.files[f"{phone.mac}.cfg"] = text.encode()
    assert [it.position for it in phone.provision().keys] == [1]


def test_yealink_follows_its_boot_file(server: FileServer) -> None:
    phone = made("yealink", server)
    boot = '#!version:1.0.0.1\ninclude:config "common.cfg"\ninclude:config <$MAC.cfg>\n'
    server.files["y000000000000.boot"] = boot.encode()
    phone.provision()
    assert [it.name for it in phone.asked] == [
        *(f"{phone.mac}.boot", "y000000000000.boot", "common.cfg", f"{phone.mac}.cfg")
    ]


@pytest.mark.parametrize(("reboot", "boots"), [("0", 0), ("1", 1), (None, 1)])
def test_yealink_boots_on_check_sync_unless_told_not_to(reboot: str | None, boots: int) -> None:
    phone = Yealink(MAC["yealink"], "http://127.0.0.1/")
    phone.settings = {} if reboot is None else {"sip.notify_reboot_enable": reboot}
    assert phone.obey("check-sync;reboot=false")
    assert phone.reboots == boots
    assert not phone.obey("message-summary")


def test_poly_uploads_what_was_set_at_the_phone_and_prefers_it(server: FileServer) -> None:
    phone = made("poly", server)
    phone.local["reg.1.label"] = "mine"
    assert phone.provision().account.label == "mine"
    assert b'reg.1.label="mine"' in server.put[f"{phone.mac}-phone.cfg"]


def test_poly_takes_no_device_setting_that_is_not_marked(server: FileServer) -> None:
    phone = made("poly", server)
    text = server.files["all.cfg"].replace(b' device.auth.localAdminPassword.set="1"', b"")
    server.files["all.cfg"] = text
    assert phone.provision().admin_password == ""


def test_poly_takes_files_whole_or_not_at_all(server: FileServer) -> None:
    phone = made("poly", server)
    del server.files["all.cfg"]
    assert phone.provision().accounts == ()


def test_poly_dials_what_the_directory_lists(server: FileServer) -> None:
    phone = made("poly", server)
    assert isinstance(phone, Poly)
    server.files["000000000000-directory.xml"] = (
        b"<directory><item_list><item><fn>Ann</fn><ln>O'Dell</ln><ct>103</ct><sd>1</sd></item>"
        b"<item><fn>Bob</fn><ct>104</ct></item></item_list></directory>"
    )
    [key] = [it for it in phone.provision().keys if it.kind == "speed-dial"]
    assert (key.value, key.label) == ("103", "Ann O'Dell")
    assert len(phone.directory) == 2


def test_grandstream_reads_p_values_and_only_its_own(server: FileServer) -> None:
    phone = Grandstream(MAC["grandstream"], server.url)
    text = (
        '<gs_provision version="1"><mac>{}</mac><config version="1"><P271>1</P271>'
        "<P47>127.0.0.9</P47><P35>101</P35><P36>101</P36><P34>x</P34></config></gs_provision>"
    )
    server.files["cfg.xml"] = text.format("000b82000000").encode()
    assert phone.provision().accounts == ()
    server.files["cfg.xml"] = text.format(phone.mac).encode()
    assert phone.provision().account == Account("101", "101", "x", "127.0.0.9")


def test_snom_lets_its_user_change_what_perm_allows(server: FileServer) -> None:
    phone = made("snom", server)
    phone.local = {"language": "Deutsch", "user_idle_text#1": "mine"}
    phone.provision()
    assert phone.local == {"language": "Deutsch"}


@pytest.mark.parametrize("perm", ["!", "$"])
def test_snom_credentials_are_never_the_users_to_keep(perm: str, server: FileServer) -> None:
    phone = made("snom", server)
    assert isinstance(phone, Snom)
    text = SNOM.replace('<user_pass idx="1" perm="R"', f'<user_pass idx="1" perm="{perm}"')
    server.files[f"{phone.mac.upper()}.xml"] = text.encode()
    with pytest.raises(Malformed, match="user_pass"):
        phone.provision()


def test_cisco_keeps_what_is_not_named_and_drops_what_is_empty(server: FileServer) -> None:
    phone = made("cisco", server)
    phone.provision()
    name = next(iter(server.files))
    server.files[name] = b"<flat-profile><Voice_Mail_Number/></flat-profile>"
    account = phone.provision().account
    assert (account.user, account.voicemail) == (ACCOUNT.user, "")


def test_cisco_follows_its_profile_rules(server: FileServer) -> None:
    phone = made("cisco", server)
    server.files["8841-3PCC.xml"] = (
        f"<flat-profile><Profile_Rule>{server.url}d/$MA.cfg</Profile_Rule></flat-profile>"
    ).encode()
    server.files[f"d/{phone.mac}.cfg"] = (
        b"<flat-profile><Admin_Password>new</Admin_Password></flat-profile>"
    )
    assert phone.provision().admin_password == "new"
    assert phone.url == f"{server.url}d/{phone.mac}.cfg"
    before = len(phone.asked)
    phone.provision()
    assert phone.round_asked(before) == [f"GET {phone.mac}.cfg 200"]


def test_cisco_resyncs_when_its_calls_are_over_unless_told_not_to() -> None:
    phone = Cisco(MAC["cisco"], "http://127.0.0.1/")
    assert phone.waits_until_idle
    assert (phone.obey("resync"), phone.reboots) == (True, 0)
    assert (phone.obey("reboot"), phone.reboots) == (True, 1)
    phone.settings["Resync_From_SIP"] = "No"
    assert not phone.obey("check-sync")


@pytest.mark.parametrize(
    ("vendor", "setting"),
    [
        ("fanvil", "sip/NotifyReboot"),
        ("poly", "voIpProt.SIP.specialEvent.checkSync.alwaysReboot"),
    ],
)
def test_boots_on_check_sync_where_it_is_told_to(vendor: str, setting: str) -> None:
    phone = VENDORS[vendor](MAC[vendor], "http://127.0.0.1/")
    for value, boots in (("0", 0), ("1", 1)):
        phone.settings[setting] = value
        assert (phone.obey("check-sync"), phone.reboots) == (True, boots)


@pytest.mark.parametrize("vendor", VENDORS)
def test_obeys_its_vendors_words_and_no_others(vendor: str) -> None:
    phone = VENDORS[vendor](MAC[vendor], "http://127.0.0.1/")
    every = {event for it in VENDORS.values() for event in it.events}
    assert {it for it in every if phone.obey(it)} == phone.events
    for event in ("", "resync-now", "check-sync;reboot=maybe", "ua-profile", "message-summary"):
        assert not phone.obey(event), event
    for event in phone.events:
        assert phone.obey(f" {event.upper().replace(';', ' ; ')}"), event


@pytest.mark.parametrize(
    ("vendor", "settings", "asks"),
    [
        *(("yealink", "", False), ("poly", "", False), ("fanvil", "", False)),
        *(("mitel", "", False), ("snom", "", False), ("snom", "challenge_checksync=on", True)),
        *(("grandstream", "", True), ("grandstream", "sip.notify.challenge=Yes", True)),
        *(("grandstream", "sip.notify.challenge=No", False), ("grandstream", "P4428=0", True)),
        ("grandstream", "P4428=1", False),
        *(("cisco", "", True), ("cisco", "Auth_Resync-Reboot_1_=Yes", True)),
        ("cisco", "Auth_Resync-Reboot_1_=No", False),
    ],
)
def test_who_asks_for_a_password_before_it_obeys(vendor: str, settings: str, asks: bool) -> None:
    phone = VENDORS[vendor](MAC[vendor], "http://127.0.0.1/")
    phone.settings = dict([settings.split("=")]) if settings else {}
    assert phone.challenges is asks


def test_mitel_local_values_win_but_for_a_caret(server: FileServer) -> None:
    phone = made("mitel", server)
    assert isinstance(phone, Mitel)
    phone.local = {"sip line1 screen name": "mine", "sip line1 vmail": "*1"}
    account = phone.provision().account
    assert (account.label, account.voicemail) == ("LDN-01", "*1")
    server.files["startup.cfg"] = b"sip line1 screen name: everybody\n^time server1: a.example\n"
    server.files[f"{phone.mac.upper()}.cfg"] = MITEL.replace("*97", "*98").encode()
    account = phone.provision().account
    assert (account.label, phone.settings["time server1"]) == ("LDN-01", "a.example")


@pytest.mark.parametrize("vendor", ["yealink", "snom"])
def test_goes_to_the_folder_it_was_told(vendor: str, server: FileServer) -> None:
    phone = made(vendor, server)
    new = server.url + "d/permanent/"
    for name, body in list(server.files.items()):
        moved = {
            "yealink": body + f"static.auto_provision.server.url = {new}\n".encode(),
            "snom": body.replace(
                b"</phone-settings>",
                f"<setting_server>{new}</setting_server></phone-settings>".encode(),
            ),
        }[vendor]
        server.files[name] = moved
    assert phone.provision().provisioning == new
    phone.provision()
    assert phone.asked[-1].path.startswith("/d/permanent/")
    assert phone.learned().account == ACCOUNT

"""Cisco 68xx, 78xx, 88xx with multiplatform firmware (3PCC).

Sources: Cisco's "Multiplatform Phones Provisioning Guide" and administration guides: a flat profile
of elements, macros `$MA` and `$PSN`, profile rules A to D; what a profile does not name stays as it
was; a resync waits until the phone is idle.
"""

from __future__ import annotations

from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Key, Learned
from tests.fleet.strict import (
    Malformed,
    Names,
    anything,
    children,
    leaf,
    shaped,
    text,
    url,
    whole,
    xml_of,
)

_yes = shaped("Yes|No")
_server = shaped(r"[A-Za-z0-9.:\[\]-]*")
_TRANSPORTS = {"": "udp", "UDP": "udp", "TCP": "tcp", "TLS": "tls", "AUTO": "udp"}

NAMES = Names(
    {
        "Line_Enable_#_": _yes,
        "Proxy_#_": _server,
        "Outbound_Proxy_#_": _server,
        "Alternate_Proxy_#_": _server,
        "Alternate_Outbound_Proxy_#_": _server,
        "Use_Outbound_Proxy_#_": _yes,
        "Use_OB_Proxy_In_Dialog_#_": _yes,
        "Register_#_": _yes,
        "Register_Expires_#_": whole(1, 86400),
        "Make_Call_Without_Reg_#_": _yes,
        "Use_DNS_SRV_#_": _yes,
        "Proxy_Fallback_Intvl_#_": whole(0, 65535),
        "Proxy_Redundancy_Method_#_": anything,
        "Dual_Registration_#_": _yes,
        "Auto_Register_When_Failover_#_": _yes,
        "SIP_URI_#_": text(256),
        "Share_Ext_#_": shaped("private|shared"),
        **{f"{it}_Enable_#_": _yes for it in ("G722", "G729a", "G722.2", "iLBC", "iSAC", "OPUS")},
        "SIP_Transport_#_": shaped("UDP|TCP|TLS|AUTO"),
        "SIP_Port_#_": whole(0, 65535),
        "User_ID_#_": text(256),
        "Auth_ID_#_": text(256),
        "Use_Auth_ID_#_": _yes,
        "Password_#_": text(256),
        "Display_Name_#_": text(256),
        "Short_Name_#_": text(256),
        "Extension_#_": shaped(r"\d{1,2}|Disabled"),
        "Extended_Function_#_": anything,
        "Share_Call_Appearance_#_": anything,
        "Mailbox_ID_#_": text(64),
        "Voice_Mail_Subscribe_Interval_#_": whole(0, 86400),
        "Voice_Mail_Server_#_": _server,
        "Mailbox_Subscribe_Expires_#_": whole(0, 4294967),
        "Mailbox_Subscribe_URL_#_": anything,
        "Message_Waiting_#_": _yes,
        "Secure_Call_Option_#_": shaped("Optional|Required|Strict"),
        "Secure_Call_Serv": _yes,
        "Secure_Call_Serv_#_": _yes,
        "Encryption_Method_#_": anything,
        "SRTP_#_": anything,
        "Preferred_Codec_#_": anything,
        "Second_Preferred_Codec_#_": anything,
        "Third_Preferred_Codec_#_": anything,
        "Use_Pref_Codec_Only_#_": _yes,
        "Codec_Negotiation_#_": anything,
        "Dial_Plan_#_": anything,
        "Default_Ring_#_": anything,
        "Auth_Resync-Reboot_#_": _yes,
        "Auth_INVITE_#_": _yes,
        "Blf_List_URI": anything,
        "Call_Waiting_Serv": _yes,
        "Call_Park_Serv": _yes,
        "Call_Pickup_Code": anything,
        "Call_Park_Code": anything,
        "Voice_Mail_Number": text(64),
        "Station_Display_Name": text(256),
        "Station_Name": text(256),
        "Station_Name_Display": anything,
        "Text_Logo": anything,
        "Attendant_Console_Call_Pickup_Code": anything,
        "BLF_List": anything,
        "Time_Zone": shaped(r"GMT([+-]\d\d:\d\d)?"),
        "Time_Offset__HH_mm_": anything,
        "Daylight_Saving_Time_Rule": text(256),
        "Daylight_Saving_Time_Enable": _yes,
        "Primary_NTP_Server": _server,
        "Secondary_NTP_Server": _server,
        "NTP_Enable": _yes,
        "Ignore_DHCP_Time_Offset": _yes,
        "Time_Format": anything,
        "Date_Format": anything,
        "Language_Selection": anything,
        "Locale": anything,
        "Dictionary_Server_Script": anything,
        "Dial_Tone": anything,
        "Ring_Back_Tone": anything,
        "Busy_Tone": anything,
        "Profile_Rule": anything,
        "Profile_Rule_B": anything,
        "Profile_Rule_C": anything,
        "Profile_Rule_D": anything,
        "Provision_Enable": _yes,
        "Resync_On_Reset": _yes,
        "Resync_Random_Delay": whole(0, 65535),
        "Resync_At__HHmm_": shaped(r"\d{4}|"),
        "Resync_At_Random_Delay": whole(0, 65535),
        "Resync_Periodic": whole(0, 2147483647),
        "Resync_Error_Retry_Delay": anything,
        "Forced_Resync_Delay": whole(0, 2147483647),
        "Resync_From_SIP": _yes,
        "Resync_After_Upgrade_Attempt": _yes,
        "Upgrade_Enable": _yes,
        "Upgrade_Rule": anything,
        "Admin_Password": text(127),
        "Admin_Passwd": text(127),
        "User_Password": text(127),
        "Web_Admin_Access": anything,
        "Enable_Web_Server": _yes,
        "Enable_Web_Admin_Access": _yes,
        "Phone-UI-User-Mode": _yes,
        "Phone-UI-readonly": _yes,
        "XML_Directory_Service_Name": text(64),
        "XML_Directory_Service_URL": url,
        "XML_Application_Service_Name": text(64),
        "XML_Application_Service_URL": url,
        "Custom_CA_Rule": anything,
        "TLS_Name_Validate": anything,
        "Number_of_Call_Appearances_Per_Line": anything,
        "Call_Appearances_Per_Line": anything,
    }
)

_FUNCTIONS = {"sd", "blf", "cp", "prk", "mp"}


def parse(body: bytes, name: str) -> dict[str, str]:
    """Parameter to value; one that is there and empty is set to nothing."""
    root = xml_of(body, name, ["flat-profile", "device"])
    if root.tag == "device":
        inner = children(root)
        if [it.tag for it in inner] != ["flat-profile"]:
            raise Malformed(f"{name}: <device> holds {[str(it.tag) for it in inner]}")
        [root] = inner
    found: dict[str, str] = {}
    for element in children(root):
        key, value = str(element.tag), leaf(element)
        if not set(element.attrib) <= {"ua", "group"} or element.get("ua", "na") not in (
            *("na", "ro", "rw"),
        ):
            raise Malformed(f"{name}: {key}: {dict(element.attrib)}")
        if key in found:
            raise Malformed(f"{name}: {key} a second time")
        names = NAMES.require if value else _known
        names(name, key, value)
        found[key] = value
    return found


def _known(name: str, key: str, _value: str) -> None:
    NAMES.check_of(name, key)


def function_of(value: str, name: str = "Extended_Function") -> dict[str, str]:
    """`fnc=sd+blf;sub=102@$PROXY;nme=Bob` by its words."""
    found: dict[str, str] = {}
    for part in value.split(";"):
        word, equals, rest = part.strip().partition("=")
        if not equals or word not in (
            "fnc",
            "sub",
            "nme",
            "ext",
            "vid",
            "usr",
            "pwd",
            "sig",
            "orbit",
        ):
            raise Malformed(f"{name}: {part!r} in {value!r}")
        if word in found:
            raise Malformed(f"{name}: {word} twice in {value!r}")
        found[word] = rest
    if not set(found.get("fnc", "").split("+")) <= _FUNCTIONS:
        raise Malformed(f"{name}: {value!r}")
    return found


class Cisco(Handset):
    vendor = "cisco"
    default_model = "8841"
    oui = "00562b"
    events = frozenset({"check-sync", "resync", "reboot"})
    waits_until_idle = True

    @property
    def user_agent(self) -> str:
        return f"Cisco-CP-{self._full}/11.3.7 ({self.mac})"

    @property
    def _full(self) -> str:
        return f"{self.model.removeprefix('CP-').removesuffix('-3PCC')}-3PCC"

    def fetch(self) -> None:
        rules = [self.settings.get(it, "") for it in _RULES]
        names = [self._filled(it) for it in rules if it.strip()]
        if not names:
            names = [f"{self._full}.xml", f"Cisco/CP-{self._full}/{self.mac}.cfg"]
        done = set(names)
        while names:
            answer = self.get(names.pop(0))
            if not answer.good:
                continue
            found = parse(answer.body, answer.name)
            self.settings |= found
            # A rule that has changed is followed in the same round.
            new = [self._filled(found[it]) for it in _RULES if found.get(it, "").strip()]
            names += [it for it in new if it not in done]
            done |= set(new)

    def _filled(self, rule: str) -> str:
        """A rule may have options and conditions before the URL; none are expected."""
        made = rule.strip().replace("$MAU", self.mac.upper()).replace("$MA", self.mac)
        made = made.replace("$PSN", self._full)
        if "$" in made or " " in made or "[" in made:
            raise Malformed(f"profile rule {rule!r}")
        return made

    @property
    def challenges(self) -> bool:
        """Unless `Auth_Resync-Reboot` of the line is switched off."""
        return self.settings.get("Auth_Resync-Reboot_1_", "Yes") == "Yes"

    def obey(self, event: str) -> bool:
        obeyed = super().obey(event) and self.settings.get("Resync_From_SIP", "Yes") == "Yes"
        self.reboots += obeyed and event.strip().lower() == "reboot"
        return obeyed

    def learned(self) -> Learned:
        have = self.settings
        on = [it for it in range(1, 17) if have.get(f"User_ID_{it}_") and _enabled(have, it)]
        rule = have.get("Profile_Rule", "").strip()
        book = have.get("XML_Directory_Service_URL", "")
        return Learned(
            accounts=tuple(_account(have, it) for it in on),
            keys=_keys(have),
            provisioning=self._filled(rule) if rule else "",
            phonebooks=(book,) if book else (),
            admin_password=have.get("Admin_Password") or have.get("Admin_Passwd", ""),
        )


_RULES = ("Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D")


def _enabled(have: dict[str, str], number: int) -> bool:
    return have.get(f"Line_Enable_{number}_", "Yes") == "Yes"


def _account(have: dict[str, str], number: int) -> Account:
    def of(name: str) -> str:
        return have.get(f"{name}_{number}_", "")

    server, _, port = of("Proxy").partition(":")
    given = of("Auth_ID") if of("Use_Auth_ID") != "No" else ""
    return Account(
        user=of("User_ID"),
        auth_user=given or of("User_ID"),
        password=of("Password"),
        host=server,
        port=int(port or 0),
        transport=_TRANSPORTS[of("SIP_Transport")],
        display_name=of("Display_Name"),
        label=of("Short_Name") or have.get("Station_Display_Name", ""),
        backup=of("Alternate_Proxy").partition(":")[0],
        voicemail=have.get("Voice_Mail_Number", ""),
    )


def _keys(have: dict[str, str]) -> tuple[Key, ...]:
    found = []
    for number in range(1, 100):
        if value := have.get(f"Extended_Function_{number}_", ""):
            words = function_of(value, f"Extended_Function_{number}_")
            functions = words.get("fnc", "").split("+")
            kind = "park" if "prk" in functions else "blf" if "blf" in functions else "speed-dial"
            target = (words.get("sub") or words.get("ext") or words.get("orbit", "")).partition("@")
            found.append(Key(number, kind, target[0], words.get("nme", "")))
    return tuple(found)

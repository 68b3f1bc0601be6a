"""Fanvil X and V.

Sources: Fanvil's auto provisioning guide and configuration files that phones export: the model's
common file, then `<mac>.cfg`; `<sysConf>` in newer firmware, for older see `fanvil_old`. What
phones do on check-sync is not confirmed.
"""

from __future__ import annotations

import re

from lxml import etree

from tests.fleet import fanvil_old
from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Key, Learned
from tests.fleet.strict import (
    Malformed,
    Names,
    anything,
    children,
    flag,
    host,
    leaf,
    port,
    shaped,
    text,
    whole,
    xml_of,
)

_COMMON = {"X5U": "F0V00X5U0000.cfg", "X6U": "F0V00X6U0000.cfg", "X3S": "f0X3shw1.100.cfg"}
_KEY_TYPE = re.compile(r"dsskey/(?:(?:internal|dssSide)\d+/Fkey(\d+)|dssSoft(\d+))/Type")
_TRANSPORTS = {"": "udp", "0": "udp", "1": "tcp", "3": "tls"}

NAMES = Names(
    {
        "sip/line#/PhoneNumber": text(64),
        "sip/line#/DisplayName": text(64),
        "sip/line#/SipName": text(64),
        "sip/line#/RegisterAddr": host,
        "sip/line#/RegisterPort": port,
        "sip/line#/RegisterUser": text(64),
        "sip/line#/RegisterPswd": text(64),
        "sip/line#/RegisterTTL": whole(10, 86400),
        "sip/line#/EnableReg": flag,
        "sip/line#/ProxyAddr": host,
        "sip/line#/ProxyPort": port,
        "sip/line#/ProxyUser": text(64),
        "sip/line#/ProxyPswd": text(64),
        "sip/line#/BackupAddr": host,
        "sip/line#/BackupPort": port,
        "sip/line#/BackupTransport": whole(0, 3),
        "sip/line#/BackupTTL": whole(10, 86400),
        "sip/line#/BackupMode": whole(0, 3),
        "sip/line#/BackupNeedReg": flag,
        "sip/line#/BackupNeedRegOn": flag,
        "sip/line#/MediaCrypto": whole(0, 3),
        "sip/line#/EnableFailback": flag,
        "sip/line#/FailbackInterval": whole(1, 86400),
        "sip/line#/Transport": shaped("[013]"),
        "sip/line#/MWINum": text(64),
        "sip/line#/SubMWI": flag,
        "sip/line#/EnableMWISub": flag,
        "sip/line#/SubMWITTL": whole(10, 86400),
        "sip/line#/DTMFMode": whole(0, 3),
        "sip/line#/PickupNum": text(64),
        "sip/line#/RTPEncryption": whole(0, 3),
        "sip/line#/EnableSRTP": whole(0, 3),
        "sip/line#/EnableRport": flag,
        "sip/line#/NATUDPUpdate": whole(0, 3),
        "sip/line#/UDPUpdateTTL": whole(1, 3600),
        "sip/line#/DialByDNS": flag,
        "sip/line#/CallWaiting": flag,
        "sip/line#/VoiceCodecMap": text(128),
        "sip/line#/VideoCodecMap": text(128),
        "sip/SIPPort": port,
        "sip/EnableCheckSync": flag,
        "sip/NotifyReboot": whole(0, 2),
        "sip/strictServerMatch": flag,
        "ap/DefaultUsername": text(64),
        "ap/DefaultPassword": text(64),
        "ap/InputCfgFileName": anything,
        "ap/DeviceCfgFileKey": anything,
        "ap/CommonCfgFileKey": anything,
        "ap/DownloadCommonConf": flag,
        "ap/DownloadDeviceConf": flag,
        "ap/SaveProvisionInfo": flag,
        "ap/CheckFailTimes": whole(0, 100),
        "ap/FlashServerIP": anything,
        "ap/FlashFileName": text(128),
        "ap/FlashProtocol": whole(1, 5),
        "ap/FlashMode": whole(0, 3),
        "ap/FlashInterval": whole(0, 720),
        "ap/pnp/PNPEnable": flag,
        "ap/opt/DHCPOption": whole(0, 254),
        "ap/opt/DHCPOption#": whole(0, 254),
        "web/EnableWeb": flag,
        "web/EnableTelnet": flag,
        "web/WebServerType": whole(0, 1),
        "web/HttpWebPort": port,
        "web/WebPort": port,
        "web/account#/Name": text(32),
        "web/account#/Password": text(32),
        "web/account#/Level": shaped("|10|5|0"),
        "phone/MenuPassword": text(32),
        "phone/KeyLockPassword": text(32),
        "phone/display/DefaultLanguage": text(20),
        "phone/display/LCDTitle": text(64),
        "phone/date/EnableSNTP": flag,
        "phone/date/SNTPServer": host,
        "phone/date/SecondSNTPServer": host,
        "phone/date/TimeZone": whole(-48, 60),
        "phone/date/TimeZoneName": text(64),
        "phone/date/SNTPTimeout": whole(1, 86400),
        "phone/date/EnableDST": whole(0, 2),
        "phone/date/DSTFixedType": whole(0, 2),
        "phone/date/DSTType": whole(0, 2),
        "phone/date/DSTLocation": whole(0, 200),
        "phone/date/DSTRuleMode": whole(0, 2),
        "phone/date/DSTMinOffset": whole(-720, 720),
        **{
            f"phone/date/DST{which}{what}": whole(-7, 31)
            for which in ("Start", "End")
            for what in ("Mon", "Hour", "Wday", "Week", "Min", "Day")
        },
        "phone/xmlContact#/Name": text(64),
        "phone/xmlContact#/Addr": anything,
        "phone/xmlContact#/UserName": text(64),
        "phone/xmlContact#/PassWd": text(64),
        "phone/xmlContact#/Sipline": whole(-1, 20),
        "phone/xmlContact#/BindLine": whole(-1, 20),
        "phone/xmlContact#/PhonebookType": whole(0, 2),
        "phone/voiceTone/ToneCountry": anything,
        "mm/SelectYourTone": whole(0, 60),
        "dsskey/SelectDsskeyAction": whole(0, 1),
        "dsskey/FuncKeyPageNum": whole(1, 10),
        "dsskey/SideKeyPageNum": whole(1, 10),
        "dsskey/MemoryKeytoBXfer": whole(0, 3),
        **{
            f"dsskey/{page}/{what}": check
            for page in ("internal#/Fkey#", "dssSide#/Fkey#", "dssSoft#")
            for what, check in (
                ("Type", whole(0, 30)),
                ("Value", text(128)),
                ("Title", text(64)),
                ("ICON", text(16)),
            )
        },
        "sip/codec/CodecSet": anything,
        "audio/codec#/Type": text(20),
        "mm/VoiceCodecMap": text(128),
        "mm/codec/VoiceCodecMap": text(128),
        "dialpeer/DialRule": anything,
    }
)


def parse(body: bytes, name: str) -> dict[str, str]:
    """`sip/line1/PhoneNumber` to value: the path of elements, with their index."""
    root = xml_of(body, name, ["sysConf", "VOIP_CONFIG_FILE"])
    if root.tag != "sysConf":
        raise Malformed(f"{name}: {root.tag} is read by firmware before 2.0 only")
    found: dict[str, str] = {}
    versions = 0
    for element in children(root):
        if element.tag == "Version":
            versions += 1
            if not re.fullmatch(r"2\.\d{1,10}", leaf(element)):
                raise Malformed(f"{name}: version {leaf(element)!r}")
        else:
            _read(element, "", name, found)
    if versions != 1:
        raise Malformed(f"{name}: {versions} <Version>")
    return found


def _read(element: etree._Element, above: str, name: str, found: dict[str, str]) -> None:
    if not set(element.attrib) <= {"index"}:
        raise Malformed(f"{name}: <{element.tag} {dict(element.attrib)}>")
    index = element.get("index", "")
    if index and not re.fullmatch(r"[1-9]\d{0,2}", index):
        raise Malformed(f"{name}: <{element.tag}>: index {index!r}")
    path = f"{above}{element.tag}{index}"
    inner = children(element)
    for it in inner:
        _read(it, f"{path}/", name, found)
    if inner:
        return
    value = leaf(element)
    if path in found:
        raise Malformed(f"{name}: {path} a second time")
    if value.strip():
        NAMES.require(name, path, value)
    else:
        NAMES.check_of(name, path)
    found[path] = value.strip() and value


class Fanvil(Handset):
    vendor = "fanvil"
    default_model = "X5U"
    oui = "0c383e"
    events = frozenset({"check-sync", "check-sync;reboot=true"})

    def obey(self, event: str) -> bool:
        """Where `NotifyReboot` is 1, whatever it is told boots it."""
        obeyed = super().obey(event)
        boots = self.settings.get("sip/NotifyReboot") == "1" and "reboot=true" not in event
        self.reboots += obeyed and boots
        return obeyed

    @property
    def user_agent(self) -> str:
        return f"Fanvil {self.model} 2.12.1.3 {self.mac}"

    @property
    def _common(self) -> str:
        word = re.sub("[^a-z0-9]", "_", self.model.lower())
        return _COMMON.get(self.model, f"fanvil_{word}_hwv1_0.txt")

    def fetch(self) -> None:
        names = [f"{self.mac}.cfg"]
        if self.settings.get("ap/DownloadCommonConf", "1") == "1":
            names.insert(0, self._common)
        if (own := self.settings.get("ap/FlashFileName", "")) and "$" in own:
            names[-1] = own.replace("$mac", self.mac).replace("$MAC", self.mac.upper())
        for name in names:
            answer = self.get(name)
            if answer.good and self.model in fanvil_old.MODELS:
                read = fanvil_old.parse(answer.body, answer.name)
                self.settings |= read | fanvil_old.as_new(read)
            elif answer.good:
                self.settings |= parse(answer.body, answer.name)

    def learned(self) -> Learned:
        have = self.settings
        on = [it for it in range(1, 21) if have.get(f"sip/line{it}/EnableReg") == "1"]
        books = [have.get(f"phone/xmlContact{it}/Addr", "") for it in range(1, 6)]
        return Learned(
            accounts=tuple(_account(have, it) for it in on),
            keys=_keys(have),
            provisioning=_provisioning(have),
            phonebooks=tuple(filter(None, books)),
            admin_password=have.get("web/account1/Password", ""),
        )


def _provisioning(have: dict[str, str]) -> str:
    """A server is a host, or host and path, its protocol apart; or a URL."""
    given = have.get("ap/FlashServerIP", "")
    if not given:
        return ""
    if "://" not in given:
        schemes = {"4": "http", "5": "https"}
        given = f"{schemes[have.get('ap/FlashProtocol', '4')]}://{given}"
    return given if given.endswith("/") else f"{given}/"


def _account(have: dict[str, str], number: int) -> Account:
    def of(name: str) -> str:
        return have.get(f"sip/line{number}/{name}", "")

    return Account(
        user=of("PhoneNumber"),
        auth_user=of("RegisterUser") or of("PhoneNumber"),
        password=of("RegisterPswd"),
        host=of("RegisterAddr"),
        port=int(of("RegisterPort") or 0),
        transport=_TRANSPORTS[of("Transport")],
        display_name=of("DisplayName"),
        label=of("SipName") or of("DisplayName"),
        backup=of("BackupAddr"),
        voicemail=of("MWINum"),
    )


def _keys(have: dict[str, str]) -> tuple[Key, ...]:
    found = []
    for path, kind in have.items():
        where = _KEY_TYPE.fullmatch(path)
        if not where or kind in ("", "0"):
            continue
        value = have.get(path.removesuffix("Type") + "Value", "")
        title = have.get(path.removesuffix("Type") + "Title", "")
        found.append(Key(int(where[1] or where[2]), *_function(kind, value), title))
    return tuple(found)


def _function(kind: str, value: str) -> tuple[str, str]:
    """Type 2 is a line; type 1 a memory key: `number@line/` and a letter for what it does."""
    if kind == "2":
        return "line", value
    target, _, rest = value.partition("@")
    does = rest.partition("/")[2]
    words = {"f": "speed-dial", "b": "blf", "c": "park"}
    return words.get(does[:1], f"type {kind}"), target

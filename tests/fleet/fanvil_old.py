"""Fanvil's phones with firmware before sysConf: `VOIP_CONFIG_FILE`.

Sources: configuration files that such phones export, and what others write for them: a module an
element, in it settings and lists, a list of entries that say their own name as `<ID>`. Names of
settings are cut off at fourteen letters or so.
"""

from __future__ import annotations

import re

from lxml import etree

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

MODELS = frozenset(("X2P", "X3S", "X3SP", "X3G", "X4", "X4G"))

_LINE = "SIP_CONFIG_MODULE/SIP_Line_List[SIP#]"
_KEY = "PHONE_CONFIG_MODULE/Function_Key[Fkey#]"
_BOOK = "PHONE_CONFIG_MODULE/Xml_PhoneBook[XML-PBook#]"
_WEB = "MMI_CONFIG_MODULE/MMI_Account[Account#]"
_UPDATE = "AUTOUPDATE_CONFIG_MODULE"
_GLOBAL = "GLOBAL_CONFIG_MODULE"

AS_NEW = {
    f"{_LINE}/Phone_Number": "sip/line#/PhoneNumber",
    f"{_LINE}/Display_Name": "sip/line#/DisplayName",
    f"{_LINE}/Sip_Name": "sip/line#/SipName",
    f"{_LINE}/Register_Addr": "sip/line#/RegisterAddr",
    f"{_LINE}/Register_Port": "sip/line#/RegisterPort",
    f"{_LINE}/Register_User": "sip/line#/RegisterUser",
    f"{_LINE}/Register_Pswd": "sip/line#/RegisterPswd",
    f"{_LINE}/Enable_Reg": "sip/line#/EnableReg",
    f"{_LINE}/Transport": "sip/line#/Transport",
    f"{_LINE}/Backup_Addr": "sip/line#/BackupAddr",
    f"{_LINE}/MWI_Num": "sip/line#/MWINum",
    f"{_KEY}/Type": "dsskey/internal1/Fkey#/Type",
    f"{_KEY}/Value": "dsskey/internal1/Fkey#/Value",
    f"{_KEY}/Title": "dsskey/internal1/Fkey#/Title",
    f"{_BOOK}/Addr": "phone/xmlContact#/Addr",
    f"{_WEB}/Password": "web/account#/Password",
    f"{_UPDATE}/Download_Server_IP": "ap/FlashServerIP",
    f"{_UPDATE}/Download_Protocol": "ap/FlashProtocol",
    f"{_UPDATE}/Config_File_Name": "ap/FlashFileName",
}
"""What is learned of a file, by the names that newer firmware has for it."""

NAMES = Names(
    {
        f"{_LINE}/Phone_Number": text(64),
        f"{_LINE}/Display_Name": text(64),
        f"{_LINE}/Sip_Name": text(64),
        f"{_LINE}/Register_Addr": host,
        f"{_LINE}/Register_Port": port,
        f"{_LINE}/Register_User": text(64),
        f"{_LINE}/Register_Pswd": text(64),
        f"{_LINE}/Register_TTL": whole(10, 86400),
        f"{_LINE}/Enable_Reg": flag,
        f"{_LINE}/Proxy_Addr": host,
        f"{_LINE}/Proxy_Port": port,
        f"{_LINE}/Proxy_User": text(64),
        f"{_LINE}/Proxy_Pswd": text(64),
        f"{_LINE}/Backup_Addr": host,
        f"{_LINE}/Backup_Port": port,
        f"{_LINE}/Backup_Transpo": whole(0, 3),
        f"{_LINE}/Backup_TTL": whole(10, 86400),
        f"{_LINE}/Backup_Mode": whole(0, 3),
        f"{_LINE}/Enable_Failbac": flag,
        f"{_LINE}/Failback_Inter": whole(1, 86400),
        f"{_LINE}/Media_Crypto": whole(0, 3),
        f"{_LINE}/VoiceCodecMap": text(128),
        f"{_LINE}/DTMF_Mode": whole(0, 3),
        f"{_LINE}/Enable_Rport": flag,
        f"{_LINE}/Transport": shaped("[013]"),
        f"{_LINE}/MWI_Num": text(64),
        "SIP_CONFIG_MODULE/Notify_Reboot": whole(0, 2),
        f"{_KEY}/Type": whole(0, 30),
        f"{_KEY}/Value": text(128),
        f"{_KEY}/Title": text(64),
        f"{_BOOK}/Name": text(64),
        f"{_BOOK}/Addr": anything,
        f"{_BOOK}/Auth": text(64),
        f"{_BOOK}/Policy": whole(0, 2),
        f"{_BOOK}/Sipline": whole(0, 20),
        "PHONE_CONFIG_MODULE/FuncKey_Page_Num": whole(1, 10),
        "PHONE_CONFIG_MODULE/LCD_Title": text(64),
        "PHONE_CONFIG_MODULE/Menu_Password": text(32),
        f"{_WEB}/Name": text(32),
        f"{_WEB}/Password": text(32),
        f"{_WEB}/Level": shaped("10|5|0"),
        "DSP_CONFIG_MODULE/Signal_Standard": whole(0, 60),
        f"{_UPDATE}/Download_DeviceConf": flag,
        f"{_UPDATE}/Download_CommonConf": flag,
        f"{_UPDATE}/Download_Server_IP": anything,
        f"{_UPDATE}/Config_File_Name": text(128),
        f"{_UPDATE}/Download_Protocol": whole(1, 5),
        f"{_UPDATE}/Download_Mode": whole(0, 3),
        f"{_UPDATE}/Download_Interval": whole(0, 720),
        f"{_UPDATE}/PNP_Enable": flag,
        f"{_GLOBAL}/Language": whole(0, 60),
        f"{_GLOBAL}/Enable_SNTP": flag,
        f"{_GLOBAL}/SNTP_Server": host,
        f"{_GLOBAL}/Time_Zone": whole(-48, 60),
        f"{_GLOBAL}/Time_Zone_Name": text(64),
        f"{_GLOBAL}/Enable_DST": whole(0, 2),
        f"{_GLOBAL}/DST_Fixed_Type": whole(0, 2),
        f"{_GLOBAL}/DST_Min_Offset": whole(-720, 720),
        **{
            f"{_GLOBAL}/DST_{which}_{what}": whole(-7, 31)
            for which in ("Start", "End")
            for what in ("Mon", "Hour", "Wday", "Week")
        },
    }
)


def parse(body: bytes, name: str) -> dict[str, str]:
    """`SIP_CONFIG_MODULE/SIP_Line_List[SIP1]/Phone_Number` to value."""
    root = xml_of(body, name, ["sysConf", "VOIP_CONFIG_FILE"])
    if root.tag != "VOIP_CONFIG_FILE":
        raise Malformed(f"{name}: {root.tag} is read by firmware from 2.0 only")
    version, *modules = children(root) or [root]
    if version.tag != "version" or leaf(version) != "2.0002":
        raise Malformed(f"{name}: no <version> before all else")
    found: dict[str, str] = {}
    for module in modules:
        if not re.fullmatch(r"[A-Z0-9]+_CONFIG_MODULE", str(module.tag)):
            raise Malformed(f"{name}: <{module.tag}>")
        _read(module, str(module.tag), name, found)
    return found


def _read(element: etree._Element, path: str, name: str, found: dict[str, str]) -> None:
    for it in children(element):
        if it.attrib:
            raise Malformed(f"{name}: <{it.tag} {dict(it.attrib)}>")
        inside = children(it)
        if not inside:
            _take(f"{path}/{it.tag}", leaf(it), name, found)
        for entry in inside:
            if entry.tag != f"{it.tag}_Entry":
                raise Malformed(f"{name}: <{entry.tag}> in <{it.tag}>")
            known, *settings = children(entry) or [entry]
            if known.tag != "ID":
                raise Malformed(f"{name}: <{entry.tag}> without <ID>")
            for setting in settings:
                _take(f"{path}/{it.tag}[{leaf(known)}]/{setting.tag}", leaf(setting), name, found)


def _take(path: str, value: str, name: str, found: dict[str, str]) -> None:
    if path in found:
        raise Malformed(f"{name}: {path} a second time")
    if value.strip():
        NAMES.require(name, path, value)
    else:
        NAMES.check_of(name, path)
    found[path] = value.strip() and value


def as_new(settings: dict[str, str]) -> dict[str, str]:
    found = {}
    for path, value in settings.items():
        number = re.search(r"\[\D+(\d+)\]", path)
        general = path.replace(number[0], re.sub(r"\d+", "#", number[0])) if number else path
        if general in AS_NEW:
            found[AS_NEW[general].replace("#", number[1] if number else "")] = value
    return found

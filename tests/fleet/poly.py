"""Poly VVX, Edge E and CCX with UC software.

Sources: Poly's "UC Software Administrator Guide" and "Parameter Reference": the master file names
the configuration files, of which an earlier one wins; parameters are XML attributes of any element;
`device.` parameters need `.set`; what is set at the phone is uploaded and wins over files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Key, Learned
from tests.fleet.phonebooks import Contact
from tests.fleet.strict import (
    Malformed,
    Names,
    among,
    anything,
    children,
    flag,
    host,
    leaf,
    port,
    text,
    url,
    whole,
    xml_of,
)

_TRANSPORTS = {
    "": "udp",
    "DNSnaptr": "udp",
    "UDPOnly": "udp",
    "TCPpreferred": "tcp",
    "TCPOnly": "tcp",
    "TLS": "tls",
}

NAMES = Names(
    {
        "reg.#.address": text(256),
        "reg.#.label": text(256),
        "reg.#.displayName": text(256),
        "reg.#.auth.userId": text(256),
        "reg.#.auth.password": text(256),
        "reg.#.auth.useLoginCredentials": flag,
        "reg.#.type": among("private", "shared"),
        "reg.#.lineKeys": whole(1, 48),
        "reg.#.callsPerLineKey": whole(1, 24),
        "reg.#.srtp.enable": flag,
        "reg.#.srtp.offer": flag,
        "reg.#.srtp.require": flag,
        "reg.#.outboundProxy.address": host,
        "reg.#.outboundProxy.port": port,
        "reg.#.outboundProxy.transport": among(*_TRANSPORTS),
        "voIpProt.server.#.address": host,
        "voIpProt.server.#.port": port,
        "voIpProt.server.#.transport": among(*_TRANSPORTS),
        "voIpProt.server.#.expires": whole(10, 2147483647),
        "voIpProt.SIP.specialEvent.checkSync.alwaysReboot": flag,
        "voIpProt.SIP.use486forReject": flag,
        "voIpProt.SIP.outboundProxy.address": host,
        "voIpProt.SIP.outboundProxy.port": port,
        "voIpProt.SIP.outboundProxy.transport": among(*_TRANSPORTS),
        "voIpProt.SIP.keepalive.sessionTimers": flag,
        "msg.bypassInstantMessage": flag,
        "msg.mwi.#.callBackMode": among("contact", "registration", "disabled"),
        "msg.mwi.#.callBack": text(256),
        "msg.mwi.#.subscribe": text(256),
        "attendant.resourceList.#.address": text(255),
        "attendant.resourceList.#.label": text(255),
        "attendant.resourceList.#.type": among("normal", "automata"),
        "attendant.resourceList.#.callAddress": text(255),
        "attendant.reg": whole(1, 48),
        "attendant.behaviors.display.spontaneousCallAppearances.normal": flag,
        "attendant.behaviors.display.spontaneousCallAppearances.automata": flag,
        "attendant.behaviors.display.remoteCallerID.normal": flag,
        "attendant.behaviors.display.remoteCallerID.automata": flag,
        "lineKey.reassignment.enabled": flag,
        "lineKey.#.category": among(
            *("Unassigned", "Line", "BLF", "SpeedDial", "EFK", "Presence", "Park")
        ),
        "lineKey.#.index": whole(0, 9999),
        "efk.efklist.#.mname": text(32),
        "efk.efklist.#.label": text(64),
        "efk.efklist.#.status": flag,
        "efk.efklist.#.action.string": text(128),
        "efk.efklist.#.use.idle": flag,
        "efk.version": whole(1, 2),
        "feature.enhancedFeatureKeys.enabled": flag,
        "feature.EFKLineKey.enabled": flag,
        "feature.corporateDirectory.enabled": flag,
        "feature.directory.enabled": flag,
        "feature.presence.enabled": flag,
        "feature.urlDialing.enabled": flag,
        "feature.callPark.enabled": flag,
        "softkey.#.enable": flag,
        "softkey.#.label": text(64),
        "softkey.#.action": text(256),
        "softkey.#.use.idle": flag,
        "tcpIpApp.sntp.address": host,
        "tcpIpApp.sntp.address.overrideDHCP": flag,
        "tcpIpApp.sntp.gmtOffset": whole(-43200, 50400),
        "tcpIpApp.sntp.gmtOffset.overrideDHCP": flag,
        "tcpIpApp.sntp.gmtOffsetcityID": whole(-1, 200),
        "tcpIpApp.sntp.resyncPeriod": whole(0, 86400),
        "tcpIpApp.sntp.daylightSavings.enable": flag,
        "tcpIpApp.sntp.daylightSavings.fixedDayEnable": flag,
        **{
            f"tcpIpApp.sntp.daylightSavings.{which}.{what}": whole(0, 31)
            for which in ("start", "stop")
            for what in ("month", "date", "time", "dayOfWeek")
        },
        "tcpIpApp.sntp.daylightSavings.start.dayOfWeek.lastInMonth": flag,
        "tcpIpApp.sntp.daylightSavings.stop.dayOfWeek.lastInMonth": flag,
        "lcl.ml.lang": text(40),
        "lcl.datetime.time.24HourClock": flag,
        "lcl.datetime.date.format": text(20),
        "lcl.datetime.date.longFormat": flag,
        "dialplan.digitmap": text(2560),
        "dialplan.digitmap.timeOut": text(100),
        "dialplan.impossibleMatchHandling": whole(0, 3),
        "dialplan.removeEndOfDial": flag,
        "dialplan.#.applyToUserSend": flag,
        "call.callWaiting.enable": flag,
        "call.directedCallPickupMethod": among("legacy", "native"),
        "call.directedCallPickupString": text(32),
        "call.parkedCallRetrieveMethod": among("legacy", "native"),
        "call.parkedCallRetrieveString": text(32),
        "sec.srtp.enable": flag,
        "sec.srtp.offer": flag,
        "sec.srtp.require": flag,
        "sec.TLS.SIP.strictCertCommonNameValidation": flag,
        "sec.TLS.prov.strictCertCommonNameValidation": flag,
        "device.set": flag,
        "device.auth.localAdminPassword": text(32),
        "device.auth.localAdminPassword.set": flag,
        "device.auth.localUserPassword": text(32),
        "device.auth.localUserPassword.set": flag,
        "device.prov.serverName": anything,
        "device.prov.serverName.set": flag,
        "device.prov.serverType": among("FTP", "TFTP", "HTTP", "HTTPS", "FTPS"),
        "device.prov.serverType.set": flag,
        "device.sntp.serverName": host,
        "device.sntp.serverName.set": flag,
        "device.sntp.gmtOffset": whole(-43200, 50400),
        "device.sntp.gmtOffset.set": flag,
        "prov.polling.enabled": flag,
        "prov.polling.mode": among("abs", "rel", "random"),
        "prov.polling.period": whole(3600, 8640000),
        "prov.polling.time": text(5),
        "prov.polling.timeRandomEnd": text(5),
        "prov.login.enabled": flag,
        "prov.login.lcCache.domain": text(255),
        "dir.corp.address": anything,
        "dir.local.contacts.maxNum": whole(1, 3000),
        "dir.local.readonly": flag,
        "httpd.enabled": flag,
        "httpd.cfg.enabled": flag,
        "httpd.cfg.secureTunnelRequired": flag,
        "mb.main.home": url,
        "up.oneTouchVoiceMail": flag,
        "up.25mm": whole(0, 2),
        "nat.keepalive.interval": whole(0, 3600),
        "log.render.level": whole(0, 6),
        "upgrade.custom.server.url": url,
    }
    | {
        f"reg.#.server.#.{name}": check
        for name, check in (
            ("address", host),
            ("port", port),
            ("transport", among(*_TRANSPORTS)),
            ("expires", whole(10, 2147483647)),
            ("expires.overlap", whole(5, 65535)),
            ("register", flag),
            ("retryTimeOut", whole(0, 65535)),
            ("retryMaxCount", whole(0, 20)),
            ("failOver.failBack.mode", anything),
            ("failOver.failBack.timeout", whole(0, 65535)),
            ("failOver.failRegistrationOn", flag),
            ("failOver.onlySignalWithRegistered", flag),
            ("failOver.reRegisterOn", flag),
        )
    }
    | {
        f"voice.codecPref.{codec}": whole(0, 27)
        for codec in (
            *("G711_A", "G711_Mu", "G722", "G729_AB", "iLBC.13_33kbps", "iLBC.15_2kbps", "Opus"),
            *("G7221.16kbps", "G7221.24kbps", "G7221.32kbps", "G719.32kbps", "G719.48kbps"),
            *("G719.64kbps", "G7221_C.24kbps", "G7221_C.32kbps", "G7221_C.48kbps"),
            *("Lin16.8ksps", "Lin16.16ksps", "Siren14.24kbps", "Siren14.32kbps", "Siren14.48kbps"),
            "Siren22.64kbps",
        )
    }
)

MASTER = (
    "APP_FILE_PATH",
    "CONFIG_FILES",
    "MISC_FILES",
    "LOG_FILE_DIRECTORY",
    *("OVERRIDES_DIRECTORY", "CONTACTS_DIRECTORY", "LICENSE_DIRECTORY", "USER_PROFILES_DIRECTORY"),
    *("CALL_LISTS_DIRECTORY", "COREFILE_DIRECTORY", "CAPABILITIES_DIRECTORY"),
)


def parse_master(body: bytes, name: str) -> Mapping[str, str]:
    """The attributes of the master configuration file."""
    root = xml_of(body, name, ["APPLICATION"])
    unknown = [str(it) for it in root.attrib if it not in MASTER]
    if unknown or "CONFIG_FILES" not in root.attrib:
        raise Malformed(f"{name}: attributes {sorted(map(str, root.attrib))}")
    return {str(key): str(value) for key, value in root.attrib.items()}


def parse(body: bytes, name: str) -> dict[str, str]:
    """Parameter to value; the elements that hold them mean nothing."""
    root = xml_of(body, name, ["PHONE_CONFIG", "polycomConfig", "PHONE_OVERRIDES"])
    found: dict[str, str] = {}
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if not children(element) and leaf(element).strip():
            raise Malformed(f"{name}: <{element.tag}> holds text: values are attributes")
        for key, value in element.attrib.items():
            if ":" in str(key) or "{" in str(key):  # xsi:noNamespaceSchemaLocation
                continue
            if key in found:
                raise Malformed(f"{name}: {key} a second time")
            NAMES.require(name, str(key), str(value))
            found[str(key)] = str(value)
    return found


def parse_directory(body: bytes, name: str) -> list[dict[str, str]]:
    """The items of a contact directory: fn, ln, ct (number), sd (speed dial index), lb …"""
    root = xml_of(body, name, ["directory"])
    items = []
    for listed in children(root):
        if listed.tag != "item_list":
            raise Malformed(f"{name}: <{listed.tag}>")
        for item in children(listed):
            fields = {it.tag: leaf(it) for it in children(item)}
            known = {"fn", "ln", "ct", "sd", "lb", "pt", "rt", "dc", "ad", "ar", "bw", "bb", "em"}
            if item.tag != "item" or not set(fields) <= known | {"jt"} or not fields.get("ct"):
                raise Malformed(f"{name}: <{item.tag}> with {sorted(fields)}")
            items.append(fields)
    return items


class Poly(Handset):
    vendor = "poly"
    default_model = "VVX450"
    oui = "64167f"
    events = frozenset({"check-sync"})

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self.directory: list[dict[str, str]] = []

    @property
    def user_agent(self) -> str:
        word = re.match(r"[A-Za-z]+", self.model)
        family = word[0] if word else "VVX"
        full = f"{family}_{self.model.removeprefix(family).strip(' _')}"
        if family == "VVX":
            return f"FileTransport PolycomVVX-{full}-UA/6.4.3.5814 Type/Application"
        return f"FileTransport Poly{family}-{full}-UA/8.0.2.3267 (SN:{self.mac}) Type/Application"

    def fetch(self) -> None:
        master = self.get(f"{self.mac}.cfg")
        if not master.good:
            master = self.get("000000000000.cfg")
        if not master.good:
            return  # goes on with what it has
        listed = parse_master(master.body, master.name)["CONFIG_FILES"]
        files = []
        for word in filter(None, (it.strip() for it in listed.split(","))):
            answer = self.get(self._filled(word))
            if not answer.good:
                return  # a configuration is taken whole or not at all
            files.append(parse(answer.body, answer.name))
        merged: dict[str, str] = {}
        for found in reversed(files):
            merged |= found
        for kind in ("phone", "web"):
            override = self.get(f"{self.mac}-{kind}.cfg")
            if override.good:
                merged |= parse(override.body, override.name)
        self.settings = merged
        self._fetch_directory()
        if self.local:
            attributes = " ".join(f'{key}="{value}"' for key, value in self.local.items())
            body = f"<PHONE_CONFIG><OVERRIDES {attributes}/></PHONE_CONFIG>"
            self.put(f"{self.mac}-phone.cfg", body.encode())
        self.put(f"{self.mac}-app.log", b"0101000000|cfg  |4|00|Configuration was read\n")

    def _fetch_directory(self) -> None:
        found = self.get(f"{self.mac}-directory.xml")
        if not found.good:
            found = self.get("000000000000-directory.xml")
        if found.good:
            self.directory = parse_directory(found.body, found.name)

    def _filled(self, word: str) -> str:
        names = ("[PHONE_MAC_ADDRESS]", "[MACADDRESS]")
        for macro in names:
            word = word.replace(macro, self.mac)
        word = word.replace("[PHONE_MODEL]", self.model)
        if "[" in word or "]" in word:
            raise Malformed(f"CONFIG_FILES: {word}")
        return word

    def phonebook(self) -> list[Contact]:
        """Its directory, which it fetches in every round."""
        return [(_name(it), it["ct"]) for it in self.directory]

    def obey(self, event: str) -> bool:
        """Boots where a changed setting needs it, or always, if so told."""
        obeyed = super().obey(event)
        always = self.settings.get("voIpProt.SIP.specialEvent.checkSync.alwaysReboot", "0")
        self.reboots += obeyed and always == "1"
        return obeyed

    def learned(self) -> Learned:
        have = {**self.settings, **self.local}
        numbers = [it for it in range(1, 49) if have.get(f"reg.{it}.address")]
        return Learned(
            accounts=tuple(_account(have, it) for it in numbers),
            keys=(*_watched(have), *_macros(have), *self._speed_dials()),
            provisioning=_device(have, "prov.serverName"),
            admin_password=_device(have, "auth.localAdminPassword"),
        )

    def _speed_dials(self) -> list[Key]:
        dialled = [it for it in self.directory if it.get("sd")]
        return [Key(int(it["sd"]), "speed-dial", it["ct"], _name(it)) for it in dialled]


def _name(item: dict[str, str]) -> str:
    return item.get("lb") or " ".join(filter(None, (item.get("fn"), item.get("ln"))))


def _device(have: dict[str, str], name: str) -> str:
    """A `device.` parameter is taken only where it and the whole are marked to be set."""
    marked = have.get("device.set") == "1" and have.get(f"device.{name}.set") == "1"
    return have.get(f"device.{name}", "") if marked else ""


def _account(have: dict[str, str], number: int) -> Account:
    def of(name: str) -> str:
        return have.get(f"reg.{number}.{name}", "")

    address = of("address").partition("@")
    return Account(
        user=address[0],
        auth_user=of("auth.userId") or address[0],
        password=of("auth.password"),
        host=of("server.1.address") or have.get("voIpProt.server.1.address", "") or address[2],
        port=int(of("server.1.port") or 0),
        transport=_TRANSPORTS[of("server.1.transport")],
        display_name=of("displayName"),
        label=of("label"),
        backup=of("server.2.address"),
        voicemail=have.get(f"msg.mwi.{number}.callBack", ""),
    )


def _macros(have: dict[str, str]) -> list[Key]:
    """Keys that dial, where they are switched on and a line key shows them."""
    switches = ("feature.enhancedFeatureKeys.enabled", "feature.EFKLineKey.enabled")
    if any(have.get(it) != "1" for it in (*switches, "lineKey.reassignment.enabled")):
        return []
    found = []
    for number in range(1, 101):
        if have.get(f"lineKey.{number}.category") == "EFK":
            name = f"efk.efklist.{have[f'lineKey.{number}.index']}"
            dialled = re.fullmatch(r"([0-9*#+]+)\$Tinvite\$", have[f"{name}.action.string"])
            if not dialled or have.get(f"{name}.status") != "1" or not have.get(f"{name}.mname"):
                raise Malformed(f"{name}: {have[f'{name}.action.string']!r}")
            found.append(Key(number, "speed-dial", dialled[1], have.get(f"{name}.label", "")))
    return found


def _watched(have: dict[str, str]) -> list[Key]:
    names = {it: f"attendant.resourceList.{it}" for it in range(1, 101)}
    return [
        Key(
            number,
            "park" if have.get(f"{name}.type") == "automata" else "blf",
            have[f"{name}.address"],
            have.get(f"{name}.label", ""),
        )
        for number, name in names.items()
        if have.get(f"{name}.address")
    ]

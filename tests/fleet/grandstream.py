"""Grandstream GRP26xx and GXP21xx.

Sources: Grandstream's "Configuration Guide" and its XML templates: version 2 names settings, as
items or as parts of items, version 1 numbers them (P-values); a <mac> that is another phone's
makes the file nobody's. A NOTIFY is challenged unless that is switched off; that
`reboot=true` boots the phone is not confirmed.
"""

from __future__ import annotations

import re

from lxml import etree

from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Key, Learned
from tests.fleet.strict import (
    Check,
    Malformed,
    Names,
    anything,
    children,
    host,
    leaf,
    shaped,
    text,
    whole,
    xml_of,
)


def _word(*words: str) -> Check:
    """A word of a list, however its letters are written; its number does too."""
    return lambda value: value.lower() in words


_yes = _word("yes", "no", "0", "1")
_server = shaped(r"|[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
_TRANSPORTS = {"": "udp", "0": "udp", "udp": "udp", "1": "tcp", "tcp": "tcp"} | dict.fromkeys(
    ("2", "tls", "tlsortcp", "tls/tcp", "tls_or_tcp", "tlsandtcp"), "tls"
)
_WORDS = {
    **dict.fromkeys(("", "-1", "default", "none"), ""),
    "line": "line",
    "speeddial": "speed-dial",
    "blf": "blf",
    **dict.fromkeys(("callpark", "monitoredcallpark"), "park"),
}
_MODES = {
    "vpk": _WORDS | {"0": "line", "10": "speed-dial", "11": "blf", "19": "park"},
    "mpk": _WORDS | {"0": "speed-dial", "1": "blf", "9": "park"},
}
"""A number means another thing in the first keys than in the others."""

NAMES = Names(
    {
        "account.#.enable": _yes,
        "account.#.name": text(64),
        "account.#.displayName": text(64),
        "account.#.sip.server.#.address": _server,
        "account.#.sip.transport": _word(*_TRANSPORTS),
        "account.#.sip.userid": text(64),
        "account.#.sip.outboundProxy.#.address": _server,
        "account.#.sip.subscriber.userid": text(64),
        "account.#.sip.subscriber.password": text(64),
        "account.#.sip.subscriber.name": text(64),
        "account.#.sip.voicemail.number": text(64),
        "account.#.sip.voicemail.subscribe": _yes,
        "account.#.sip.registration.enable": _yes,
        "account.#.sip.registration.expiration": whole(1, 64800),
        "account.#.sip.register": _yes,
        "account.#.sip.registration": _yes,
        "account.#.sip.registerExpiration": whole(1, 64800),
        "account.#.sip.accountDisplay": _word("user name", "user id"),
        "account.#.sip.uriSchemeWhenUsingTls": _word("sip", "sips"),
        "account.#.sip.validate.incomingServer": _yes,
        "account.#.dtmf.sendInAudio": _yes,
        "account.#.dtmf.sendInRtp": _yes,
        "account.#.dtmf.sendInSip": _yes,
        "account.#.featureCodes.callFeatures": _yes,
        "account.#.call.dialplan": text(256),
        "account.#.sip.port": whole(1, 65535),
        "account.#.sip.dns.mode": anything,
        "account.#.sip.useRandomPort": _yes,
        "account.#.sip.subscribe.mwi": _yes,
        "account.#.sip.subscribeMWI": _yes,
        "account.#.sip.validateIncomingMessages": _yes,
        "account.#.sip.checkDomainCertificates": _yes,
        "account.#.sip.uriScheme": _word("sip", "sips"),
        "account.#.sip.failover.mode": anything,
        "account.#.network.natTraversal": anything,
        "account.#.network.dns": anything,
        "account.#.audio.srtpMode": _word(
            *(
                "0",
                "1",
                "2",
                "3",
                "no",
                "disabled",
                "enabledbutnotforced",
                "enabledandforced",
                "optional",
            )
        ),
        "account.#.audio.vocoder.#": anything,
        "account.#.codec.choice.#": anything,
        "account.#.call.dialPlan": anything,
        "account.#.dialplan": anything,
        "account.#.featureCodes": _yes,
        "account.#.sip.blf.callPickupPrefix": text(32),
        "account.#.blf.callPickup.prefix": text(32),
        "account.#.call.features": _yes,
        "pks.vpk.settings.mode": _word("linemode", "accountmode"),
        "pks.vpk.#.keyMode": _word(*_MODES["vpk"]),
        "pks.vpk.#.account": shaped(r"\d{1,2}|Account\d{1,2}"),
        "pks.vpk.#.description": text(64),
        "pks.vpk.#.value": text(64),
        "pks.vpk.#.locked": _yes,
        "pks.mpk.#.keyMode": _word(*_MODES["mpk"]),
        "pks.mpk.#.account": shaped(r"\d{1,2}|Account\d{1,2}"),
        "pks.mpk.#.description": text(64),
        "pks.mpk.#.value": text(64),
        "dateTime.timezone": text(128),
        "dateTime.timeZone": text(128),
        "dateTime.timezone.custom": text(64),
        "dateTime.override.dhcp.allowOption2": _yes,
        "dateTime.override.dhcp.allowOption42": _yes,
        "dateTime.ntp.server.#": host,
        "dateTime.allowDHCPOption2": _yes,
        "dateTime.allowDHCPOption42": _yes,
        "dateTime.format.time": anything,
        "dateTime.format.date": anything,
        "ntp.server": host,
        "network.ntp.server": host,
        "network.ntp.server.#": host,
        "display.language": text(32),
        "language.gui": text(32),
        **{
            f"audio.tone.{it}": shaped(r"f1=\d+,f2=\d+(,c=\d+/\d+(-\d+/\d+){0,2})?;")
            for it in ("dial", "ringBack", "busy")
        },
        "languages.display": text(32),
        "users.admin.password": text(30),
        "users.user.password": text(30),
        "users.user.enable": _yes,
        "provisioning.config.serverPath": anything,
        "provisioning.config.protocol": _word(*"01234", "tftp", "http", "https", "ftp", "ftps"),
        "provisioning.config.username": text(32),
        "provisioning.config.password": text(64),
        "provisioning.config.filePrefix": text(32),
        "provisioning.config.authenticateConfFile": _yes,
        "provisioning.config.validateServerCertificates": _yes,
        "provisioning.auto.mode": anything,
        "provisioning.auto.upgrade": anything,
        "provisioning.auto.interval": whole(60, 86400),
        "provisioning.auto.intervalInMinutes": whole(60, 86400),
        "provisioning.auto.enable": _yes,
        "provisioning.auto.dhcp": _yes,
        "provisioning.auto.allowDhcpOption66": _yes,
        "provisioning.auto.pnp": _yes,
        "provisioning.auto.hour": whole(0, 23),
        "provisioning.auto.endHour": whole(0, 23),
        "provisioning.auto.randomTime.enable": _yes,
        "provisioning.override.dhcp.allowCommonOptions": _yes,
        "provisioning.3cxAutoProvision": _yes,
        "provisioning.firmware.serverPath": anything,
        "provisioning.firmware.protocol": _word(*"01234", "tftp", "http", "https", "ftp", "ftps"),
        "sip.notify.challenge": _yes,
        "sip.notify.authenticateNotify": _yes,
        "phonebook.download.mode": anything,
        "phonebook.download.server": anything,
        "phonebook.download.interval": whole(0, 720),
        "phonebook.download.removeManuallyEditedEntries": _yes,
        "phonebook.download.removeEditedEntries": _yes,
        "security.webAccessMode": _word("https", "http", "both", "disabled"),
        "webAccess.mode": anything,
        "security.webAccess.mode": anything,
        "security.keypadLock": _yes,
        "maintenance.webAccess.mode": anything,
    }
)
"""Names of version 2."""

P_VALUES = {
    "P2": "users.admin.password",
    "P30": "dateTime.ntp.server.1",
    "P35": "account.1.sip.userid",
    "P36": "account.1.sip.subscriber.userid",
    "P34": "account.1.sip.subscriber.password",
    "P3": "account.1.sip.subscriber.name",
    "P33": "account.1.sip.voicemail.number",
    "P47": "account.1.sip.server.1.address",
    "P2312": "account.1.sip.server.2.address",
    "P48": "account.1.sip.outboundProxy.1.address",
    "P130": "account.1.sip.transport",
    "P183": "account.1.audio.srtpMode",
    "P270": "account.1.name",
    "P271": "account.1.enable",
    "P64": "dateTime.timezone",
    "P246": "dateTime.timezone.custom",
    "P331": "phonebook.download.server",
    "P330": "phonebook.download.mode",
    "P237": "provisioning.config.serverPath",
    "P212": "provisioning.config.protocol",
}
_WHAT = ("keyMode", "account", "description", "value")
for _key in range(1, 7):
    _numbers = (1361 + 2 * _key, 1362 + 2 * _key, 1463 + 2 * _key, 1464 + 2 * _key)
    P_VALUES |= {
        f"P{it}": f"pks.vpk.{_key}.{what}" for it, what in zip(_numbers, _WHAT, strict=True)
    }
for _key in range(1, 25):
    # The modes of the first seven stand apart, and there is a gap after the eighteenth.
    _first = 353 + 4 * (_key - 8) if _key <= 18 else 1440 + 4 * (_key - 19)
    _numbers = (
        (322 + _key, 298 + 3 * _key, 299 + 3 * _key, 300 + 3 * _key)
        if _key <= 7
        else (_first, _first + 1, _first + 2, _first + 3)
    )
    P_VALUES |= {
        f"P{it}": f"pks.mpk.{_key}.{what}" for it, what in zip(_numbers, _WHAT, strict=True)
    }
"""Of the settings read here; numbers not in it are taken as they are."""


def parse(body: bytes, name: str, mac: str) -> dict[str, str]:
    """Name to value, P-values under the names of version 2; {} where it is another phone's."""
    root = xml_of(body, name, ["gs_provision"])
    configs = []
    for element in children(root):
        if element.tag == "mac":
            if leaf(element).strip().lower() != mac:
                return {}
        elif element.tag == "config":
            configs.append(element)
        else:
            raise Malformed(f"{name}: <{element.tag}>")
    if len(configs) != 1:
        raise Malformed(f"{name}: {len(configs)} <config>")
    [config] = configs
    match config.get("version"):
        case "2":
            return _named(config, name)
        case "1":
            return _numbered(config, name)
    raise Malformed(f"{name}: version {config.get('version')}")


def _named(config: etree._Element, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in children(config):
        if item.tag != "item" or set(item.attrib) != {"name"}:
            raise Malformed(f"{name}: <{item.tag} {dict(item.attrib)}>")
        parts = children(item)
        pairs = [(f"{item.get('name')}.{it.get('name')}", leaf(it)) for it in parts]
        if any(it.tag != "part" or set(it.attrib) != {"name"} for it in parts):
            raise Malformed(f"{name}: <part> wanted in {item.get('name')}")
        for key, value in pairs or [(str(item.get("name")), leaf(item))]:
            if key in found:
                raise Malformed(f"{name}: {key} a second time")
            if value:
                NAMES.require(name, key, value)
            else:
                NAMES.check_of(name, key)
            found[key] = value
    return found


def _numbered(config: etree._Element, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in children(config):
        if not re.fullmatch(r"P\d{1,6}", str(item.tag)):
            raise Malformed(f"{name}: <{item.tag}> is no P-value")
        key = P_VALUES.get(str(item.tag), str(item.tag))
        if key in found:
            raise Malformed(f"{name}: {item.tag} a second time")
        if key in P_VALUES.values() and (value := leaf(item)):
            NAMES.require(name, key, value)
        found[key] = leaf(item)
    return found


class Grandstream(Handset):
    vendor = "grandstream"
    default_model = "GRP2614"
    oui = "c074ad"
    events = frozenset({"resync", "check-sync", "check-sync;reboot=true"})

    @property
    def user_agent(self) -> str:
        return f"Grandstream Model HW {self.model} SW 1.0.5.15 DevId {self.mac}"

    def fetch(self) -> None:
        """The first of its files that there is; what it does not name stays as it was."""
        names = [f"cfg{self.mac}", f"cfg{self.mac}.bin", f"cfg{self.mac}.xml"]
        for name in (*names, f"cfg{self.model.lower()}.xml", "cfg.xml"):
            answer = self.get(name)
            if answer.good:
                self.settings |= parse(answer.body, answer.name, self.mac)
                return

    @property
    def challenges(self) -> bool:
        """Unless told not to, by name or by number; the number says what is not to be done."""
        asks = self.settings.get("sip.notify.challenge", "Yes").lower() in _ON
        return asks and self.settings.get("P4428", "0") != "1"

    def learned(self) -> Learned:
        have = self.settings
        on = [it for it in range(1, 17) if have.get(f"account.{it}.enable", "").lower() in _ON]
        path = have.get("provisioning.config.serverPath", "").rstrip("/")
        book = have.get("phonebook.download.server", "")
        return Learned(
            accounts=tuple(_account(have, it) for it in on),
            keys=_keys(have),
            provisioning=f"{self._scheme(have)}://{path}/" if path else "",
            phonebooks=(f"{self._book_scheme(have)}://{book}/phonebook.xml",) if book else (),
            admin_password=have.get("users.admin.password", ""),
        )

    def _book_scheme(self, have: dict[str, str]) -> str:
        """A phone puts the file's name to the path that it is told."""
        words = {"1": "http", "enabledusehttp": "http", "3": "https", "enabledusehttps": "https"}
        return words[have.get("phonebook.download.mode", "").lower()]

    def _scheme(self, have: dict[str, str]) -> str:
        word = have.get("provisioning.config.protocol", "").lower()
        return {"1": "http", "http": "http", "2": "https", "https": "https"}[word]


_ON = ("yes", "1")


def _account(have: dict[str, str], number: int) -> Account:
    def of(name: str) -> str:
        return have.get(f"account.{number}.{name}", "")

    server, _, port = of("sip.server.1.address").partition(":")
    return Account(
        user=of("sip.userid"),
        auth_user=of("sip.subscriber.userid") or of("sip.userid"),
        password=of("sip.subscriber.password"),
        host=server,
        port=int(port or 0),
        transport=_TRANSPORTS[of("sip.transport").lower()],
        display_name=of("sip.subscriber.name"),
        label=of("name"),
        backup=of("sip.server.2.address").partition(":")[0],
        voicemail=of("sip.voicemail.number"),
    )


def _keys(have: dict[str, str]) -> tuple[Key, ...]:
    found = []
    for kind in ("vpk", "mpk"):
        for number in range(1, 100):
            name = f"pks.{kind}.{number}"
            mode = _MODES[kind][have.get(f"{name}.keyMode", "").lower()]
            value, label = (have.get(f"{name}.{it}", "") for it in ("value", "description"))
            if mode == "line" or (mode and value):
                found.append(Key(number, mode, value, label))
    return tuple(found)

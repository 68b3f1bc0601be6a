"""Mitel (Aastra) 67xx, 68xx, 69xx.

Sources: Mitel's "SIP Phones Administrator Guide": `startup.cfg`, the model's file, the MAC's, of
which a later one wins; what is set at the phone wins over files unless the parameter has `^` (set
back) or `!` (locked) before it.
"""

from __future__ import annotations

import re

from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Key, Learned
from tests.fleet.strict import (
    Malformed,
    Names,
    anything,
    flag,
    host,
    lines_of,
    port,
    shaped,
    text,
    url,
    whole,
)

_LINE = {
    "user name": text(64),
    "auth name": text(64),
    "password": text(64),
    "display name": text(128),
    "screen name": text(128),
    "screen name 2": text(128),
    "proxy ip": host,
    "proxy port": port,
    "backup proxy ip": host,
    "backup proxy port": port,
    "registrar ip": host,
    "registrar port": port,
    "backup registrar ip": host,
    "backup registrar port": port,
    "outbound proxy": host,
    "outbound proxy port": port,
    "backup outbound proxy": host,
    "registration period": whole(0, 2147483647),
    "vmail": text(64),
    "mode": whole(0, 3),
    "transport protocol": whole(0, 4),
    "srtp mode": whole(0, 2),
    "explicit mwi subscription": flag,
    "centralized conf": text(64),
}
_KEY = {
    "type": text(32),
    "value": text(128),
    "label": text(128),
    "line": whole(0, 24),
    "states": anything,
    "locked": flag,
}
_TRANSPORTS = {"": "udp", "0": "udp", "1": "udp", "2": "tcp", "4": "tls"}
_BOOKS = ("directory script", "directory 1", "directory 2")
_KINDS = {"speeddial": "speed-dial", "blf": "blf", "park": "park", "line": "line"}

NAMES = Names(
    {f"sip line# {it}": check for it, check in _LINE.items()}
    | {f"sip {it}": check for it, check in _LINE.items()}
    | {
        f"{kind}# {it}": check
        for kind in ("prgkey", "softkey", "topsoftkey", "expmod# key", "hardkey")
        for it, check in _KEY.items()
    }
    | {
        "admin password": text(32),
        "user password": text(32),
        "auto resync mode": whole(0, 3),
        "auto resync time": shaped(r"\d\d:\d\d"),
        "auto resync max delay": whole(0, 1439),
        "auto resync days": whole(0, 364),
        "download protocol": shaped("TFTP|FTP|HTTP|HTTPS"),
        "http server": anything,
        "http path": anything,
        "http port": port,
        "https server": anything,
        "https path": anything,
        "https port": port,
        "https validate certificates": flag,
        "https validate hostname": flag,
        "https validate expires": flag,
        "https client method": anything,
        "https block http post xml": flag,
        "https redirect http get": flag,
        "web interface enabled": flag,
        "options password enabled": flag,
        "sip dial plan": anything,
        "sip dial plan terminator": flag,
        "sip out-of-band dtmf": flag,
        "sip dtmf method": whole(0, 2),
        "directory script": url,
        "sip digit timeout": whole(1, 255),
        "sip customized codec": anything,
        "sip use basic codecs": flag,
        "sip explicit mwi subscription": flag,
        "sip explicit mwi subscription period": whole(0, 86400),
        "sip mwi for ext voice mail": anything,
        "sip notify check-sync": anything,
        "sip aastra id": flag,
        "sip srtp mode": whole(0, 2),
        "sip persistent tls": flag,
        "sips trusted certificates": anything,
        "sip xml notify event": flag,
        "sip whitelist": flag,
        "sip rport": flag,
        "sip lync": flag,
        "sip blf subscription period": whole(0, 86400),
        "sip registration retry timer": whole(30, 1800),
        "sip registration timeout retry timer": whole(30, 1800),
        "sip registration renewal timer": whole(0, 2147483647),
        "sip transport protocol": whole(0, 4),
        "sip backup proxy ip": host,
        "time server disabled": flag,
        "time server#": host,
        "time zone name": text(40),
        "time zone code": text(4),
        "time zone minutes": whole(-1440, 1440),
        "dst config": whole(0, 3),
        "dst minutes": whole(0, 120),
        **{f"dst {side} {what}": whole(-1, 31) for side in ("start", "end")
           for what in ("month", "week", "day", "hour", "day of week")},
        "dst [start|end] relative date": flag,
        "time format": whole(0, 1),
        "date format": whole(0, 14),
        "language": whole(0, 4),
        "language #": text(64),
        "web language": whole(0, 4),
        "input language": text(20),
        "tone set": text(20),
        "directory #": anything,
        "directory 1 enabled": flag,
        "directed call pickup": flag,
        "directed call pickup prefix": text(10),
        "play a ring splash": flag,
        "pickup sprecode": text(10),
        "sprecode": text(10),
        "call waiting": flag,
        "callers list disabled": flag,
        "firmware server": anything,
        "action uri startup": anything,
        "action uri registered": anything,
        "action uri poll": anything,
        "services script": url,
        "xml application post list": anything,
        "lldp": flag,
        "xml status scroll delay": whole(1, 25),
        "bluetooth enabled": flag,
        "suppress dtmf playback": flag,
        "audio mode": whole(0, 3),
        "dnd key mode": whole(0, 2),
        "call forward disabled": flag,
        "conference disabled": flag,
        "dhcp": flag,
        "dhcp config option override": whole(-1, 255),
        "show call destination name": flag,
    }
)  # fmt: skip


def parse(body: bytes, name: str) -> dict[str, tuple[str, str]]:
    """Parameter to (value, mark), the mark `^`, `!` or none."""
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(lines_of(body, name), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        split = re.fullmatch(r"([\^!]?)([a-z0-9][a-z0-9 |\[\]-]*?) *: ?(.*?)[ \t]*", line)
        if not split:
            raise Malformed(f"{name}:{number}: no parameter: {line[:60]!r}")
        mark, key, value = split.groups()
        if value.startswith('"'):
            if len(value) < 2 or not value.endswith('"') or '"' in value[1:-1]:
                raise Malformed(f"{name}:{number}: {key}: quotes in {value[:60]!r}")
            value = value[1:-1]
        if key in found:
            raise Malformed(f"{name}:{number}: {key} a second time")
        if value:
            NAMES.require(f"{name}:{number}", key, value)
        else:
            NAMES.check_of(f"{name}:{number}", key)
        found[key] = value, mark
    return found


class Mitel(Handset):
    vendor = "mitel"
    default_model = "6930"
    oui = "1400e9"
    events = frozenset({"check-sync"})

    @property
    def user_agent(self) -> str:
        mac = "-".join(re.findall("..", self.mac.upper()))
        return f"Mitel{self.model} MAC:{mac} V:6.4.0.140-SIP"

    def fetch(self) -> None:
        """What no file names any more is gone: files are all there is beside local settings."""
        names = ["startup.cfg", f"{self.model}.cfg", f"{self.mac.upper()}.cfg"]
        answers = [self.get(it) for it in names]
        if any(it.status not in (200, 404) for it in answers) or not answers[-1].good:
            return  # goes on with what it has
        merged: dict[str, str] = {}
        for answer in answers:
            if answer.good:
                for key, (value, mark) in parse(answer.body, answer.name).items():
                    merged[key] = value
                    if mark:
                        self.local.pop(key, None)
        self.settings = merged

    def learned(self) -> Learned:
        have = {**self.settings, **self.local}
        lines = [it for it in range(1, 25) if have.get(f"sip line{it} user name")]
        return Learned(
            accounts=tuple(_account(have, it) for it in lines),
            keys=_keys(have),
            provisioning=_provisioning(have),
            phonebooks=tuple(it for it in map(have.get, _BOOKS) if it),
            admin_password=have.get("admin password", ""),
        )


def _provisioning(have: dict[str, str]) -> str:
    scheme = have.get("download protocol", "").lower()
    server, path = have.get(f"{scheme} server", ""), have.get(f"{scheme} path", "").strip("/")
    if scheme not in ("http", "https") or not server:
        return ""
    port = have.get(f"{scheme} port", "")
    if port in ("", {"http": "80", "https": "443"}[scheme]):
        return f"{scheme}://{server}/{path}/"
    return f"{scheme}://{server}:{port}/{path}/"


def _account(have: dict[str, str], number: int) -> Account:
    def of(name: str) -> str:
        return have.get(f"sip line{number} {name}") or have.get(f"sip {name}", "")

    return Account(
        user=of("user name"),
        auth_user=of("auth name") or of("user name"),
        password=of("password"),
        host=of("registrar ip") or of("proxy ip"),
        port=int(of("registrar port") or of("proxy port") or 0),
        transport=_TRANSPORTS[of("transport protocol")],
        display_name=of("display name"),
        label=of("screen name"),
        backup=of("backup registrar ip").replace("0.0.0.0", ""),
        voicemail=of("vmail"),
    )


def _keys(have: dict[str, str]) -> tuple[Key, ...]:
    found = []
    for kind in ("prgkey", "topsoftkey", "softkey"):
        for number in range(1, 60):
            does = have.get(f"{kind}{number} type", "")
            if does and does not in ("none", "empty"):
                value, label = (have.get(f"{kind}{number} {it}", "") for it in ("value", "label"))
                found.append(Key(number, _KINDS.get(does, does), value, label))
    return tuple(found)

"""Snom D7xx and D8xx.

Sources: Snom's service hub on auto provisioning and its XML: the phone asks for its model's and its
own .htm, each of which holds settings or lists files that do; `perm` says who may change a setting:
`R` nobody at the phone, empty or `RW` the phone's user until the next round, `!` the user for good.
"""

from __future__ import annotations

import re

from lxml import etree

from tests.fleet.handset import Answer, Handset
from tests.fleet.learned import Account, Key, Learned
from tests.fleet.phonebooks import Contact
from tests.fleet.strict import (
    Malformed,
    Names,
    anything,
    children,
    host,
    leaf,
    shaped,
    text,
    url,
    whole,
    xml_of,
)

_on = shaped("on|off")
_SECTIONS = (
    "phone-settings",
    "functionKeys",
    "tbook",
    "dialplan",
    "gui-languages",
    "web-languages",
)
_CREDENTIALS = re.compile(r"user_(name|pname|pass|host|active)#\d+")

INDEXED = Names(
    {
        "user_active": _on,
        "user_realname": text(128),
        "user_name": text(128),
        "user_pname": text(128),
        "user_pass": text(128),
        "user_host": shaped(r"[A-Za-z0-9.:\[\]-]*(;transport=(udp|tcp|tls))?"),
        "user_outbound": shaped(r"[A-Za-z0-9.:\[\]-]*(;transport=(udp|tcp|tls))?"),
        "user_srtp": _on,
        "user_savp": shaped("off|optional|mandatory"),
        "user_auth_tag": shaped("off|on"),
        "user_mailbox": text(128),
        "user_idle_text": text(128),
        "user_expiry": whole(1, 86400),
        "user_server_type": anything,
        "user_failover_identity": text(64),
        "user_subscription_expiry": whole(1, 86400),
        "codec_priority_list": text(300),
        "user_dp_str": anything,
        "user_dp_exp": anything,
        "user_ice": _on,
        "record_missed_calls": _on,
        "user_sipusername_as_line": _on,
        "user_moh": anything,
        "user_xml_screen_url": url,
        "user_descr_contact": _on,
        "user_dynamic_payload": _on,
        "keepalive_interval": anything,
        "call_waiting": anything,
    }
)

NAMES = Names(
    {
        "active_line": whole(1, 12),
        "phone_name": text(64),
        "setting_server": url,
        "settings_refresh_timer": whole(0, 999999),
        "update_policy": shaped("auto_update|ask_for_update|never_update_firm|settings_only"),
        "prov_polling_enabled": _on,
        "prov_polling_mode": shaped("abs|rel|rand"),
        "prov_polling_period": whole(1, 9999999),
        "prov_polling_time": text(5),
        "prov_polling_time_rand_end": text(5),
        "pnp_config": _on,
        "tr69_enabled": _on,
        "timezone": shaped(r"[A-Z]{3}[+-]\d{1,2}(\.\d{1,2})?(:\d{2})?"),
        "utc_offset": shaped(r"[+-]?\d{1,5}"),
        "dst": text(60),
        "ntp_server": host,
        "ntp_refresh_timer": whole(0, 86400),
        "time_24_format": _on,
        "date_us_format": _on,
        "language": text(40),
        "web_language": text(40),
        "tone_scheme": shaped("[A-Z]{3}"),
        "admin_mode": _on,
        "admin_mode_password": text(64),
        "admin_mode_password_confirm": text(64),
        "http_user": text(64),
        "http_pass": text(64),
        "http_scheme": shaped("off|on|digest|basic"),
        "web_logout_timer": whole(0, 9999),
        "webserver_type": shaped("http_https|https|http|off"),
        "use_hidden_tags": _on,
        "call_waiting": anything,
        "block_url_dialing": _on,
        "challenge_response": _on,
        "challenge_checksync": _on,
        "user_phone": _on,
        "filter_registrar": _on,
        "network_id_port": text(5),
        "check_fqdn_against_server_cert": _on,
        "tls_server_authentication": _on,
        "guess_number": _on,
        "overlap_dialing": _on,
        "display_method": anything,
        "call_completion": _on,
        "dkey_voicemail": anything,
        "dkey_retrieve": anything,
        "dkey_directory": anything,
        "gui_fkey#": anything,
        "vol_ringer": whole(0, 15),
        "ldap_server": host,
        "mwi_notification": anything,
        "mwi_dialtone": anything,
        "no_dnd": _on,
        "publish_presence": _on,
        "retry_after_failed_register": whole(1, 3600),
        "support_idna": _on,
        "reboot_after_nr": anything,
        "ethernet_detect": _on,
    }
)
"""Settings without an index; `codec_priority_list` and others may have one or not."""


def parse_list(body: bytes, name: str) -> list[str] | None:
    """The URLs of a list of setting files; None where the file holds settings itself."""
    root = xml_of(body, name, ["setting-files", "settings", "tbook"])
    if root.tag != "setting-files":
        return None
    found = []
    for element in children(root):
        if element.tag != "file" or not url(element.get("url") or "-"):
            raise Malformed(f"{name}: <{element.tag} {dict(element.attrib)}>")
        found.append(str(element.get("url")))
    return found


def parse(body: bytes, name: str) -> dict[str, tuple[str, str]]:
    """Setting to (value, perm); indexed ones as `user_name#1`, keys as `fkey#0`."""
    root = xml_of(body, name, ["settings", "tbook"])
    found: dict[str, tuple[str, str]] = {}
    for section in [root] if root.tag == "tbook" else children(root):
        if section.tag not in _SECTIONS:
            raise Malformed(f"{name}: <{section.tag}>")
        for element in children(section):
            key, value = _one(section.tag, element, name)
            perm = element.get("perm") or ""
            if perm not in ("", "R", "RW", "W", "!", "$", "&"):
                raise Malformed(f"{name}: {key}: perm {perm!r}")
            if perm in ("!", "$") and _CREDENTIALS.fullmatch(key):
                raise Malformed(f"{name}: {key}: what a user set there would stay for good")
            if key in found:
                raise Malformed(f"{name}: {key} a second time")
            found[key] = value, perm
    return found


def _one(section: str, element: etree._Element, name: str) -> tuple[str, str]:
    tag = str(element.tag)
    if section == "functionKeys":
        allowed = {"idx", "context", "label", "perm", "short_label", "default_text", "reg_label"}
        index = element.get("idx") or ""
        if tag != "fkey" or not set(element.attrib) <= allowed or not re.fullmatch(r"\d+", index):
            raise Malformed(f"{name}: <{tag} {dict(element.attrib)}>")
        value = leaf(element)
        if not re.fullmatch(r"(none|line|[a-z_+]+( [^\r\n\t]{1,200})?)?", value):
            raise Malformed(f"{name}: fkey {index}: {value!r}")
        return f"fkey#{index}", f"{value}\n{element.get('label') or ''}"
    if section == "tbook":
        fields = {str(it.tag): leaf(it) for it in children(element)}
        index = element.get("index") or ""
        if tag != "item" or not index.isdigit() or not fields.get("number"):
            raise Malformed(f"{name}: tbook {dict(element.attrib)} {sorted(fields)}")
        return f"tbook#{index}", f"{fields['number']}\n{fields.get('name', '')}"
    if section != "phone-settings":
        return f"{section}/{tag}#{element.get('index') or element.get('name') or ''}", leaf(element)
    if not set(element.attrib) <= {"idx", "perm"}:
        raise Malformed(f"{name}: <{tag} {dict(element.attrib)}>")
    value, index = leaf(element), element.get("idx")
    names = NAMES if index is None else INDEXED
    names.require(name, tag, value) if value else names.check_of(name, tag)
    if index is not None and not re.fullmatch(r"[1-9]\d?", index):
        raise Malformed(f"{name}: {tag}: idx {index!r}")
    return (f"{tag}#{index}" if index else tag), value


class Snom(Handset):
    vendor = "snom"
    default_model = "D785"
    oui = "000413"
    events = frozenset({"check-sync;reboot=false", "check-sync;reboot=true"})

    @property
    def user_agent(self) -> str:
        own = self.mac.upper()
        return f"Mozilla/4.0 (compatible; snom{self.model}-SIP 10.1.33.33 {own} SXM:0 UXM:0)"

    def fetch(self) -> None:
        own = self.mac.upper()
        if self.url.endswith("/"):
            first = [f"snom{self.model}.htm", f"snom{self.model}-{own}.htm"]
        else:
            first = [self.url.replace("{mac}", own)]
        for name in first:
            answer = self.get(name)
            if answer.good:
                self._take(answer, own)

    def _take(self, answer: Answer, own: str) -> None:
        listed = parse_list(answer.body, answer.name)
        answers = [answer] if listed is None else []
        answers += [self.get(it.replace("{mac}", own)) for it in listed or ()]
        for it in answers:
            if it.good:
                self._apply(parse(it.body, it.name))

    def _apply(self, found: dict[str, tuple[str, str]]) -> None:
        for key, (value, perm) in found.items():
            if perm == "!" and key in self.local:
                continue
            if perm == "$" and key in self.settings:
                continue
            self.local.pop(key, None)
            self.settings[key] = value

    @property
    def challenges(self) -> bool:
        """Where `challenge_checksync` is on, which it is not by itself."""
        return self.settings.get("challenge_checksync", "off") == "on"

    def phonebook(self) -> list[Contact]:
        """What its files hold, and what it was told to fetch."""
        held = [it.split("\n") for key, it in self.settings.items() if key.startswith("tbook#")]
        return [(name, number) for number, name in held] + super().phonebook()

    def learned(self) -> Learned:
        have = {**self.settings, **self.local}
        on = [it for it in range(1, 13) if have.get(f"user_active#{it}") == "on"]
        keys = []
        for key, text_ in have.items():
            if key.startswith("fkey#") and (made := _key(int(key[5:]), text_)):
                keys.append(made)
        return Learned(
            accounts=tuple(_account(have, it) for it in on),
            keys=tuple(sorted(keys, key=lambda it: it.position)),
            provisioning=have.get("setting_server", ""),
            admin_password=have.get("admin_mode_password", ""),
        )


def _account(have: dict[str, str], number: int) -> Account:
    def of(name: str) -> str:
        return have.get(f"user_{name}#{number}", "")

    where = of("outbound") or of("host")
    address, _, parameters = where.partition(";")
    server, _, port = address.partition(":")
    return Account(
        user=of("name"),
        auth_user=of("pname") or of("name"),
        password=of("pass"),
        host=server,
        port=int(port or 0),
        transport=parameters.removeprefix("transport=") or "udp",
        display_name=of("realname"),
        label=of("idle_text"),
        voicemail=of("mailbox"),
    )


_KINDS = {
    "line": "line",
    "speed": "speed-dial",
    "blf": "blf",
    "orbit": "park",
    "park+orbit": "park",
}


def _key(index: int, text_: str) -> Key | None:
    value, _, label = text_.partition("\n")
    kind, _, rest = value.partition(" ")
    if kind in ("", "none"):
        return None
    return Key(index, _KINDS.get(kind, kind), rest.partition("|")[0], label)

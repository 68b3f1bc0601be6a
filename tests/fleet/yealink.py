"""Yealink T3x, T4x, T5x.

Sources: Yealink's administrator guides and "Auto Provisioning Guide" for these series: boot file
first, then the model's common file and the MAC's; the first line names the format; `%NULL%` sets a
value back; a file whose MD5 is as it was is not applied again.
"""

from __future__ import annotations

import re

from tests.fleet.handset import Answer, Handset
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

FIRST_LINE = "#!version:1.0.0.1"
_COMMON = {
    **{"T30": 127, "T30P": 127, "T31": 123, "T31W": 172, "T33P": 124, "T34W": 171, "T40P": 54},
    **{"T41P": 36, "T42G": 29, "T44U": 173, "T44W": 174, "T46G": 28, "T48G": 35, "T52S": 74},
    **{"T54S": 70, "T56A": 56, "T58A": 58, "T58V": 58, "T58W": 150},
    **{"T40G": 76, "T41S": 68, "T42S": 67, "T46S": 66, "T48S": 65},
    **{"T42U": 116, "T43U": 107, "T46U": 108, "T48U": 109},
    **{"T32G": 32, "T38G": 38, "T49G": 51, "T58": 58},
    **{"T31G": 123, "T31P": 123, "T33G": 124, "T53": 95, "T53W": 95, "T54W": 96, "T57W": 97},
}
"""The number by which a model's common file is named, which begins its firmware's version, too."""

_TRANSPORTS = {"0": "udp", "1": "tcp", "2": "tls"}
_KINDS = {"0": "", "10": "park", "13": "speed-dial", "15": "line", "16": "blf"}

_change = shaped(r"(1[0-2]|[1-9])/((3[01]|[12]\d|[1-9])|[1-5]/[1-7])/(2[0-3]|1\d|\d)")
"""Month/day/hour, or month/week (5: the last)/day of the week (7: Sunday)/hour."""

NAMES = Names(
    {
        "account.#.enable": flag,
        "account.#.label": text(99),
        "account.#.display_name": text(99),
        "account.#.user_name": text(99),
        "account.#.auth_name": text(99),
        "account.#.password": text(99),
        "account.#.outbound_proxy_enable": flag,
        # Of firmware V70 and before, which T32G and T38G have.
        "account.#.sip_server_host": host,
        "account.#.sip_server_port": port,
        "account.#.transport": whole(0, 3),
        "account.#.expires": whole(30, 2147483),
        "account.#.outbound_host": host,
        "account.#.outbound_port": port,
        "auto_provision.server.url": url,
        "auto_provision.repeat.enable": flag,
        "auto_provision.repeat.minutes": whole(1, 43200),
        "auto_provision.pnp_enable": flag,
        "security.user_password": shaped(r"(admin|user|var):.{1,32}"),
        "account.#.outbound_proxy.#.address": host,
        "account.#.outbound_proxy.#.port": port,
        "account.#.sip_server.#.address": host,
        "account.#.sip_server.#.port": port,
        "account.#.sip_server.#.transport_type": whole(0, 3),
        "account.#.sip_server.#.expires": whole(30, 2147483),
        "account.#.sip_server.#.retry_counts": whole(0, 20),
        "account.#.sip_server.#.register_on_enable": flag,
        "account.#.sip_server.#.failback_mode": whole(0, 3),
        "account.#.sip_server.#.failback_timeout": whole(0, 65535),
        "account.#.srtp_encryption": whole(0, 2),
        "account.#.subscribe_mwi": flag,
        "account.#.subscribe_mwi_to_vm": flag,
        "account.#.subscribe_register": flag,
        "account.#.blf.subscribe_period": whole(30, 2147483),
        "account.#.nat.rport": whole(0, 2),
        "account.#.nat.udp_update_enable": whole(0, 3),
        "account.#.nat.udp_update_time": whole(15, 2147483),
        "account.#.dtmf.type": whole(0, 3),
        "account.#.cid_source": whole(0, 10),
        "account.#.cid_source_privacy": flag,
        "account.#.session_timer.enable": flag,
        "account.#.100rel_enable": flag,
        "account.#.music_server_uri": anything,
        "account.#.conf_type": whole(0, 2),
        "account.#.unregister_on_reboot": flag,
        "voice_mail.number.#": text(99),
        "linekey.#.type": whole(0, 100),
        "linekey.#.line": whole(0, 16),
        "linekey.#.value": text(99),
        "linekey.#.label": text(99),
        "linekey.#.extension": text(256),
        "linekey.#.pickup_value": text(256),
        "programablekey.#.type": whole(0, 100),
        "local_time.time_zone": shaped(r"[+-]?\d{1,2}(:(00|15|30|45))?"),
        "local_time.time_zone_name": text(64),
        "local_time.ntp_server#": host,
        "local_time.interval": whole(15, 86400),
        "local_time.summer_time": whole(0, 2),
        "local_time.dst_time_type": flag,
        "local_time.start_time": _change,
        "local_time.end_time": _change,
        "local_time.offset_time": whole(-300, 300),
        "local_time.time_format": whole(0, 1),
        "local_time.date_format": whole(0, 9),
        "local_time.manual_time_enable": flag,
        "local_time.manual_ntp_srv_prior": flag,
        "local_time.dhcp_time": flag,
        "lang.gui": text(40),
        "lang.wui": text(40),
        "voice.tone.country": text(40),
        "phone_setting.backgrounds": text(256),
        "phone_setting.page_tip": flag,
        "features.dnd_mode": flag,
        "features.call_waiting.enable": flag,
        "features.blf_active_led_status": anything,
        "features.pickup.direct_pickup_enable": flag,
        "features.pickup.direct_pickup_code": text(32),
        "features.pickup.blf_audio_enable": flag,
        "features.pickup.blf_visual_enable": flag,
        "features.config_dsskey_length": whole(0, 2),
        "features.direct_ip_call_enable": flag,
        "features.show_default_account": flag,
        "features.remote_phonebook.enable": flag,
        "features.remote_phonebook.flash_time": whole(0, 2592000),
        "directory_setting.url": url,
        "dialplan.area_code.code": text(16),
        "dialplan.digitmap.enable": flag,
        "dialplan.digitmap.string": anything,
        "dialplan.digitmap.interdigit_long_timer": whole(1, 255),
        "dialplan.digitmap.interdigit_short_timer": whole(0, 255),
        "dialplan.digitmap.apply_to.on_hook_dial": flag,
        "phonebook.data.#.url": url,
        "remote_phonebook.data.#.url": url,
        "remote_phonebook.data.#.name": text(99),
        "security.trust_certificates": flag,
        "security.cn_validation": flag,
        "static.security.trust_certificates": flag,
        "static.security.ca_cert": whole(0, 2),
        "static.security.cn_validation": flag,
        "static.security.user_password": shaped(r"(admin|var|user):[!-~]{1,32}"),
        "static.security.user_name.admin": text(32),
        "static.security.dev_cert": flag,
        "static.wui.http_enable": flag,
        "static.wui.https_enable": flag,
        "static.auto_provision.server.url": url,
        "static.auto_provision.server.username": text(32),
        "static.auto_provision.server.password": text(64),
        "static.auto_provision.power_on": flag,
        "static.auto_provision.repeat.enable": flag,
        "static.auto_provision.repeat.minutes": whole(1, 43200),
        "static.auto_provision.server.repeat.enable": flag,
        "static.auto_provision.server.repeat.minutes": whole(1, 43200),
        "static.auto_provision.weekly.enable": flag,
        "static.auto_provision.pnp_enable": flag,
        "static.auto_provision.dhcp_option.enable": flag,
        "static.auto_provision.custom.protect": flag,
        "static.auto_provision.custom.sync": flag,
        "static.network.attempt_expired_time": whole(1, 60),
        "static.firmware.url": url,
        "auto_provision.handset_configured.enable": flag,
        "sip.notify_reboot_enable": whole(0, 2),
        "sip.trust_ctrl": flag,
        "sip.rfc2543_hold": flag,
        "sip.listen_port": port,
        "push_xml.sip_notify": flag,
        "push_xml.server": anything,
        "action_url.setup_completed": anything,
        "action_url.registered": anything,
        "bluetooth.function.enable": flag,
    }
    | {
        f"account.#.codec.{codec}.{what}": check
        for codec in (
            *("g722", "pcmu", "pcma", "g729", "opus", "ilbc", "ilbc_13_33kpbs", "ilbc_15_2kpbs"),
            *("g726_16", "g726_24", "g726_32", "g726_40", "g723_53", "g723_63"),
        )
        for what, check in (("enable", flag), ("priority", whole(0, 20)), ("para", anything))
    }
)


def parse(body: bytes, name: str) -> dict[str, str]:
    """Key to value, in the order of the file. A key twice, or one nobody knows, is refused."""
    first, *lines = lines_of(body, name) or [""]
    if first != FIRST_LINE:
        raise Malformed(f"{name}:1: the first line must be {FIRST_LINE}")
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 2):
        if not line.strip() or line.startswith("#"):
            continue
        split = re.fullmatch(r"([A-Za-z0-9_.]+)[ \t]*=[ \t]*(.*?)[ \t]*", line)
        if not split:
            raise Malformed(f"{name}:{number}: no setting: {line[:60]!r}")
        key, value = split[1], split[2]
        if key in found:
            raise Malformed(f"{name}:{number}: {key} a second time")
        check = NAMES.check_of(f"{name}:{number}", key)
        if value not in ("", "%NULL%") and not check(value):
            raise Malformed(f"{name}:{number}: {key}: {value!r} is no value of it")
        found[key] = value
    return found


def parse_boot(body: bytes, name: str) -> list[str]:
    """The files a boot file includes, in order."""
    first, *lines = lines_of(body, name) or [""]
    if first != FIRST_LINE:
        raise Malformed(f"{name}:1: the first line must be {FIRST_LINE}")
    included: list[str] = []
    for number, line in enumerate(lines, 2):
        if not line.strip() or line.startswith("#"):
            continue
        if split := re.fullmatch(r'include:config[ \t]+(?:<([^<>"\s]+)>|"([^<>"]+)")', line):
            included.append(split[1] or split[2])
        elif not re.fullmatch(r"(overwrite_mode|specific_model\.excluded_mode) *= *[01]", line):
            raise Malformed(f"{name}:{number}: not of a boot file: {line[:60]!r}")
    return included


class Yealink(Handset):
    vendor = "yealink"
    default_model = "T54W"
    oui = "805ec0"
    events = frozenset({"check-sync", "check-sync;reboot=false", "check-sync;reboot=true"})

    @property
    def user_agent(self) -> str:
        mac = ":".join(re.findall("..", self.mac))
        return f"Yealink SIP-{self.model} {_COMMON.get(self.model, 96)}.86.0.75 {mac}"

    def fetch(self) -> None:
        boot = self.get(f"{self.mac}.boot")
        if not boot.good:
            boot = self.get("y000000000000.boot")
        common = _COMMON.get(self.model)
        names = [f"y{common:012d}.cfg"] if common else []
        names.append(f"{self.mac}.cfg")
        if boot.good:
            macros = {"$MAC": self.mac, "$mac": self.mac}
            names = parse_boot(boot.body, boot.name)
            for macro, value in macros.items():
                names = [it.replace(macro, value) for it in names]
        answers = [self.get(it) for it in names]
        files = [(it, parse(it.body, it.name)) for it in answers if it.good]
        for answer, found in files:
            if self.changed(answer):
                self._apply(found, answer)

    def _apply(self, found: dict[str, str], answer: Answer) -> None:
        protected = (found.get("static.auto_provision.custom.protect") or "0") == "1"
        for key, value in found.items():
            if value == "%NULL%":
                self.settings.pop(key, None)
            else:
                self.settings[key] = value
            if not protected:
                self.local.pop(key, None)

    def obey(self, event: str) -> bool:
        """Without `sip.notify_reboot_enable = 0` every check-sync boots the phone."""
        obeyed = super().obey(event)
        if obeyed and self.settings.get("sip.notify_reboot_enable", "1") == "1":
            self.reboots += "reboot=true" not in event
        return obeyed

    def learned(self) -> Learned:
        have = {**self.settings, **self.local}
        admin = have.get("static.security.user_password", "").partition(":")
        books = [f"remote_phonebook.data.{it}.url" for it in range(1, 6)]
        return Learned(
            accounts=tuple(
                _account(have, it) for it in range(1, 17) if have.get(f"account.{it}.enable") == "1"
            ),
            keys=_keys(have),
            provisioning=have.get("static.auto_provision.server.url", ""),
            phonebooks=tuple(have[it] for it in books if have.get(it)),
            admin_password=admin[2] if admin[0] in ("admin", "var") else "",
        )


def _account(have: dict[str, str], number: int) -> Account:
    def of(name: str) -> str:
        return have.get(f"account.{number}.{name}", "")

    return Account(
        user=of("user_name"),
        auth_user=of("auth_name") or of("user_name"),
        password=of("password"),
        host=of("sip_server.1.address"),
        port=int(of("sip_server.1.port") or 0),
        transport=_TRANSPORTS[of("sip_server.1.transport_type") or "0"],
        display_name=of("display_name"),
        label=of("label"),
        backup=of("sip_server.2.address"),
        voicemail=have.get(f"voice_mail.number.{number}", ""),
    )


def _keys(have: dict[str, str]) -> tuple[Key, ...]:
    found = []
    for number in range(1, 100):
        kind = have.get(f"linekey.{number}.type", "")
        if kind and _KINDS.get(kind, kind):
            value, label = (have.get(f"linekey.{number}.{it}", "") for it in ("value", "label"))
            found.append(Key(number, _KINDS.get(kind, kind), value, label))
    return tuple(found)

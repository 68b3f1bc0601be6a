"""Linphone and what reads its remote provisioning.

Source: Linphone's documentation of remote provisioning (lpconfig.xsd): sections with entries, which
replace what there is only with `overwrite="true"`; one URL, no order of files.
"""

from __future__ import annotations

import re

from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Learned
from tests.fleet.strict import Malformed, children, leaf, xml_of

_XMLNS = "http://www.linphone.org/xsds/lpconfig.xsd"
_SECTIONS = re.compile(
    r"(proxy|auth_info|friend|nat_policy|ldap|carddav|cardDAV|remote_contact_directory)_\d+|"
    r"(audio|video)_codec_\d+|"
    r"sip|misc|net|rtp|sound|video|app|ui|assistant|account_creator|lime|dtmf"
)
_TRANSPORT = re.compile(r";transport=(udp|tcp|tls)", re.IGNORECASE)
_IDENTITY = re.compile(
    r'(?:"((?:[^"\\]|\\.)*)"\s*)?<?sips?:([^@<>;\s]+)@([^:;<>\s]+)(?::(\d+))?[^<>]*>?'
)
_PROXY = re.compile(r"<?sips?:(?:[^@<>;]+@)?([^:;<>\s]+)(?::(\d+))?([^<>]*)>?")


def parse(body: bytes, name: str) -> dict[str, tuple[str, bool]]:
    """`proxy_0/reg_proxy` to (value, whether it replaces what there is)."""
    root = xml_of(body, name, [f"{{{_XMLNS}}}config"])
    found: dict[str, tuple[str, bool]] = {}
    for section in children(root):
        title = section.get("name") or ""
        if section.tag != f"{{{_XMLNS}}}section" or not _SECTIONS.fullmatch(title):
            raise Malformed(f"{name}: section {title!r}")
        for entry in children(section):
            key = entry.get("name") or ""
            known = {"name", "overwrite"}
            if entry.tag != f"{{{_XMLNS}}}entry" or not set(entry.attrib) <= known:
                raise Malformed(f"{name}: {title}: {entry.tag} {dict(entry.attrib)}")
            if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", key) or f"{title}/{key}" in found:
                raise Malformed(f"{name}: {title}: entry {key!r}")
            value = leaf(entry)
            if re.search(r"[\r\n]", value):
                raise Malformed(f"{name}: {title}/{key}: a line end in a value")
            found[f"{title}/{key}"] = value, entry.get("overwrite") == "true"
    return found


class Linphone(Handset):
    vendor = "linphone"
    default_model = "linphone"
    oui = "020000"
    entry = "linphone.xml"

    @property
    def user_agent(self) -> str:
        return "Unknown"

    def fetch(self) -> None:
        if self.url.endswith("/"):
            return  # it is given a file's URL, not a folder's
        answer = self.get(self.url)
        if answer.good:
            for key, (value, replaces) in parse(answer.body, answer.name).items():
                if replaces or key not in self.settings:
                    self.settings[key] = value

    def learned(self) -> Learned:
        have = self.settings
        numbers = [it for it in range(16) if have.get(f"proxy_{it}/reg_proxy")]
        accounts = [_account(have, it) for it in numbers]
        book = have.get("misc/contacts-vcard-list", "")
        return Learned(
            tuple(accounts),
            provisioning=have.get("misc/config-uri", ""),
            phonebooks=(book,) if book else (),
        )


def _account(have: dict[str, str], number: int) -> Account:
    identity = _IDENTITY.fullmatch(have.get(f"proxy_{number}/reg_identity", "").strip())
    proxy = _PROXY.fullmatch(have[f"proxy_{number}/reg_proxy"].strip())
    if not identity or not proxy:
        raise Malformed(f"proxy_{number}: its identity or its proxy is no address")
    transport = _TRANSPORT.search(proxy[3])
    auth = _auth_of(have, identity[2], identity[3])
    name = re.sub(r"\\(.)", r"\1", identity[1] or "")
    return Account(
        user=identity[2],
        auth_user=auth.get("userid") or auth.get("username", ""),
        password=auth.get("passwd", ""),
        host=proxy[1],
        port=int(proxy[2] or 0),
        transport=transport[1].lower() if transport else "udp",
        display_name=name,
        label=name,
    )


def _auth_of(have: dict[str, str], user: str, domain: str) -> dict[str, str]:
    for number in range(16):
        prefix = f"auth_info_{number}/"
        found = {key.removeprefix(prefix): it for key, it in have.items() if key.startswith(prefix)}
        if found.get("username") == user and found.get("domain", domain) in ("", domain):
            return found
    return {}

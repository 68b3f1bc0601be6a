"""Any softphone, which people or programs set up by the JSON that is served for it.

Source: docs/handsets.md ("Softphones"): one URL, one object of texts, all of them there. An app has
no address of its own to fetch from but where its phone book is.
"""

from __future__ import annotations

from tests.fleet.handset import Handset
from tests.fleet.learned import Account, Learned
from tests.fleet.strict import Check, Malformed, among, anything, host, json_of, shaped, url, whole

_port = shaped(r"|[1-9]\d{0,4}")

FIELDS: dict[str, Check] = {
    "name": anything,
    "display_name": anything,
    "user": anything,
    "auth_user": anything,
    "password": anything,
    "server": host,
    "port": whole(1, 65535),
    "backup_server": host,
    "backup_port": _port,
    "outbound_proxy": host,
    "outbound_proxy_port": _port,
    "transport": among("udp", "tcp", "tls"),
    "srtp": among("off", "offered", "required"),
    "codecs": shaped(r"(ulaw|alaw|g722)( (ulaw|alaw|g722)){0,2}"),
    "voicemail": anything,
    "phonebook": url,
}


def parse(body: bytes, name: str) -> dict[str, str]:
    found = json_of(body, name)
    if set(found) != set(FIELDS):
        raise Malformed(f"{name}: {sorted(set(found) ^ set(FIELDS))}: lacking, or nobody's")
    for key, value in found.items():
        if not isinstance(value, str) or not FIELDS[key](value):
            raise Malformed(f"{name}: {key}: {value!r} is no value of it")
    return {key: str(value) for key, value in found.items()}


class Softphone(Handset):
    vendor = "softphone"
    default_model = "generic"
    oui = "020001"
    entry = "account.json"

    @property
    def user_agent(self) -> str:
        return "Softphone"

    def fetch(self) -> None:
        if self.url.endswith("/"):
            return  # it is given a file's URL, not a folder's
        answer = self.get(self.url)
        if answer.good:
            self.settings = parse(answer.body, answer.name)

    def learned(self) -> Learned:
        have = self.settings
        if not have:
            return Learned(())
        book = have["phonebook"]
        account = Account(
            user=have["user"],
            auth_user=have["auth_user"],
            password=have["password"],
            host=have["server"],
            port=int(have["port"]),
            transport=have["transport"],
            display_name=have["display_name"],
            label=have["name"],
            backup=have["backup_server"],
            voicemail=have["voicemail"],
        )
        return Learned(
            accounts=(account,),
            provisioning=f"{book.rpartition('/')[0]}/{self.entry}" if book else "",
            phonebooks=(book,) if book else (),
        )

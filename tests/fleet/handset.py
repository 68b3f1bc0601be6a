"""What all handsets have in common: a URL to fetch from, a memory, and a round of fetching."""

from __future__ import annotations

import hashlib
import http.client
import re
import ssl
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from tests.fleet.learned import Learned
from tests.fleet.phonebooks import Contact, contacts_of
from tests.fleet.strict import Malformed

PATIENCE = 15.0
"""Seconds for a file."""


@dataclass(frozen=True)
class Answer:
    """`status` 0: nobody answered. `path` is what was asked for, as it went over the wire."""

    method: str
    path: str
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def good(self) -> bool:
        return self.status == 200


class Handset(ABC):
    """One phone of a vendor, at the moment it has got `url` from whoever installs it.

    `settings` are the phone's memory, by the vendor's names: they outlive a round that fails.
    `local` is what its user set at the phone. `asked` are all answers ever got. `mac` is twelve
    hexadecimal digits. `source` is the address it fetches from, if that matters.
    """

    vendor: ClassVar[str]
    default_model: ClassVar[str]
    oui: ClassVar[str]
    """The first half of a MAC of this vendor."""

    entry: ClassVar[str] = ""
    """Of an app, the file whose URL it is given whole; a phone is given its folder's."""

    events: ClassVar[frozenset[str]] = frozenset()
    """The Events of a NOTIFY on which it fetches again, as its vendor writes them. What else a
    phone may take for one is not to be relied on."""

    waits_until_idle: ClassVar[bool] = False
    """Whether it fetches once its calls are over, where it is told to in one."""

    def __init__(
        self, mac: str, url: str, *, model: str = "", trust: ssl.SSLContext | None = None
    ) -> None:
        self.mac = mac.replace(":", "").lower()
        self.url = url
        self.model = model or self.default_model
        self.settings: dict[str, str] = {}
        self.local: dict[str, str] = {}
        self.asked: list[Answer] = []
        self.source = ""
        self.rounds = 0
        self.reboots = 0
        self._trust = trust
        self._digests: dict[str, str] = {}

    @property
    @abstractmethod
    def user_agent(self) -> str:
        """As the vendor's phones write it."""

    @abstractmethod
    def fetch(self) -> None:
        """One round in the vendor's order; what was read is in `settings`.

        Raises Malformed where a file is not as the vendor wants it, and keeps what it had.
        """

    @abstractmethod
    def learned(self) -> Learned:
        """Of the settings there are now."""

    def provision(self) -> Learned:
        """A round, and where a file says so another folder from the next round on."""
        kept = dict(self.settings)
        try:
            self.fetch()
        except Malformed:
            self.settings = kept
            raise
        self.rounds += 1
        learned = self.learned()
        self.url = learned.provisioning or self.url
        return learned

    def phonebook(self) -> list[Contact]:
        """Name and number of everybody in the phone books it was told of, fetched now."""
        answers = [self.get(it) for it in self.learned().phonebooks]
        return [
            contact
            for it in answers
            if it.good
            for contact in contacts_of(self.vendor, it.body, it.name)
        ]

    @property
    def challenges(self) -> bool:
        """Whether it asks for the account's password before it obeys a NOTIFY."""
        return False

    def knows(self, event: str) -> bool:
        """Whether it is one of its vendor's."""
        return _word_of(event) in self.events

    def obey(self, event: str) -> bool:
        """Whether a NOTIFY of that event makes it fetch again (and, of some, boot)."""
        if not self.knows(event):
            return False
        self.reboots += _word_of(event).endswith(";reboot=true")
        return True

    # --- over HTTP ----------------------------------------------------------------------------

    @property
    def folder(self) -> str:
        """The URL up to its last slash."""
        return self.url[: self.url.rindex("/") + 1]

    def get(self, name: str) -> Answer:
        """A file of the folder, or of the URL given whole."""
        return self._request("GET", self._url(name))

    def put(self, name: str, body: bytes) -> Answer:
        return self._request("PUT", self._url(name), body)

    def _url(self, name: str) -> str:
        return name if "://" in name else self.folder + name

    def _request(self, method: str, url: str, body: bytes | None = None) -> Answer:
        there = urlsplit(url)
        path = there.path + (f"?{there.query}" if there.query else "")
        here = (self.source, 0) if self.source else None
        connection: http.client.HTTPConnection
        if there.scheme == "https":
            connection = http.client.HTTPSConnection(
                there.hostname or "",
                there.port,
                timeout=PATIENCE,
                source_address=here,
                context=self._trust,
            )
        else:
            connection = http.client.HTTPConnection(
                there.hostname or "", there.port, timeout=PATIENCE, source_address=here
            )
        try:
            connection.request(method, path, body, {"User-Agent": self.user_agent})
            # A reply that breaks off keeps its socket, which the connection knows no more.
            with connection.getresponse() as reply:
                headers = {key.lower(): value for key, value in reply.getheaders()}
                answer = Answer(method, path, reply.status, reply.read(), headers)
        except (OSError, http.client.HTTPException):
            answer = Answer(method, path, 0)
        finally:
            connection.close()
        self.asked.append(answer)
        return answer

    def changed(self, answer: Answer) -> bool:
        """Whether this file differs from the one of that name read last."""
        digest = hashlib.md5(answer.body, usedforsecurity=False).hexdigest()
        same = self._digests.get(answer.name) == digest
        self._digests[answer.name] = digest
        return not same

    def round_asked(self, since: int = 0) -> list[str]:
        """Names asked for, with their statuses, from the `since`-th answer on."""
        return [f"{it.method} {it.name} {it.status}" for it in self.asked[since:]]


def _word_of(event: str) -> str:
    return re.sub(r"\s*;\s*", ";", event.strip().lower())

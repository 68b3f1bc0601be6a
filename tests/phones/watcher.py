"""A SIP phone that watches: it registers, subscribes, and keeps every NOTIFY it gets."""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.bench.sip_message import Message, answer, credentials, packed, parse

PATIENCE = 10.0
"""Seconds to wait for a response, and for what is expected to be notified."""


class WatchFailed(Exception):
    """The engine refused, or did not notify what was expected; the message says what it did."""


@dataclass(frozen=True)
class Notified:
    """`event` without parameters; `of` is the subscription's Call-ID; `at` in seconds."""

    event: str
    of: str
    state: str
    body: str
    at: float


class Watcher:
    """A phone with the SIP account `account`, at `ip` and a port of its own. A context manager."""

    def __init__(self, engine: str, ip: str, account: str, password: str) -> None:
        host, _, port = engine.partition(":")
        self._engine = (host, int(port or 5060))
        self.account = account
        self._password = password
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ip, 0))
        self._socket.settimeout(0.1)
        self._here = "{}:{}".format(*self._socket.getsockname())
        self._numbers = itertools.count(1)
        self._run = time.time_ns()
        self._changed = threading.Condition()
        self._replies: list[Message] = []
        self._notified: list[Notified] = []
        self._open = True
        self._thread = threading.Thread(target=self._receive)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        self._thread.join()
        self._socket.close()

    # --- what it asks -------------------------------------------------------------------------

    def register(self, seconds: int = 600) -> None:
        more = [self._contact, f"Expires: {seconds}"]
        self._asked("REGISTER", f"sip:{self._engine[0]}", self.account, more)

    def subscribe(self, to: str, event: str, accept: str, seconds: int = 600) -> str:
        """The Call-ID of the subscription."""
        more = [self._contact, f"Event: {event}", f"Accept: {accept}", f"Expires: {seconds}"]
        return self._asked("SUBSCRIBE", f"sip:{to}@{self._engine[0]}", to, more)

    # --- what it was told ---------------------------------------------------------------------

    def notified(self, of: str = "", event: str = "") -> list[Notified]:
        """In the order they came; of one subscription, or of one event."""
        with self._changed:
            return [n for n in self._notified if n.of == (of or n.of) and event in (n.event, "")]

    def wait(
        self,
        expected: Callable[[Notified], bool],
        of: str = "",
        event: str = "",
        seconds: float = PATIENCE,
    ) -> Notified:
        """Until the last NOTIFY is as expected."""
        until = time.monotonic() + seconds
        while True:
            found = self.notified(of, event)
            if found and expected(found[-1]):
                return found[-1]
            left = until - time.monotonic()
            if left <= 0:
                told = "\n".join(f"{one.state}\n{one.body}" for one in found) or "nothing"
                raise WatchFailed(f"{self.account} was told:\n{told}")
            with self._changed:
                self._changed.wait(min(left, 0.1))

    # --- SIP ----------------------------------------------------------------------------------

    @property
    def _contact(self) -> str:
        return f"Contact: <sip:{self.account}@{self._here}>"

    def _asked(self, method: str, uri: str, to: str, more: list[str]) -> str:
        number = next(self._numbers)
        call = f"watch-{self._run}-{number}"
        reply = self._request(method, uri, to, call, 1, more)
        if reply.status in (401, 407):
            proxy = reply.status == 407
            challenge = reply.get("proxy-authenticate" if proxy else "www-authenticate")
            proof = credentials(challenge, self.account, self._password, method, uri)
            name = "Proxy-Authorization" if proxy else "Authorization"
            reply = self._request(method, uri, to, call, 2, [*more, f"{name}: {proof}"])
        if not 200 <= reply.status < 300:
            raise WatchFailed(f"{method} {uri}: {reply.start}")
        return call

    def _request(
        self, method: str, uri: str, to: str, call: str, number: int, more: list[str]
    ) -> Message:
        host = self._engine[0]
        headers = [
            f"Via: SIP/2.0/UDP {self._here};rport;branch=z9hG4bK{call}-{number}",
            "Max-Forwards: 70",
            f"From: <sip:{self.account}@{host}>;tag=w{call}",
            f"To: <sip:{to}@{host}>",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            *more,
        ]
        self._socket.sendto(packed(f"{method} {uri} SIP/2.0", headers), self._engine)
        until = time.monotonic() + PATIENCE
        with self._changed:
            while time.monotonic() < until:
                for reply in self._replies:
                    if (reply.call_id, reply.get("cseq")) == (call, f"{number} {method}"):
                        return reply
                self._changed.wait(0.1)
        raise WatchFailed(f"no response to {method} {uri}")

    def _receive(self) -> None:
        while self._open:
            try:
                data, source = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            message = parse(data, time.time_ns())
            with self._changed:
                if message.status >= 200:
                    self._replies.append(message)
                elif message.method == "NOTIFY":
                    self._notified.append(_notified(message, data))
                self._changed.notify_all()
            if not message.status and message.method != "ACK":
                reply = answer(message, "200 OK", tag="w", contact=f"sip:{self._here}")
                self._socket.sendto(reply, source)


def _notified(message: Message, data: bytes) -> Notified:
    body = data.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
    event = message.get("event").partition(";")[0]
    return Notified(event, message.call_id, message.get("subscription-state"), body, time.time())


def lamp(told: Notified) -> str:
    """What a lamp key shows: `idle`, `ringing` or `busy` (RFC 4235, RFC 3863 with RFC 4480)."""
    if told.event == "dialog":
        states = re.findall(r"<state[^>]*>\s*([a-z]+)", told.body)
        if "confirmed" in states:
            return "busy"
        return "ringing" if {"early", "proceeding", "trying"} & set(states) else "idle"
    text = told.body.lower()
    for word, shown in (("ring", "ringing"), ("on-the-phone", "busy"), ("on the phone", "busy")):
        if word in text:
            return shown
    return "idle"


def waiting(told: Notified) -> bool:
    """Whether a message summary lights the lamp (RFC 3842)."""
    return "messages-waiting: yes" in told.body.lower()

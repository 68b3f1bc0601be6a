"""The SIP side of an emulated handset: registers, takes and places plain calls, obeys NOTIFY."""

from __future__ import annotations

import contextlib
import itertools
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.bench.sip_message import Message, answer, credentials, packed, parse, sdp
from tests.fleet.challenge import Challenge
from tests.fleet.learned import Account
from tests.fleet.sip_channel import Address, channel

PATIENCE = 15.0
"""Seconds for a final response to anything but an INVITE."""

RTP_PORT = 4000
"""Written in every SDP; nobody sends or reads media there."""


_SHOWN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*))\s*<sips?:([^@>;]+)')
"""Of a From: the name, in quotes or not, and the number."""


class Refused(Exception):
    """The registrar's answer, by its status; 0 where none came."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


@dataclass(frozen=True)
class Ringing:
    """A call that came: who it showed, when (as time.time() gives), and its Call-ID."""

    name: str
    number: str
    at: float
    call_id: str


@dataclass(frozen=True)
class Placed:
    """How a call of ours ended: the last status, and all before it."""

    status: int
    provisional: tuple[int, ...] = ()

    @property
    def answered(self) -> bool:
        return self.status == 200


class SipAgent:
    """At `ip` and a port of its own, with one account. A context manager.

    `answers`: takes each call at once; else it rings until its caller gives up. `on_event` is
    called with the Event of each NOTIFY, from the thread that reads; not where it `challenges` them
    and the sender does not know the password: those are `challenged`.
    """

    def __init__(
        self,
        ip: str,
        account: Account,
        *,
        user_agent: str = "",
        on_event: Callable[[str], None] = lambda _: None,
        challenges: Callable[[str], bool] = lambda _: False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.account = account
        self.answers = True
        self.rang: list[Ringing] = []
        self.events: list[str] = []
        self.challenged: list[str] = []
        self._agent = user_agent
        self._on_event = on_event
        self._challenges = challenges
        self._challenge = Challenge()
        self._there: Address = account.server
        self._channel = channel(account.transport, ip, self._there, trust)
        self._here = "{}:{}".format(*self._channel.here)
        self._numbers = itertools.count(1)
        self._run = f"{time.time_ns():x}"
        self._changed = threading.Condition()
        self._replies: list[Message] = []
        self._invites: dict[str, tuple[Message, Address]] = {}
        self._over: set[str] = set()
        self._calling = 0
        self._open = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Goes silently, as a phone whose plug is pulled."""
        self._open = False
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._channel.close()

    # --- what it does -------------------------------------------------------------------------

    def register(self, seconds: int = 600) -> None:
        """Raises Refused with the registrar's status."""
        uri = f"sip:{self.account.host}"
        more = [f"Contact: {self._contact}", f"Expires: {seconds}"]
        reply = self._asked("REGISTER", uri, self.account.user, self._call_id(), more)
        if reply.status != 200:
            raise Refused(reply.status, f"REGISTER {self.account.user}: {reply.start}")

    def unregister(self) -> None:
        self.register(0)

    def call(self, called: str, *, talk: float = 0.3, ring: float = 20.0) -> Placed:
        """Rings for `ring` seconds at most and talks for `talk`."""
        self._calling += 1
        try:
            return self._call(called, talk, ring)
        finally:
            self._calling -= 1

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._channel.here

    @property
    def busy(self) -> bool:
        """In a call, or ringing for one."""
        return bool(self._calling or self._invites)

    def _call(self, called: str, talk: float, ring: float) -> Placed:
        uri = f"sip:{called.replace('#', '%23')}@{self.account.host}"
        call_id = self._call_id()
        body = sdp(self._channel.here[0], RTP_PORT)
        more = [f"Contact: {self._contact}"]
        reply = self._asked("INVITE", uri, called, call_id, more, body, ring)
        told = tuple(it.status for it in self._of(call_id, "INVITE") if it.status < 200)
        if reply.status == 200:
            end = time.monotonic() + talk
            while time.monotonic() < end and call_id not in self._over:
                time.sleep(0.02)
            if call_id not in self._over:
                self._hang_up(reply, called)
        return Placed(reply.status, told)

    def ringing(self, since: float) -> list[Ringing]:
        with self._changed:
            return [it for it in self.rang if it.at >= since]

    def wait_ringing(self, since: float, seconds: float = 5.0) -> list[Ringing]:
        end = time.monotonic() + seconds
        while not (found := self.ringing(since)) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    # --- requests of ours ---------------------------------------------------------------------

    @property
    def _contact(self) -> str:
        transport = "" if self.account.transport == "udp" else f";transport={self._transport}"
        return f"<sip:{self.account.user}@{self._here}{transport}>"

    @property
    def _transport(self) -> str:
        return self.account.transport.lower()

    def _call_id(self) -> str:
        return f"fleet-{self._run}-{next(self._numbers)}"

    def _asked(
        self,
        method: str,
        uri: str,
        to: str,
        call_id: str,
        more: list[str],
        body: str = "",
        seconds: float = PATIENCE,
    ) -> Message:
        """The final response, after a challenge if there is one."""
        reply = self._request(method, uri, to, call_id, 1, more, body, seconds)
        if reply.status not in (401, 407):
            return reply
        proxy = reply.status == 407
        challenge = reply.get("proxy-authenticate" if proxy else "www-authenticate")
        account = self.account
        proof = credentials(challenge, account.auth_user, account.password, method, uri)
        name = "Proxy-Authorization" if proxy else "Authorization"
        more = [*more, f"{name}: {proof}"]
        return self._request(method, uri, to, call_id, 2, more, body, seconds)

    def _request(
        self,
        method: str,
        uri: str,
        to: str,
        call_id: str,
        number: int,
        more: list[str],
        body: str,
        seconds: float,
    ) -> Message:
        head = self._head(method, to, call_id, number)
        data = packed(f"{method} {uri} SIP/2.0", [*head, *more], body)
        end, wait = time.monotonic() + seconds, 0.5
        while True:
            if not self._channel.reliable or wait == 0.5:
                self._send(data)
            reply = self._final(call_id, f"{number} {method}", min(wait, end - time.monotonic()))
            while reply is None and self._of(call_id, method, number):  # no need to ask again
                left = end - time.monotonic()
                if left <= 0:
                    break
                reply = self._final(call_id, f"{number} {method}", left)
            if reply is not None:
                if method == "INVITE":
                    self._ack(reply, uri, to, number)
                return reply
            if time.monotonic() >= end:
                return self._given_up(method, uri, head, call_id, number)
            wait = min(wait * 2, 4.0)

    def _given_up(
        self, method: str, uri: str, head: list[str], call_id: str, number: int
    ) -> Message:
        if method == "INVITE":
            cancel = [it.replace("INVITE", "CANCEL") if "CSeq" in it else it for it in head]
            self._send(packed(f"CANCEL {uri} SIP/2.0", cancel))
            reply = self._final(call_id, f"{number} INVITE", 5.0)
            if reply is not None:
                self._ack(reply, uri, "", number)
                return reply
        return Message("SIP/2.0 0 no answer", (("cseq", f"{number} {method}"),), time.time_ns())

    def _head(self, method: str, to: str, call_id: str, number: int) -> list[str]:
        host, user = self.account.host, self.account.user
        upper = self.account.transport.upper()
        token = re.sub(r"[^A-Za-z0-9.-]", "", call_id)
        display = self.account.display_name.replace("\\", "\\\\").replace('"', '\\"')
        return [
            f"Via: SIP/2.0/{upper} {self._here};rport;branch=z9hG4bK{token}-{number}",
            "Max-Forwards: 70",
            f'From: "{display}" <sip:{user}@{host}>;tag=f{token}',
            f"To: <sip:{to.replace('#', '%23')}@{host}>",
            f"Call-ID: {call_id}",
            f"CSeq: {number} {method}",
            *([f"User-Agent: {self._agent}"] if self._agent else []),
        ]

    def _ack(self, reply: Message, uri: str, to: str, number: int) -> None:
        good = 200 <= reply.status < 300
        head = self._head("ACK", to, reply.call_id, number)
        if good:
            head[0] += "a"
        head = [f"To: {reply.get('to')}" if it.startswith("To:") else it for it in head]
        self._send(packed(f"ACK {reply.target if good else uri} SIP/2.0", head))

    def _hang_up(self, accepted: Message, to: str) -> None:
        head = self._head("BYE", to, accepted.call_id, 3)
        head = [f"To: {accepted.get('to')}" if it.startswith("To:") else it for it in head]
        data = packed(f"BYE {accepted.target} SIP/2.0", head)
        for _ in range(5):
            self._send(data)
            if self._final(accepted.call_id, "3 BYE", 1.0):
                return

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._channel.send(data, self._there)

    # --- what comes ---------------------------------------------------------------------------

    def _of(self, call_id: str, method: str, number: int = 0) -> list[Message]:
        with self._changed:
            found = [it for it in self._replies if it.call_id == call_id and it.method == method]
        return [it for it in found if not number or it.get("cseq").startswith(f"{number} ")]

    def _final(self, call_id: str, cseq: str, seconds: float) -> Message | None:
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                for it in self._replies:
                    if it.status >= 200 and (it.call_id, it.get("cseq")) == (call_id, cseq):
                        return it
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def _read(self) -> None:
        while self._open:
            got = self._channel.receive()
            if got is None:
                continue
            data, source = got
            message = parse(data, time.time_ns())
            if message.status:
                with self._changed:
                    self._replies.append(message)
                    self._changed.notify_all()
            else:
                self._requested(message, source)

    def _requested(self, request: Message, source: Address) -> None:
        match request.method:
            case "ACK":
                return
            case "INVITE" if not request.in_dialog:
                self._ring(request, source)
                return
            case "CANCEL":
                self._reply(request, "200 OK", source)
                if kept := self._invites.pop(request.call_id, None):
                    self._reply(kept[0], "487 Request Terminated", kept[1])
                return
            case "BYE":
                self._over.add(request.call_id)
                self._invites.pop(request.call_id, None)
            case "NOTIFY":
                self._notified(request, source)
                return
        body = sdp(self._channel.here[0], RTP_PORT) if request.method == "INVITE" else ""
        self._reply(request, "200 OK", source, body)

    def _notified(self, request: Message, source: Address) -> None:
        event = request.get("event")
        if self._challenges(event) and not self._challenge.met(request, self.account):
            self.challenged.append(event)
            self._reply(request, "401 Unauthorized", source, more=[self._challenge.header()])
            return
        self._reply(request, "200 OK", source)
        with self._changed:
            self.events.append(event)
        self._on_event(event)

    def _ring(self, invite: Message, source: Address) -> None:
        if invite.call_id in self._invites:
            return  # again
        self._invites[invite.call_id] = invite, source
        shown = _SHOWN.match(invite.get("from"))
        name = re.sub(r"\\(.)", r"\1", (shown[1] or shown[2] or "") if shown else "").strip()
        with self._changed:
            number = shown[3] if shown else ""
            self.rang.append(Ringing(name, number, time.time(), invite.call_id))
        self._reply(invite, "180 Ringing", source)
        if self.answers:
            body = sdp(self._channel.here[0], RTP_PORT)
            self._reply(invite, "200 OK", source, body)

    def _reply(
        self,
        request: Message,
        status: str,
        to: Address,
        body: str = "",
        more: Iterable[str] = (),
    ) -> None:
        contact = self._contact.strip("<>")
        tag = f"t{request.call_id[-12:]}"
        data = answer(
            request,
            status,
            tag=re.sub(r"[^A-Za-z0-9]", "", tag),
            contact=contact,
            body=body,
            more=more,
        )
        with contextlib.suppress(OSError):
            self._channel.send(data, to)

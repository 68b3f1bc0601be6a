"""A carrier that takes registrations with a password, over UDP, TCP or TLS, and calls both ways."""

from __future__ import annotations

import hashlib
import itertools
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.bench.sip_message import Message, answer, packed, parse, sdp

PATIENCE = 10.0
_RTP_PORT = 4002
_NONCE = "5f2b1c"


class CarrierFailed(Exception):
    """What was waited for did not come."""


@dataclass
class Carrier:
    """At `ip`, for an account with `user` and `password`. `expires` is what it grants, in seconds.

    It answers every call it gets, and hangs up what it has called once it is answered. A context
    manager; `tls` is a server's context, needed for `transport` "tls".
    """

    ip: str
    transport: str
    user: str
    password: str
    expires: int = 60
    tls: ssl.SSLContext | None = None
    registered: list[float] = field(default_factory=list)
    refused: int = 0
    contact: str = ""
    called: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind((self.ip, 0))
        if self.transport != "udp":
            self._socket.listen()
        self.port: int = self._socket.getsockname()[1]
        self._open = True
        self._streams: dict[socket.socket, bytes] = {}
        self._send: Callable[[bytes], object] = lambda data: None
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._replies: list[Message] = []
        self._thread = threading.Thread(target=self._serve)

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
        for one in (self._socket, *self._streams):
            one.close()

    def wait(self, done: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        until = time.monotonic() + seconds
        with self._changed:
            while not done():
                if time.monotonic() > until:
                    raise CarrierFailed(f"{what}: not in {seconds:g} s")
                self._changed.wait(0.1)

    def call(self, caller: str, called: str) -> int:
        """The status of a call to where the account is registered, which is then ended.

        Over the connection that the registration came by; the called number stands in To.
        """
        call = f"carrier-{time.time_ns()}-{next(self._numbers)}"
        uri = re.sub(r"^sip:[^@]*@", f"sip:{called}@", self.contact)
        if ";line=" in self.contact or "gw+" in self.contact:
            uri = self.contact
        here = f"{self.ip}:{self.port}"
        via = f"SIP/2.0/{self.transport.upper()} {here};rport;branch=z9hG4bK{call}"
        base = [
            f"From: <sip:{caller}@{here}>;tag=c",
            f"Call-ID: {call}",
            "Max-Forwards: 70",
            f"Contact: <sip:{caller}@{here};transport={self.transport}>",
        ]
        to = f"To: <sip:{called}@{here}>"
        invite = [f"Via: {via}1", to, "CSeq: 1 INVITE", *base]
        self._send(packed(f"INVITE {uri} SIP/2.0", invite, sdp(self.ip, _RTP_PORT)))
        found: list[Message] = []

        def final() -> bool:
            found[:] = [r for r in self._replies if r.call_id == call and r.status >= 200]
            return bool(found)

        self.wait(final, "an answer to the call")
        reply = found[0]
        ok = reply.status < 300
        target = reply.target if ok else uri
        known = f"To: {reply.get('to')}"
        branch = "2" if ok else "1"
        ack = [f"Via: {via}{branch}", known, "CSeq: 1 ACK", *base]
        self._send(packed(f"ACK {target} SIP/2.0", ack))
        if ok:
            bye = [f"Via: {via}3", known, "CSeq: 2 BYE", *base]
            self._send(packed(f"BYE {target} SIP/2.0", bye))
        return reply.status

    # --- the wire -----------------------------------------------------------------------------

    def _serve(self) -> None:
        while self._open:
            ready, _, _ = select.select([self._socket, *self._streams], [], [], 0.1)
            for one in ready:
                if self.transport == "udp":
                    data, source = self._socket.recvfrom(65535)
                    self._handle(data, lambda reply, to=source: self._socket.sendto(reply, to))
                elif one is self._socket:
                    self._accept()
                else:
                    self._read(one)

    def _accept(self) -> None:
        stream, _ = self._socket.accept()
        if self.tls is not None:
            stream.settimeout(5)
            try:
                stream = self.tls.wrap_socket(stream, server_side=True)
            except OSError:
                with self._changed:
                    self.refused += 1
                stream.close()
                return
        self._streams[stream] = b""

    def _read(self, stream: socket.socket) -> None:
        try:
            data = stream.recv(65535)
        except OSError:
            data = b""
        if not data:
            self._streams.pop(stream).decode("ascii", "replace")
            stream.close()
            return
        held = (self._streams[stream] + data).lstrip(b"\r\n")
        while b"\r\n\r\n" in held:
            head, _, rest = held.partition(b"\r\n\r\n")
            length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                break
            self._handle(head + b"\r\n\r\n" + rest[:size], stream.sendall)
            held = rest[size:].lstrip(b"\r\n")
        self._streams[stream] = held

    def _handle(self, data: bytes, send: Callable[[bytes], object]) -> None:
        message = parse(data, time.time_ns())
        with self._changed:
            if message.status:
                self._replies.append(message)
            else:
                self._request(message, send)
            self._changed.notify_all()

    def _request(self, message: Message, send: Callable[[bytes], object]) -> None:
        here = f"sip:{self.ip}:{self.port};transport={self.transport}"
        match message.method:
            case "ACK":
                pass
            case "REGISTER" | "INVITE" if not self._proved(message):
                challenge = f'Digest realm="carrier", nonce="{_NONCE}", algorithm=MD5, qop="auth"'
                reply = answer(message, "401 Unauthorized", tag="c").decode()
                head, _, rest = reply.partition("\r\n")
                send(f"{head}\r\nWWW-Authenticate: {challenge}\r\n{rest}".encode())
            case "REGISTER":
                self._send = send
                self.contact = message.target
                self.registered.append(time.monotonic())
                head, _, rest = answer(message, "200 OK", tag="c").decode().partition("\r\n")
                granted = f"Contact: <{message.target}>;expires={self.expires}"
                send(f"{head}\r\n{granted}\r\nExpires: {self.expires}\r\n{rest}".encode())
            case "INVITE":
                self.called.append(message.start.split()[1])
                body = sdp(self.ip, _RTP_PORT)
                send(answer(message, "200 OK", tag="c", contact=here, body=body))
            case _:
                send(answer(message, "200 OK", tag="c"))

    def _proved(self, message: Message) -> bool:
        """RFC 2617, 3.2.2: MD5 with qop=auth or none."""
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', message.get("authorization")))
        if given.get("username") != self.user:
            return False
        secret = _md5(f"{self.user}:carrier:{self.password}")
        what = _md5(f"{message.method}:{given.get('uri')}")
        more = f":{given['nc']}:{given['cnonce']}:auth" if "cnonce" in given else ""
        return given.get("response") == _md5(f"{secret}:{_NONCE}{more}:{what}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

"""SIP messages, as far as placing and answering a plain call needs them (RFC 3261)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS"


@dataclass(frozen=True)
class Message:
    """`at`: nanoseconds of the real-time clock at which the kernel had it."""

    start: str
    headers: tuple[tuple[str, str], ...]
    at: int

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """Of a request, or of the request that a response answers."""
        return self.get("cseq").split()[-1] if self.status else self.start.split()[0]

    @property
    def call_id(self) -> str:
        return self.get("call-id")

    @property
    def in_dialog(self) -> bool:
        return ";tag=" in self.get("to")

    @property
    def target(self) -> str:
        """The URI of its Contact."""
        found = re.search(r"<([^>]+)>", self.get("contact"))
        return found[1] if found else self.get("contact").partition(";")[0]


def parse(data: bytes, at: int) -> Message:
    head = data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    start, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Message(start, tuple((key.strip().lower(), val.strip()) for key, _, val in pairs), at)


def packed(start: str, headers: Iterable[str], body: str = "") -> bytes:
    kind = ["Content-Type: application/sdp"] if body else []
    lines = [start, *headers, *kind, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()


def answer(
    request: Message,
    status: str,
    *,
    tag: str = "",
    contact: str = "",
    body: str = "",
    more: Iterable[str] = (),
) -> bytes:
    """A response to `request`; `tag` is put on To unless it has one; `more` are whole headers."""
    to = request.get("to") + (f";tag={tag}" if tag and not request.in_dialog else "")
    headers = [
        *(f"Via: {via}" for via in request.all("via")),
        *(f"Record-Route: {route}" for route in request.all("record-route")),
        f"From: {request.get('from')}",
        f"To: {to}",
        f"Call-ID: {request.call_id}",
        f"CSeq: {request.get('cseq')}",
    ]
    if contact:
        headers += [f"Contact: <{contact}>", ALLOW]
    return packed(f"SIP/2.0 {status}", [*headers, *more], body)


def sdp(ip: str, port: int) -> str:
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {ip}",
        "s=-",
        f"c=IN IP4 {ip}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 0 8 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
    ]
    return "\r\n".join(lines) + "\r\n"


def credentials(challenge: str, account: str, password: str, method: str, uri: str) -> str:
    """The value of Authorization that answers a WWW-Authenticate (RFC 2617, MD5, qop=auth)."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    realm, nonce, once = given["realm"], given["nonce"], "0a4f113b"
    secret = _md5(f"{account}:{realm}:{password}")
    what = _md5(f"{method}:{uri}")
    response = _md5(f"{secret}:{nonce}:00000001:{once}:auth:{what}")
    opaque = f', opaque="{given["opaque"]}"' if "opaque" in given else ""
    return (
        f'Digest username="{account}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{once}"{opaque}'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

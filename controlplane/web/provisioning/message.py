"""Requests and responses of HTTP/1.0 and 1.1 (RFC 9110, RFC 9112), as bytes until they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import BinaryIO

STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class Request:
    """`headers` by name in small letters; of several with one name, the values with commas between.

    `trusted` is set by who answers it: its sender showed a token that is known.
    """

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    version: str = "1.1"
    keep_alive: bool = True
    source: str = ""
    secure: bool = False
    certificate: Mapping[str, object] | None = None
    trusted: bool = False

    @property
    def has_body(self) -> bool:
        length = self.headers.get(b"content-length", b"0")
        return length.strip(b"0 ") != b"" or b"transfer-encoding" in self.headers


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of an open file, which is closed once it is sent or not to be sent any more."""

    file: BinaryIO
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Response:
    """`lines`: header fields, each with its line end. A `piece` is sent in place of `body`.

    `close`: the connection ends with it.
    """

    status: int
    lines: bytes = b""
    body: bytes = field(default=b"", repr=False)
    piece: Piece | None = None
    close: bool = False


def response(
    status: int,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    piece: Piece | None = None,
    *,
    close: bool = False,
) -> Response:
    """Nothing that a handset is sent may be kept by whoever passes it on."""
    named = [("Cache-Control", "no-store"), *headers]
    if status not in _BODILESS:
        named.append(("Content-Length", str(piece.length if piece else len(body))))
    lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in named)
    return Response(status, lines, body, piece, close)


def wire(answer: Response, date: bytes, *, head: bool, close: bool, old: bool) -> bytes:
    """`date`: its whole header line. `head`: of HEAD, which has no body. `old`: for HTTP/1.0."""
    connection = b""
    if close:
        connection = b"Connection: close\r\n"
    elif old:
        connection = b"Connection: keep-alive\r\n"
    body = b"" if head else answer.body
    return b"".join((STATUS_LINES[answer.status], date, answer.lines, connection, b"\r\n", body))


NOT_FOUND = response(404)
"""The one answer to whatever is not for who asks, and to what there is not."""

BAD_REQUEST = response(400, close=True)
NOT_ALLOWED = response(405, [("Allow", "GET, HEAD, PUT")], close=True)
TOO_MUCH = response(413, close=True)
TOO_LONG = response(414, close=True)
HEADERS_TOO_LARGE = response(431, close=True)
FAILED = response(500)
ACCEPTED = response(201)


def unavailable(seconds: int) -> Response:
    """Come again, in so many seconds: a handset keeps what it has meanwhile."""
    return response(503, [("Retry-After", str(seconds))])

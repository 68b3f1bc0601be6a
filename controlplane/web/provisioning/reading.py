"""Reading: bytes to requests, within limits, by httptools (the parser of llhttp)."""

from __future__ import annotations

from typing import Any, Protocol

import httptools

from controlplane.web.provisioning import message
from controlplane.web.provisioning.limits import Limits
from controlplane.web.provisioning.message import Request, Response

_METHODS = (b"GET", b"HEAD", b"PUT")


class Listener(Protocol):
    """Who is told, in the order of the bytes."""

    def begins(self) -> None:
        """The first byte of a request."""
        ...

    def brings(self, request: Request) -> Response | None:
        """A body is about to come with it; a response: it is not to be read."""
        ...

    def asks(self, request: Request) -> bool:
        """A request is whole. False: no more of them."""
        ...

    def refused(self, refusal: Response) -> None:
        """The last that is told: what follows is not read."""
        ...


class _Stop(Exception):
    """Out of the parser."""


class Reader:
    """Of one connection."""

    def __init__(self, listener: Listener, limits: Limits) -> None:
        self._listener = listener
        self._limits = limits
        self._parser: Any = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_count = self._head_bytes = self._body_bytes = 0
        self._in_head = self._ended = False
        self._request: Request | None = None

    def feed(self, data: bytes) -> None:
        if self._ended:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # It was answered as if it had not asked for another protocol.
            self._refuse(message.BAD_REQUEST)
        except httptools.HttpParserError as error:
            if not isinstance(error.__context__, _Stop):
                self._refuse(message.BAD_REQUEST)
        if self._in_head and not self._ended:
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.header_bytes:
                self._refuse(message.HEADERS_TOO_LARGE)

    def end(self) -> None:
        """Nothing more comes. Parser and reader hold each other until the collector comes by, which
        is not often where so much is there to stay."""
        self._ended, self._parser = True, None

    # --- what the parser calls

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes, self._body_bytes = True, 0, 0
        self._target, self._headers, self._header_count = b"", {}, 0
        self._listener.begins()

    def on_url(self, part: bytes) -> None:
        self._target += part
        if len(self._target) > self._limits.target_bytes:
            self._stop(message.TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        if self._header_count > self._limits.headers:
            self._stop(message.HEADERS_TOO_LARGE)
        key = name.lower()
        before = self._headers.get(key)
        self._headers[key] = value if before is None else before + b", " + value

    def on_headers_complete(self) -> None:
        self._in_head = False
        headers, parser = self._headers, self._parser
        if sum(map(len, headers.values())) + sum(map(len, headers)) > self._limits.header_bytes:
            self._stop(message.HEADERS_TOO_LARGE)
        method, version = parser.get_method(), parser.get_http_version()
        if method not in _METHODS:
            self._stop(message.NOT_ALLOWED)
        if version not in ("1.0", "1.1") or (version == "1.1" and b"host" not in headers):
            self._stop(message.BAD_REQUEST)
        request = Request(method, self._target, headers, version, parser.should_keep_alive())
        self._request = request
        if request.has_body:
            self._expect_body(request)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.upload_bytes:
            self._stop(message.TOO_MUCH)

    def on_message_complete(self) -> None:
        if self._request is not None and not self._listener.asks(self._request):
            self._ended = True
            raise _Stop

    # --- ours

    def _expect_body(self, request: Request) -> None:
        if request.method != b"PUT":
            self._stop(message.BAD_REQUEST)
        length = request.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > self._limits.upload_bytes:
            self._stop(message.TOO_MUCH)
        if refusal := self._listener.brings(request):
            self._stop(refusal)

    def _stop(self, refusal: Response) -> None:
        self._refuse(refusal)
        raise _Stop

    def _refuse(self, refusal: Response) -> None:
        if not self._ended:
            self._ended, self._in_head = True, False
            self._listener.refused(refusal)

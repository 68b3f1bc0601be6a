"""What FreeSWITCH says on its event socket: frozen messages, and one frame read into one of them.

Shapes are those of mod_event_socket 1.10 and 1.11. A frame is a block of headers, a blank
line and `Content-Length` bytes. Header values of events and of the connect answer are
percent-encoded, header names never are. A frame is cut into lines first and decoded last, and
of two headers with one name the first holds: a value cannot pass for a header of its own.
The engine leaves alone what looks encoded already (seen on 1.11.1): a variable that holds the
three characters `%0A` arrives as a line feed. A value is text from outside, control characters
included, until it is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from controlplane.live.errors import ProtocolError

Headers = Mapping[str, str]

_EMPTY_VALUE = "_undef_"
"""How FreeSWITCH writes a header without a value."""


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """The engine waits for our password."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to any command but `api` and `connect`; values are as they came."""

    text: str
    headers: Headers = field(hash=False)

    @property
    def ok(self) -> bool:
        return not self.text.startswith("-")


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """The whole output of an `api` command."""

    body: str


@dataclass(frozen=True, slots=True)
class ConnectData:
    """The answer to `connect` on an outbound socket: the channel, with its variables."""

    headers: Headers = field(hash=False)

    def get(self, name: str) -> str:
        """The header, "" where there is none."""
        return self.headers.get(name, "")

    def variable(self, name: str) -> str:
        return self.headers.get(f"variable_{name}", "")


@dataclass(frozen=True, slots=True)
class Event:
    """Headers are decoded, empty where the engine wrote none; `body` is apart from them."""

    headers: Headers = field(hash=False)
    body: str = ""

    @property
    def name(self) -> str:
        return self.headers.get("Event-Name", "")

    @property
    def subclass(self) -> str:
        """Tells CUSTOM events from one another, such as `sofia::register`."""
        return self.headers.get("Event-Subclass", "")

    def get(self, name: str) -> str:
        """The header, "" where there is none."""
        return self.headers.get(name, "")

    def variable(self, name: str) -> str:
        """A channel variable, "" where there is none."""
        return self.headers.get(f"variable_{name}", "")


@dataclass(frozen=True, slots=True)
class DisconnectNotice:
    """The engine ends the connection, or the channel ended and the socket lingers on."""

    lingers: bool
    channel: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """The engine's access list does not have our address."""

    text: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """`level` is that of syslog: 0 (console), 3 (error), 7 (debug)."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """A content type we never ask for."""

    content_type: str


Message = (
    AuthRequest
    | Reply
    | ApiResponse
    | ConnectData
    | Event
    | DisconnectNotice
    | Rejection
    | LogLine
    | Other
)


def frame_headers(block: bytes) -> dict[str, str]:
    """The headers of a frame, values as they came. Raises ProtocolError for a line that is none."""
    headers: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if not colon or not name:
            raise ProtocolError("an ESL frame has a line that is not a header")
        headers.setdefault(name, value[1:] if value[:1] == " " else value)
    return headers


def read_frame(headers: dict[str, str], body: bytes) -> Message:
    """The message of one frame. Raises ProtocolError, and nothing else, where it is not one."""
    match headers.get("Content-Type", ""):
        case "text/event-plain":
            return _event(body)
        case "command/reply":
            return _reply(headers)
        case "api/response":
            return ApiResponse(_text(body))
        case "auth/request":
            return AuthRequest()
        case "text/disconnect-notice":
            lingers = headers.get("Content-Disposition") == "linger"
            return DisconnectNotice(
                lingers, headers.get("Controlled-Session-UUID", ""), _text(body)
            )
        case "text/rude-rejection":
            return Rejection(_text(body).strip())
        case "log/data":
            level = headers.get("Log-Level", "")
            known = level.isascii() and level.isdigit() and len(level) < 3
            return LogLine(int(level) if known else 7, _text(body))
        case "":
            raise ProtocolError("an ESL frame has no Content-Type")
        case other:
            return Other(other)


def _reply(headers: dict[str, str]) -> Reply | ConnectData:
    if "Socket-Mode" in headers:
        decoded = {name: _decoded(value) for name, value in headers.items()}
        return ConnectData(MappingProxyType(decoded))
    return Reply(headers.get("Reply-Text", "").strip(), MappingProxyType(headers))


def _event(frame: bytes) -> Event:
    """Bodies may hold anything, also what looks like headers: the first blank line decides.

    A line without a colon is passed over: the names of variables are not encoded, and a
    strange one must not cost the connection.
    """
    end = frame.find(b"\n\n")
    block, body = (frame, b"") if end < 0 else (frame[:end], frame[end + 2 :])
    headers: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(": ")
        if colon and name not in headers:
            headers[name] = _decoded(value) if "%" in value or value == _EMPTY_VALUE else value
    return Event(MappingProxyType(headers), body.decode("utf-8", "replace"))


def _decoded(value: str) -> str:
    """Percent-decoded, then read as UTF-8; what is neither stays or becomes U+FFFD."""
    if value == _EMPTY_VALUE:
        return ""
    return unquote_to_bytes(value).decode("utf-8", "replace") if "%" in value else value


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")

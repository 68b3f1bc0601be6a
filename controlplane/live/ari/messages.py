"""Reads one ARI WebSocket message: text in, one frozen event out, nothing else.

Shapes are those of Asterisk 22 (its `rest-api/api-docs/events.json`), checked against
recorded messages of 22.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import msgspec
import orjson

from controlplane.live.errors import ProtocolError

Json = Mapping[str, Any]
_EMPTY: Mapping[str, str] = MappingProxyType({})


def _none() -> Mapping[str, str]:
    return _EMPTY


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as ARI describes it: `state` is `Ring`, `Up`, `Down` …"""

    id: str
    name: str
    state: str
    caller_number: str = ""
    caller_name: str = ""
    context: str = ""
    exten: str = ""
    priority: int = 0
    variables: Mapping[str, str] = field(default_factory=_none, hash=False)
    """`channelvars`, those ari.conf names."""


class StasisStart(NamedTuple):
    """The channel with this id entered our application; `args` are those of the dialplan's
    `Stasis()`. A caller waits, so no more is read of it than a decision needs."""

    channel: str
    caller_number: str = ""
    caller_name: str = ""
    args: tuple[str, ...] = ()


class ChannelCreated(NamedTuple):
    """A channel came to be, and is to be at `exten` in `context`. No more is read of it."""

    channel: str
    name: str
    """`PJSIP/<endpoint>-<number>` and the like."""
    caller_number: str
    caller_name: str
    context: str
    exten: str


@dataclass(frozen=True, slots=True)
class StasisEnd:
    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelHangupRequest:
    """`cause` is Q.850, 0 where the engine gave none."""

    channel: Channel
    cause: int = 0


@dataclass(frozen=True, slots=True)
class ChannelDestroyed:
    """`cause` is Q.850."""

    channel: Channel
    cause: int = 0
    cause_text: str = ""


@dataclass(frozen=True, slots=True)
class ChannelUserevent:
    """`UserEvent()` of a channel in our application, or `POST events/user/{name}`."""

    name: str
    payload: Json = field(hash=False)
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class ApplicationReplaced:
    """Another WebSocket registered our application; this one hears nothing more."""

    application: str


@dataclass(frozen=True, slots=True)
class RESTResponse:
    """The answer to a REST request sent over the WebSocket; `body` is parsed JSON or None."""

    request_id: str
    status: int
    reason: str
    body: Any = None


@dataclass(frozen=True, slots=True)
class Other:
    """Any event we have no use for."""

    type: str


Event = (
    StasisStart
    | ChannelCreated
    | StasisEnd
    | ChannelHangupRequest
    | ChannelDestroyed
    | ChannelUserevent
    | ApplicationReplaced
    | Other
)
Message = Event | RESTResponse

EVENT_TYPES = (
    "StasisStart",
    "ChannelCreated",
    "StasisEnd",
    "ChannelHangupRequest",
    "ChannelDestroyed",
    "ChannelUserevent",
    "ApplicationReplaced",
)
"""The `type` of every event that does not become `Other`."""


class _Caller(msgspec.Struct):
    number: str
    name: str


class _Channel(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    caller: _Caller


class _Started(msgspec.Struct):
    """What a call waits for is read without the rest of the event."""

    channel: _Channel
    args: tuple[str, ...]


_STARTED = b'{"type":"StasisStart",'
"""How Asterisk begins the event by which a call asks."""

_started_decoder = msgspec.json.Decoder(_Started)


def parse_message(text: str | bytes) -> Message:
    """The message in `text`. Raises ProtocolError, and nothing else, where it is not one."""
    if isinstance(text, bytes) and text.startswith(_STARTED):
        try:
            return _started(_started_decoder.decode(text))
        except msgspec.MsgspecError as error:
            raise ProtocolError(f"ARI message 'StasisStart': {error}") from None
    document = parse_json(text)
    if not isinstance(document, dict):
        raise ProtocolError("an ARI message is not a JSON object")
    kind = _text(document, "type", required=True)
    try:
        return _read(kind, document)
    except ProtocolError as error:
        raise ProtocolError(f"ARI message {kind[:40]!r}: {error}") from None


def parse_json(text: str | bytes) -> Any:
    """Any JSON document. Raises ProtocolError, also where it is nested beyond reason."""
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise ProtocolError(f"not JSON ({type(error).__name__})") from None


def parse_channel(value: object) -> Channel:
    """A channel object, as in events and in the answers to `channels` requests."""
    if not isinstance(value, dict):
        raise ProtocolError("channel is not an object")
    caller, dialplan = _object(value, "caller"), _object(value, "dialplan")
    return Channel(
        id=_text(value, "id", required=True),
        name=_text(value, "name"),
        state=_text(value, "state"),
        caller_number=_text(caller, "number"),
        caller_name=_text(caller, "name"),
        context=_text(dialplan, "context"),
        exten=_text(dialplan, "exten"),
        priority=_integer(dialplan, "priority"),
        variables=_variables(_object(value, "channelvars")),
    )


def parse_channels(value: object) -> tuple[Channel, ...]:
    """The body answered to `GET channels`."""
    if not isinstance(value, list):
        raise ProtocolError("the list of channels is not a list")
    return tuple(parse_channel(item) for item in value)


def _read(kind: str, document: Json) -> Message:
    match kind:
        case "StasisStart":
            return _started(_converted(document))
        case "ChannelCreated":
            return _created(document)
        case "StasisEnd":
            return StasisEnd(parse_channel(document.get("channel")))
        case "ChannelHangupRequest":
            channel = parse_channel(document.get("channel"))
            return ChannelHangupRequest(channel, _integer(document, "cause"))
        case "ChannelDestroyed":
            return ChannelDestroyed(
                parse_channel(document.get("channel")),
                _integer(document, "cause"),
                _text(document, "cause_txt"),
            )
        case "ChannelUserevent":
            return _user_event(document)
        case "ApplicationReplaced":
            return ApplicationReplaced(_text(document, "application"))
        case "RESTResponse":
            return _response(document)
        case _:
            return Other(kind)


def _started(event: _Started) -> StasisStart:
    channel = event.channel
    return StasisStart(channel.id, channel.caller.number, channel.caller.name, event.args)


def _converted(document: Json) -> _Started:
    try:
        return msgspec.convert(document, _Started)
    except msgspec.ValidationError as error:
        raise ProtocolError(str(error)) from None


def _created(document: Json) -> ChannelCreated:
    channel = _object(document, "channel")
    caller, dialplan = _object(channel, "caller"), _object(channel, "dialplan")
    return ChannelCreated(
        _text(channel, "id", required=True),
        _text(channel, "name"),
        _text(caller, "number"),
        _text(caller, "name"),
        _text(dialplan, "context"),
        _text(dialplan, "exten"),
    )


def _user_event(document: Json) -> ChannelUserevent:
    channel = document.get("channel")
    return ChannelUserevent(
        name=_text(document, "eventname", required=True),
        payload=MappingProxyType(dict(_object(document, "userevent"))),
        channel=None if channel is None else parse_channel(channel),
    )


def _response(document: Json) -> RESTResponse:
    body: Any = _text(document, "message_body") or None
    if body and _text(document, "content_type") in ("", "application/json"):
        body = parse_json(body)
    return RESTResponse(
        request_id=_text(document, "request_id"),
        status=_integer(document, "status_code", required=True),
        reason=_text(document, "reason_phrase"),
        body=body,
    )


def _variables(values: Json) -> Mapping[str, str]:
    if not all(isinstance(item, str) for item in values.values()):
        raise ProtocolError("channelvars holds something other than text")
    return MappingProxyType(dict(values)) if values else _EMPTY


def _text(values: Json, key: str, *, required: bool = False) -> str:
    value = values.get(key, "")
    if not isinstance(value, str) or (required and not value):
        raise ProtocolError(f"{key} is missing or not a text")
    return value


def _integer(values: Json, key: str, *, required: bool = False) -> int:
    value = values.get(key, None if required else 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProtocolError(f"{key} is missing or not a whole number")
    return value


def _object(values: Json, key: str) -> Json:
    value = values.get(key, {})
    if not isinstance(value, dict):
        raise ProtocolError(f"{key} is not an object")
    return value

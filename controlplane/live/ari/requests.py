"""ARI requests as data, and their two encodings: one WebSocket message, or an HTTP target.

`Request.path` is percent-encoded, by `_path` and nowhere else. `Request.query` holds plain
values: REST over the WebSocket takes them as they are (seen on 22.10: `%20` stays `%20`),
HTTP gets them encoded by `http_target`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

import orjson

from controlplane.live.errors import CommandRefused
from controlplane.live.wire_text import checked, checked_name

# Asterisk closes a WebSocket (1009) that carries a message near 64 KiB.
LONGEST_MESSAGE = 60_000

_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""A segment that needs no encoding: nearly every channel's."""

JsonObject = Mapping[str, object]


class Request(NamedTuple):
    """One ARI request; `path` has no leading slash and no `ari/`. `body` is JSON text."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def rest_request(request_id: str, request: Request) -> bytes:
    """`request` as one WebSocket text message (`RESTRequest`, Asterisk 22)."""
    message: dict[str, object] = {
        "type": "RESTRequest",
        "request_id": checked_name("the request id", request_id),
        "method": request.method,
        "uri": request.path,
    }
    if request.query:
        message["query_strings"] = [{"name": k, "value": v} for k, v in request.query]
    if request.body:
        message["content_type"] = "application/json"
        message["message_body"] = request.body.decode()
    text = orjson.dumps(message)
    if len(text) > LONGEST_MESSAGE:
        raise CommandRefused(f"{request} is longer than {LONGEST_MESSAGE} bytes")
    return text


def http_target(request: Request) -> str:
    """Path and query for plain HTTP, encoded; goes behind `http://host:port/ari/`."""
    if not request.query:
        return request.path
    pairs = "&".join(f"{_encoded(k)}={_encoded(v)}" for k, v in request.query)
    return f"{request.path}?{pairs}"


def ping() -> Request:
    return Request("GET", "asterisk/ping")


def asterisk_info() -> Request:
    """Answers build, system (version), config and status (startup and last reload time)."""
    return Request("GET", "asterisk/info")


def reload_module(name: str) -> Request:
    """204; 409 where the module is not running, 404 where it does not exist."""
    return Request("PUT", _path("asterisk", "modules", name))


def get_global(name: str) -> Request:
    """Answers `{"value": …}`, empty where the variable does not exist."""
    return Request("GET", "asterisk/variable", (("variable", checked_name("the variable", name)),))


def set_global(name: str, value: str) -> Request:
    return Request("POST", "asterisk/variable", body=_variable(name, value))


def list_channels() -> Request:
    """Answers a list for `messages.parse_channels`."""
    return Request("GET", "channels")


def get_channel(channel: str) -> Request:
    """404 where the channel is gone."""
    return Request("GET", _path("channels", channel))


def set_variable(channel: str, name: str, value: str) -> Request:
    """204; 404 where the channel is gone, 409 where it is not in our application."""
    path = f"channels/{_segment(channel)}/variable"
    return Request("POST", path, body=_variable(name, value))


def get_variable(channel: str, name: str) -> Request:
    """Answers `{"value": …}`; 404 where the variable does not exist. Functions work too."""
    query = (("variable", checked_name("the variable", name)),)
    return Request("GET", _path("channels", channel, "variable"), query)


def continue_in_dialplan(
    channel: str,
    context: str = "",
    extension: str = "",
    priority: int | None = None,
    label: str = "",
) -> Request:
    """Send the channel on in the dialplan; what is left out stays as it is.

    204; 404 where the channel is gone or the label does not exist, 409 where it left us.
    """
    body = _place(context, extension, priority, label)
    return Request("POST", f"channels/{_segment(channel)}/continue", body=body)


def hangup(channel: str, reason_code: int | str = 16) -> Request:
    """`reason_code` is Q.850 (16 normal clearing, 17 busy, 1 unallocated …)."""
    query = (("reason_code", checked_name("the reason", str(reason_code))),)
    return Request("DELETE", _path("channels", channel), query)


def user_event(name: str, application: str, variables: Mapping[str, str] | None = None) -> Request:
    """Comes back to the application as `ChannelUserevent`."""
    pairs = {
        checked_name("the variable", key): checked(f"the variable {key}", value)
        for key, value in (variables or {}).items()
    }
    query = (("application", checked_name("the application", application)),)
    return Request("POST", _path("events", "user", name), query, _json({"variables": pairs}))


def get_application(application: str) -> Request:
    """404 where no controller has registered it."""
    return Request("GET", _path("applications", application))


def subscribe_to_channels(application: str) -> Request:
    """The application is sent the events of all channels, whether they are in it or not."""
    path = _path("applications", application, "subscription")
    return Request("POST", path, (("eventSource", "channel:"),))


def event_filter(application: str, allowed: Iterable[str], answers: bool = True) -> Request:
    """Only these event types reach the application.

    The filter also catches the answers to REST requests over the WebSocket (seen on
    22.10: without `RESTResponse` in the list not even this request is answered).
    """
    types = [*allowed, "RESTResponse"] if answers else allowed
    body = {"allowed": [{"type": checked_name("the event type", item)} for item in types]}
    return Request("PUT", _path("applications", application, "eventFilter"), body=_json(body))


def get_config_object(module: str, kind: str, object_id: str) -> Request:
    """Answers `[{"attribute", "value"}]`; for example `res_pjsip`, `aor`, `101`."""
    return Request("GET", _config_path(module, kind, object_id))


def put_config_object(
    module: str, kind: str, object_id: str, fields: Iterable[tuple[str, str]]
) -> Request:
    """Create or update; 403 where sorcery.conf gives the type no writable home."""
    pairs = [
        {
            "attribute": checked_name("the attribute", key),
            "value": checked(f"the attribute {key}", value),
        }
        for key, value in fields
    ]
    return Request("PUT", _config_path(module, kind, object_id), body=_json({"fields": pairs}))


def delete_config_object(module: str, kind: str, object_id: str) -> Request:
    return Request("DELETE", _config_path(module, kind, object_id))


def _json(document: JsonObject) -> bytes:
    return orjson.dumps(document)


def _variable(name: str, value: str) -> bytes:
    pair = {"variable": checked_name("the variable", name), "value": checked("the value", value)}
    return _json(pair)


@lru_cache(maxsize=256)
def _place(context: str, extension: str, priority: int | None, label: str) -> bytes:
    """Calls wait for it, and are sent on to a few places only."""
    if priority is not None and label:
        raise CommandRefused("continue takes a priority or a label, not both")
    places = {"context": context, "extension": extension, "label": label}
    body: dict[str, object] = {k: checked(f"the {k}", v) for k, v in places.items() if v}
    if priority is not None:
        body["priority"] = priority
    return _json(body)


def _config_path(module: str, kind: str, object_id: str) -> str:
    return _path("asterisk", "config", "dynamic", module, kind, object_id)


def _path(*segments: str) -> str:
    return "/".join(_segment(item) for item in segments)


@lru_cache(maxsize=64)
def _segment(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    # Left alone, these two would name another resource.
    if text in (".", ".."):
        raise CommandRefused(f"{text!r} is not an identifier")
    return _encoded(checked_name("an identifier", text))


def _encoded(text: str) -> str:
    return quote(text, safe="")

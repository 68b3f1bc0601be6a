"""ESL commands as data, each with its bytes. Nothing here lets a value leave its line.

FreeSWITCH reads a command as lines that end in CR or LF, cuts the blanks before a value and
stops at NUL. So control characters are refused, and an argument that a header line would
change goes as a body, whose length is counted in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controlplane.live.errors import CommandRefused
from controlplane.live.wire_text import checked, checked_name

LONGEST_COMMAND = 1_000_000
"""Bytes. FreeSWITCH reads ten times that and then takes what it has for a whole command."""

LONGEST_LINE = 1_000
"""Bytes of an argument in a header line; longer ones go as a body."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_KIND = re.compile(r"[A-Za-z0-9_.:-]+")
_CHECK_ALL = re.compile(r"check_sync\s*$", re.IGNORECASE)
_BODY_BREAKS = str.maketrans("", "", "\r\n\t")


@dataclass(frozen=True, slots=True)
class Command:
    """`str()` names it for people, without arguments: those may hold secrets."""

    name: str
    wire: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.name


def auth(password: str) -> Command:
    return _command("auth", f"auth {checked_name('the ESL password', password)}")


def connect() -> Command:
    """First on an outbound socket; answered with the channel's data."""
    return _command("connect", "connect")


def first_variable(name: str) -> Command:
    """Instead of `connect`: one variable of an outbound socket's channel, 511 bytes of it at most.

    The engine carries out the first command it reads there and does not answer it, unless that
    is `connect`: so an empty one stands before this.
    """
    word = _name("the variable", name)
    return Command("getvar", b"noop\n\n" + f"getvar {word}\n\n".encode())


def my_events() -> Command:
    """The events of an outbound socket's own channel; not those of any other."""
    return _command("myevents", "myevents")


def linger(seconds: int | None = None) -> Command:
    """Keep an outbound socket open after hang-up, for the last events; None: until we leave."""
    if seconds is not None and seconds < 1:
        raise CommandRefused("linger takes whole seconds from 1 on")
    return _command("linger", "linger" if seconds is None else f"linger {seconds}")


def no_linger() -> Command:
    return _command("nolinger", "nolinger")


def leave() -> Command:
    """`exit`: the engine answers, and closes the connection."""
    return _command("exit", "exit")


def no_operation() -> Command:
    """Answered `-ERR command not found` at once: a sign of life that costs nothing."""
    return _command("noop", "noop")


def event_plain(names: Iterable[str], custom: Iterable[str] = ()) -> Command:
    """Ask for these events, and for CUSTOM events of these subclasses; adds to what was asked."""
    words = [_name("the event", name) for name in names]
    subclasses = [_name("the event subclass", name, _KIND) for name in custom]
    if subclasses:
        words += ["CUSTOM", *subclasses]
    if not words:
        raise CommandRefused("no event is asked for")
    return _command("event", f"event plain {' '.join(words)}")


def no_events() -> Command:
    return _command("noevents", "noevents")


def add_filter(header: str, value: str) -> Command:
    """Only events that match some filter; a value `/…/` is a regular expression."""
    return _command("filter", f"filter add {_name('the header', header)} {_word(header, value)}")


def delete_filter(header: str, value: str) -> Command:
    return _command("filter", f"filter delete {_name('the header', header)} {_word(header, value)}")


def api(name: str, argument: str = "") -> Command:
    """Runs in the connection's own thread: nothing else is answered until it is done.

    The engine splits and expands the argument as each command likes: check what goes in.
    """
    return _command(f"api {name}", _called("api", name, argument))


def background_api(name: str, argument: str, job: str) -> Command:
    """Runs beside the connection; its BACKGROUND_JOB event has `job` as Job-UUID."""
    headers = {"Job-UUID": _identifier("the job", job)}
    return _command(f"bgapi {name}", _called("bgapi", name, argument), headers)


def execute(
    application: str,
    argument: str = "",
    *,
    event: str,
    channel: str = "",
    event_lock: bool = False,
) -> Command:
    """Queue a dialplan application; its CHANNEL_EXECUTE_COMPLETE has `event` as Application-UUID.

    `channel` is needed on an inbound connection only. `event_lock` lets no later command
    break into this one. The engine expands `${…}` in the argument: escape what is not meant.
    """
    name = _name("the application", application)
    headers = {
        "call-command": "execute",
        "execute-app-name": name,
        "Event-UUID": _identifier("the event id", event),
    }
    if event_lock:
        headers["event-lock"] = "true"
    checked("the argument", argument)
    body = argument if _needs_body(argument) else ""
    if body:
        headers["content-type"] = "text/plain"
    elif argument:
        headers["execute-app-arg"] = argument
    return _command(f"execute {name}", _sendmsg(channel), headers, body)


def hang_up(cause: str = "NORMAL_CLEARING", channel: str = "") -> Command:
    """`cause` is a name of FreeSWITCH's or a Q.850 number; takes its turn behind what runs."""
    headers = {"call-command": "hangup", "hangup-cause": _name("the cause", cause)}
    return _command("hangup", _sendmsg(channel), headers)


def send_event(name: str, headers: Mapping[str, str], body: str = "") -> Command:
    """Fire an event inside the engine. The body may have line breaks, no other control."""
    pairs = {
        _name("the header", key): _word(f"the header {key}", value)
        for key, value in headers.items()
    }
    if any(key.lower() in ("content-length", "command") for key in pairs):
        raise CommandRefused("an event's Content-Length is ours to count")
    checked("the body", body.translate(_BODY_BREAKS))
    return _command(f"sendevent {name}", f"sendevent {_name('the event', name)}", pairs, body)


def notify(
    profile: str,
    user: str,
    host: str,
    event: str,
    *,
    call: str = "",
    content_type: str = "application/simple-message-summary",
    body: str = "",
) -> Command:
    """One SIP NOTIFY to one registered user, or to one registration by its Call-ID.

    `event` is the value of the Event header, such as `check-sync`. Source: mod_sofia's
    handler of NOTIFY events.
    """
    headers = {
        "profile": checked_name("the profile", profile),
        "user": checked_name("the user", user),
        "host": checked_name("the host", host),
        "event-string": checked_name("the event", event),
        "content-type": checked_name("the content type", content_type),
    }
    if call:
        headers["call-id"] = call
    return send_event("NOTIFY", headers, body)


def _sendmsg(channel: str) -> str:
    return f"sendmsg {_identifier('the channel', channel)}" if channel else "sendmsg"


def _called(verb: str, name: str, argument: str) -> str:
    _name("the API command", name)
    if _CHECK_ALL.search(checked("the argument", argument)):
        raise CommandRefused("check_sync without a user drops every registration of the profile")
    return f"{verb} {name} {argument}" if argument else f"{verb} {name}"


def _needs_body(argument: str) -> bool:
    return bool(argument) and (
        len(argument) > LONGEST_LINE or argument[0] == " " or not argument.isascii()
    )


def _name(what: str, text: str, pattern: re.Pattern[str] = _NAME) -> str:
    if not pattern.fullmatch(text):
        checked_name(what, text)
        raise CommandRefused(f"{what} has a character that no name has")
    return text


def _identifier(what: str, text: str) -> str:
    """A channel's may be its SIP Call-ID, so anything but blanks will do."""
    if " " in checked_name(what, text):
        raise CommandRefused(f"{what} has a blank")
    return text


def _word(what: str, value: str) -> str:
    """A header value that arrives as it is: FreeSWITCH cuts blanks before it."""
    if checked_name(what, value)[0] == " ":
        raise CommandRefused(f"{what} begins with a blank")
    return value


def _command(
    name: str, first: str, headers: Mapping[str, str] | None = None, body: str = ""
) -> Command:
    lines = [first, *(f"{key}: {value}" for key, value in (headers or {}).items())]
    content = body.encode()
    if content:
        lines.append(f"content-length: {len(content)}")
    wire = "\n".join(lines).encode() + b"\n\n" + content
    if len(wire) > LONGEST_COMMAND:
        raise CommandRefused(f"{name} is longer than {LONGEST_COMMAND} bytes")
    return Command(name, wire)

"""ESL commands: what is written, and what is refused before a byte of it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.live.errors import CommandRefused
from controlplane.live.esl import commands as esl
from controlplane.live.esl.commands import Command
from controlplane.live.esl.settings import EslSettings
from tests.unit.live.esl.engine_reader import EngineReader, ReadCommand


def read(command: Command) -> ReadCommand:
    """As the engine understands it; exactly one command."""
    (understood,) = EngineReader().feed(command.wire)
    return understood


@pytest.mark.parametrize(
    ("command", "wire"),
    [
        (esl.auth("ClueCon: 1"), "auth ClueCon: 1\n\n"),
        (esl.connect(), "connect\n\n"),
        (esl.my_events(), "myevents\n\n"),
        (esl.linger(), "linger\n\n"),
        (esl.linger(5), "linger 5\n\n"),
        (esl.no_linger(), "nolinger\n\n"),
        (esl.leave(), "exit\n\n"),
        (esl.no_events(), "noevents\n\n"),
        (esl.event_plain(["HEARTBEAT", "API"]), "event plain HEARTBEAT API\n\n"),
        (
            esl.event_plain(["HEARTBEAT"], ["sofia::register"]),
            "event plain HEARTBEAT CUSTOM sofia::register\n\n",
        ),
        (esl.add_filter("Unique-ID", "a b"), "filter add Unique-ID a b\n\n"),
        (esl.delete_filter("Unique-ID", "/x/"), "filter delete Unique-ID /x/\n\n"),
        (esl.api("status"), "api status\n\n"),
        (esl.api("eval", " ${x}"), "api eval  ${x}\n\n"),
        (
            esl.background_api("originate", "loopback/é &park()", "j1"),
            "bgapi originate loopback/é &park()\nJob-UUID: j1\n\n",
        ),
        (
            esl.hang_up("USER_BUSY", "u1"),
            "sendmsg u1\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n",
        ),
    ],
)
def test_what_is_written(command: Command, wire: str) -> None:
    assert command.wire == wire.encode()


def test_execute() -> None:
    command = read(esl.execute("playback", "tone_stream://%(200,0,440)", event="e1"))
    assert command.first == "sendmsg"
    assert command.headers == {
        "call-command": "execute",
        "execute-app-name": "playback",
        "Event-UUID": "e1",
        "execute-app-arg": "tone_stream://%(200,0,440)",
    }
    command = read(esl.execute("answer", event="e1", channel="u1", event_lock=True))
    assert command.first == "sendmsg u1"
    assert command.headers["event-lock"] == "true"
    assert command.argument == ""


@pytest.mark.parametrize("argument", [" lead", "é", "x" * 1001, "a: b", "100%", "trail ", "中 🙂"])
def test_arguments_arrive_as_they_are(argument: str) -> None:
    assert read(esl.execute("set", argument, event="e1")).argument == argument


@given(st.text(max_size=50))
def test_no_argument_breaks_out(text: str) -> None:
    for build in BUILDERS:
        try:
            command = build(text)
        except CommandRefused:
            continue
        assert not {"\r", "\n", "\0"} & set(text)
        assert set(read(command).headers) <= KNOWN_HEADERS | {text}


@given(st.text(max_size=50))
def test_what_execute_takes_arrives(text: str) -> None:
    try:
        command = esl.execute("set", text, event="e1")
    except CommandRefused:
        return
    assert read(command).argument == text


KNOWN_HEADERS = {"Job-UUID", "Event-UUID", "call-command", "execute-app-name", "execute-app-arg"}
KNOWN_HEADERS |= {"hangup-cause", "content-type", "profile", "user", "host"}
KNOWN_HEADERS |= {"event-string", "call-id"}
BUILDERS: list[Callable[[str], Command]] = [
    esl.auth,
    lambda text: esl.event_plain([text]),
    lambda text: esl.event_plain(["API"], [text]),
    lambda text: esl.add_filter(text, "x"),
    lambda text: esl.add_filter("Unique-ID", text),
    lambda text: esl.delete_filter("Unique-ID", text),
    lambda text: esl.api(text),
    lambda text: esl.api("eval", text),
    lambda text: esl.background_api("eval", text, "j1"),
    lambda text: esl.background_api("eval", "x", text),
    lambda text: esl.execute(text, event="e1"),
    lambda text: esl.execute("set", text, event="e1"),
    lambda text: esl.execute("set", "x", event=text),
    lambda text: esl.execute("set", "x", event="e1", channel=text),
    lambda text: esl.hang_up(text),
    lambda text: esl.hang_up("USER_BUSY", text),
    lambda text: esl.send_event(text, {}),
    lambda text: esl.send_event("NOTIFY", {text: "x"}),
    lambda text: esl.send_event("NOTIFY", {"user": text}),
    lambda text: esl.notify(text, "101", "acme", "check-sync"),
    lambda text: esl.notify("internal", text, "acme", "check-sync"),
    lambda text: esl.notify("internal", "101", text, "check-sync"),
    lambda text: esl.notify("internal", "101", "acme", text),
    lambda text: esl.notify("internal", "101", "acme", "check-sync", call=text),
]


@pytest.mark.parametrize("bad", ["a\r\n\r\nexit", "a\nb", "a\0b", "a\x1bb", "a\x85b", "a\ud800"])
@pytest.mark.parametrize("build", BUILDERS)
def test_control_characters(build: Callable[[str], Command], bad: str) -> None:
    with pytest.raises(CommandRefused) as refusal:
        build(bad)
    assert bad not in str(refusal.value)


@pytest.mark.parametrize(
    "build",
    [
        lambda: esl.auth(""),
        lambda: esl.event_plain([]),
        lambda: esl.event_plain(["API HEARTBEAT"]),
        lambda: esl.add_filter("a b", "x"),
        lambda: esl.add_filter("Unique-ID", ""),
        lambda: esl.api("bgapi x"),
        lambda: esl.api("sofia", "profile internal check_sync"),
        lambda: esl.background_api("sofia", "profile internal Check_Sync ", "j1"),
        lambda: esl.api("bgapi", "sofia profile internal check_sync"),
        lambda: esl.execute("set::x", event="e1"),
        lambda: esl.execute("", event="e1"),
        lambda: esl.execute("set", "x" * 1_000_000, event="e1"),
        lambda: esl.execute("set", "x", event="e 1"),
        lambda: esl.linger(0),
        lambda: esl.send_event("NOTIFY", {"Content-Length": "5"}),
        lambda: esl.send_event("NOTIFY", {"user": " lead"}),
        lambda: esl.send_event("NOTIFY", {}, "a\0b"),
    ],
)
def test_what_the_engine_would_misread(build: Callable[[], Command]) -> None:
    with pytest.raises(CommandRefused):
        build()


def test_notify() -> None:
    command = read(esl.notify("internal", "101", "acme.example", "check-sync", body="a=1\r\n"))
    assert command.first == "sendevent NOTIFY"
    assert command.headers["event-string"] == "check-sync"
    assert "call-id" not in command.headers
    assert command.body == "a=1\r\n"
    assert esl.api("sofia", "profile internal check_sync 101@acme.example").wire


def test_secrets_are_not_in_what_people_see() -> None:
    settings = EslSettings("127.0.0.1", "s3cret")
    for text in (repr(settings), str(esl.auth("s3cret")), repr(esl.auth("s3cret"))):
        assert "s3cret" not in text
    with pytest.raises(CommandRefused):
        EslSettings("127.0.0.1", "s3cret\n")
    with pytest.raises(CommandRefused):
        EslSettings("127.0.0.1", "s3cret", events=("A B",))


def test_filters_let_results_of_jobs_through() -> None:
    settings = EslSettings(
        "127.0.0.1", "x", events=("CHANNEL_HANGUP",), filters=(("Unique-ID", "u1"),)
    )
    assert [command.wire for command in settings.subscription()] == [
        b"filter add Event-Name BACKGROUND_JOB\n\n",
        b"filter add Unique-ID u1\n\n",
        b"event plain BACKGROUND_JOB CHANNEL_HANGUP\n\n",
    ]

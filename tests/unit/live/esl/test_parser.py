"""ESL framing: recorded streams in any pieces, the known attacks, and noise."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.live.errors import ProtocolError
from controlplane.live.esl.messages import (
    ApiResponse,
    AuthRequest,
    ConnectData,
    DisconnectNotice,
    Event,
    LogLine,
    Message,
    Other,
    Rejection,
    Reply,
)
from controlplane.live.esl.parser import Parser
from tests.unit.live.esl.recorded import (
    COMMANDS,
    OUTBOUND,
    REJECTION,
    STREAMS,
    WRONG_PASSWORD,
    events,
    parsed,
)

CALL = "c0ffee00-0000-4000-8000-000000000001"


def event_frame(inner: bytes) -> bytes:
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(inner), inner)


def only(stream: bytes) -> Message:
    (message,) = parsed(stream)
    return message


def test_a_wrong_password_and_a_refused_address() -> None:
    asked, refused, notice = parsed(WRONG_PASSWORD)
    assert asked == AuthRequest()
    assert isinstance(refused, Reply)
    assert (refused.ok, refused.text) == (False, "-ERR invalid")
    assert isinstance(notice, DisconnectNotice)
    assert not notice.lingers
    assert parsed(REJECTION)[0] == Rejection("Access Denied, go away.")


def test_commands() -> None:
    messages = parsed(COMMANDS)
    assert [m.text for m in messages if isinstance(m, Reply)] == [
        "+OK accepted",
        "+OK event listener enabled plain",
        "+OK filter added. [Job-UUID]=[job-1]",
        "+OK filter added. [Event-Subclass]=[ctl::news]",
        "+OK Job-UUID: job-1",
        "+OK cd10f6cc-5c92-4746-a329-7f8618af1e83",
        "-ERR command not found",
        "-ERR invalid session id [no-such-uuid]",
        "+OK log level warning [4]",
        "+OK bye",
    ]
    assert [m.body for m in messages if isinstance(m, ApiResponse)] == [
        "Zoë ß → 中",
        "-ERR no_such_command Command not found!\n",
        "-ERR No such channel!\n",
        "+OK\n",
    ]
    (line,) = (m for m in messages if isinstance(m, LogLine))
    assert line.level == 4
    assert line.text.endswith("mod_commands.c:7227 Zoë's line\n")


def test_bodies_are_apart_from_headers() -> None:
    job, news = events(COMMANDS)
    assert (job.name, job.get("Job-UUID")) == ("BACKGROUND_JOB", "job-1")
    # The engine leaves alone what looks encoded already, so a literal %0A comes as a line feed.
    assert job.get("Job-Command-Arg") == "Zoë \n ß"
    assert job.body == "Zoë %0A ß"
    assert (news.name, news.subclass, news.get("Note")) == ("CUSTOM", "ctl::news", "100% Zoë: ;")
    assert news.body == "Unique-ID: x\n\nContent-Length: 7\n\nß"
    assert news.get("Unique-ID") == ""


def test_a_call_on_an_outbound_socket() -> None:
    messages = parsed(OUTBOUND)
    data = messages[0]
    assert isinstance(data, ConnectData)
    call = data.get("Unique-ID")
    assert len(call) == 36
    assert data.get("Reply-Text") == "+OK\n"
    assert (data.get("Socket-Mode"), data.get("Control")) == ("async", "full")
    assert data.variable("stage") == "asked"
    assert data.get("Caller-Caller-ID-Name") == "Zoë"
    done = [e for e in events(OUTBOUND) if e.name == "CHANNEL_EXECUTE_COMPLETE"]
    assert [e.get("Application-UUID") for e in done[1:4]] == ["e-set", "e-answer", "e-play"]
    assert done[1].variable("who") == "Ada É"
    assert done[3].get("Application-Response") == "FILE PLAYED"
    assert {e.get("Unique-ID") for e in events(OUTBOUND)} == {call}
    notices = [m for m in messages if isinstance(m, DisconnectNotice)]
    assert [(n.lingers, n.channel) for n in notices] == [(True, call), (False, call)]


def test_a_variable_cannot_pass_for_a_header() -> None:
    """Decoding before splitting would overwrite Unique-ID and cut the event short."""
    evil = "a\nUnique-ID: x\n\nContent-Length: 5"
    with_it = [e for e in events(OUTBOUND) if e.variable("evil")]
    assert len(with_it) > 5
    assert {e.variable("evil") for e in with_it} == {evil}
    assert "x" not in {e.get("Unique-ID") for e in with_it}
    assert all(e.body == "" for e in with_it)


def test_the_first_of_two_headers_holds() -> None:
    inner = (
        b"Event-Name: CHANNEL_HANGUP_COMPLETE\nUnique-ID: 1\nHangup-Cause: USER_BUSY\n"
        b"Hangup-Cause: NORMAL_CLEARING\nUnique-ID: 2\nEvent-Name: HEARTBEAT\n\n"
    )
    event = only(event_frame(inner))
    assert isinstance(event, Event)
    assert (event.name, event.get("Hangup-Cause"), event.get("Unique-ID")) == (
        "CHANNEL_HANGUP_COMPLETE",
        "USER_BUSY",
        "1",
    )
    frame = b"Content-Type: api/response\nContent-Length: 2\nContent-Length: 9\n\nokContent-Ty"
    assert parsed(frame) == [ApiResponse("ok")]


def test_lengths_are_in_bytes() -> None:
    body = "Zoë → 中 🙂"
    frame = f"Content-Type: api/response\nContent-Length: {len(body.encode())}\n\n{body}".encode()
    assert parsed(frame * 3) == [ApiResponse(body)] * 3


def test_odd_values() -> None:
    inner = (
        b"Event-Name: X\nvariable_empty: _undef_\nvariable_percent: 100%\nvariable_bad: %ZZ%C3\n"
        b"variable_line: a\xe2\x80\xa8b\x85c\nstrange name\nvariable_colon: a: b\n\n"
    )
    event = only(event_frame(inner))
    assert isinstance(event, Event)
    assert event.headers["variable_empty"] == ""
    assert event.variable("percent") == "100%"
    assert event.variable("bad") == "%ZZ\ufffd"
    assert event.variable("line") == "a\u2028b\ufffdc"
    assert event.variable("colon") == "a: b"
    assert event.variable("absent") == ""


def test_blank_lines_between_frames() -> None:
    stream = b"\n\nContent-Type: auth/request\n\n\n\nContent-Type: auth/request\n\n\n"
    parser = Parser()
    assert parser.feed(stream) == [AuthRequest(), AuthRequest()]
    assert not parser.midway
    assert parsed(b"Content-Type: text/event-json\nContent-Length: 2\n\n{}") == [
        Other("text/event-json")
    ]


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\nContent-Type: x\n\n",
        b"Content-Length: 2\n\nok",
        b"Content-Type: api/response\nContent-Length: -1\n\n",
        b"Content-Type: api/response\nContent-Length: 1e9\n\n",
        b"Content-Type: api/response\nContent-Length: \xd9\xa1\n\n",
        b"Content-Type: api/response\nContent-Length: 999999999999999\n\n",
        b"Content-Type: api/response\nContent-Length: 99999999999\n\n",
        b": no name\n\n",
        b"x" * (1 << 21),
        b"Content-Type: " + b"x" * (1 << 21) + b"\n\n",
    ],
)
def test_not_esl(stream: bytes) -> None:
    parser = Parser()
    with pytest.raises(ProtocolError):
        parser.feed(stream)
    with pytest.raises(ProtocolError):
        parser.feed(b"Content-Type: auth/request\n\n")


@pytest.mark.parametrize("name", STREAMS)
def test_one_byte_at_a_time(name: str) -> None:
    stream = STREAMS[name]
    parser = Parser()
    got = [m for at in range(len(stream)) for m in parser.feed(stream[at : at + 1])]
    assert got == parsed(stream)
    assert not parser.midway


@pytest.mark.parametrize("name", STREAMS)
def test_cut_at_every_byte(name: str) -> None:
    """Around each cut a stretch of the stream that begins and ends where messages do."""
    stream = STREAMS[name]
    borders = message_borders(stream)
    for left, right in pairwise(borders):
        whole = parsed(stream[left:right])
        assert len(whole) == 1
        for cut in range(left, right):
            parser = Parser()
            early = parser.feed(stream[left:cut])
            assert early == []
            assert parser.midway == (cut > left)
            assert parser.feed(stream[cut:right]) == whole


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(0, 46_000), max_size=12))
def test_cut_at_many_places(name: str, cuts: list[int]) -> None:
    stream = STREAMS[name]
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    parser = Parser()
    pieces = [stream[a:b] for a, b in pairwise(places)]
    assert [m for piece in pieces for m in parser.feed(piece)] == parsed(stream)


LINES = st.sampled_from(
    [
        b"Content-Type: text/event-plain",
        b"Content-Type: command/reply",
        b"Content-Type: log/data",
        b"Content-Type: text/disconnect-notice",
        b"Content-Length: 12",
        b"Content-Length: 0",
        b"Log-Level: \xc2\xb2",
        b"Socket-Mode: async",
        b"Reply-Text: %2BOK%0A",
        b"Event-Name: X%",
        b"",
        b"\r",
        b"\0",
    ]
)


@given(st.lists(st.one_of(LINES, st.binary(max_size=30))))
def test_noise_is_a_protocol_error_or_nothing(pieces: list[bytes]) -> None:
    parser = Parser()
    try:
        for piece in pieces:
            for message in parser.feed(piece + b"\n"):
                hash(message)
    except ProtocolError:
        pass


@given(st.integers(0, len(COMMANDS)), st.binary(max_size=20))
def test_a_damaged_stream(at: int, noise: bytes) -> None:
    damaged = COMMANDS[:at] + noise + COMMANDS[at + len(noise) :]
    try:
        parsed(damaged)
    except ProtocolError:
        return


@given(st.dictionaries(st.from_regex(r"[A-Za-z_-]{1,12}", fullmatch=True), st.text()), st.text())
def test_what_the_engine_encodes_comes_back(headers: dict[str, str], body: str) -> None:
    lines = [f"{key}: {encoded(value)}\n".encode() for key, value in headers.items()]
    content = body.encode("utf-8", "replace")
    inner = b"".join(lines) + b"Content-Length: %d\n\n" % len(content) + content
    event = only(event_frame(inner))
    assert isinstance(event, Event)
    assert event.body == content.decode()
    for key, value in headers.items():
        expected = value.encode("utf-8", "replace").decode()
        assert event.get(key) == ("" if expected == "_undef_" else expected)


def encoded(value: str) -> str:
    """As switch_url_encode does it, and `_undef_` for nothing."""
    unsafe = b'\r\n #%&+:;<=>?@[\\]^`{|}"'
    bytes_ = value.encode("utf-8", "replace")
    text = "".join(f"%{b:02X}" if b < 32 or b > 126 or b in unsafe else chr(b) for b in bytes_)
    return text or "_undef_"


def message_borders(stream: bytes) -> list[int]:
    """Where each message of a stream ends, found by feeding it byte by byte."""
    parser, borders = Parser(), [0]
    for at in range(len(stream)):
        if parser.feed(stream[at : at + 1]):
            borders.append(at + 1)
    return borders


def test_speed() -> None:
    """At least 20 MB a second of processor time; 60 is usual."""
    stream = OUTBOUND * 40
    assert max(rate(stream, 65_536) for _ in range(5)) > 20
    assert max(rate(stream, 1_460) for _ in range(5)) > 20


def test_time_grows_with_length_only() -> None:
    """A body in small pieces, and headers without end, cost no more the longer they are."""
    body = b"Content-Type: api/response\nContent-Length: 8000000\n\n" + b"x" * 8_000_000
    assert rate(body, 1_000) > 20
    header = b"Content-Type: auth/request\nX: " + b"x" * 900_000 + b"\n\n"
    assert rate(header, 100) > 2


def rate(stream: bytes, piece: int) -> float:
    """Megabytes a second of processor time."""
    parser = Parser()
    began = time.process_time()
    for at in range(0, len(stream), piece):
        parser.feed(stream[at : at + piece])
    return len(stream) / (time.process_time() - began) / 1e6

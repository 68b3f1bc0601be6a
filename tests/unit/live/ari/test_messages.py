"""ARI messages: recorded ones read right, anything else is a ProtocolError."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.live.ari.messages import (
    EVENT_TYPES,
    ApplicationReplaced,
    Channel,
    ChannelCreated,
    ChannelDestroyed,
    ChannelHangupRequest,
    ChannelUserevent,
    Message,
    Other,
    RESTResponse,
    StasisEnd,
    StasisStart,
    parse_channel,
    parse_channels,
    parse_message,
)
from controlplane.live.errors import ProtocolError

LINES = (
    (Path(__file__).parents[3] / "data/ari/asterisk-22.10.jsonl").read_text("utf-8").splitlines()
)
RECORDED = [parse_message(line) for line in LINES]


def only(kind: type[Message]) -> list[Message]:
    return [message for message in RECORDED if isinstance(message, kind)]


def test_channel_enters_the_application() -> None:
    start = RECORDED[3]
    assert start == StasisStart("chan-1;2", "+442071838751", 'Ada É, "B"', ("decide", "one"))


def test_channel_comes_back() -> None:
    back = only(StasisStart)[1]
    assert isinstance(back, StasisStart)
    assert (back.channel, back.args) == ("chan-1;2", ("back", "é;${X},'"))


def test_a_channel_is_read_whole() -> None:
    document = json.loads(LINES[3])["channel"]
    assert parse_channel(document) == Channel(
        id="chan-1;2",
        name="Local/100@default-00000000;2",
        state="Ring",
        caller_number="+442071838751",
        caller_name='Ada É, "B"',
        context="default",
        exten="100",
        priority=2,
        variables={"OUT": "", "CALLERID(num)": "+442071838751"},
    )


def test_every_recorded_event_is_understood() -> None:
    kinds = {type(message).__name__ for message in RECORDED}
    assert kinds == {*EVENT_TYPES, "RESTResponse", "Other"}
    assert only(Other) == [Other("ChannelVarset")]


def test_a_created_channel_says_where_it_is_to_be() -> None:
    created = ChannelCreated(
        "1795862572.13", "Local/101@cp-internal-00000006;2", "", "", "cp-internal", "101"
    )
    assert only(ChannelCreated) == [created]


def test_ends_and_hangups() -> None:
    assert [end.channel.id for end in only(StasisEnd) if isinstance(end, StasisEnd)] == [
        "chan-1;2",
        "chan-1;2",
    ]
    (request,) = only(ChannelHangupRequest)
    assert isinstance(request, ChannelHangupRequest)
    assert request.cause == 32
    (destroyed,) = only(ChannelDestroyed)
    assert isinstance(destroyed, ChannelDestroyed)
    assert (destroyed.cause, destroyed.cause_text) == (17, "User busy")
    assert only(ApplicationReplaced) == [ApplicationReplaced("ctl")]


def test_user_event() -> None:
    (event,) = only(ChannelUserevent)
    assert event == ChannelUserevent("flip", {"line": "101", "dnd": "é", "eventname": "flip"})


def test_answers() -> None:
    answers = {a.request_id: a for a in RECORDED if isinstance(a, RESTResponse)}
    assert answers["r1"].body["ping"] == "pong"
    assert answers["r5"] == RESTResponse("r5", 204, "No Content", None)
    assert (answers["r9"].status, answers["r9"].body) == (404, {"message": "Channel not found"})
    channels = parse_channels(answers["r6"].body)
    assert {channel.id for channel in channels} == {"chan-1", "chan-1;2"}


def test_a_body_that_is_not_json_stays_text() -> None:
    text = json.dumps(
        {
            "type": "RESTResponse",
            "request_id": "1",
            "status_code": 200,
            "content_type": "text/plain",
            "message_body": "{",
        }
    )
    assert parse_message(text) == RESTResponse("1", 200, "", "{")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"type": 1}',
        '{"type": "StasisStart"}',
        '{"type": "StasisStart", "channel": {"id": ""}}',
        '{"type": "StasisStart", "channel": {"id": "1", "caller": []}}',
        '{"type": "StasisStart", "channel": {"id": "1"}, "args": "one"}',
        '{"type": "StasisStart", "channel": {"id": "1"}, "args": [1]}',
        '{"type": "StasisEnd", "channel": {"id": "1", "channelvars": {"A": null}}}',
        '{"type": "ChannelDestroyed", "channel": {"id": "1"}, "cause": "16"}',
        '{"type": "ChannelDestroyed", "channel": {"id": "1"}, "cause": true}',
        '{"type": "ChannelUserevent", "userevent": {}}',
        '{"type": "RESTResponse", "request_id": "1"}',
        '{"type": "RESTResponse", "request_id": "1", "status_code": 200, "message_body": "{"}',
        '{"type": "Other", "x": ' + "[" * 100_000,
        b"\xff\xfe\x00",
        b"\x80",
    ],
)
def test_malformed(text: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_message(text)


def read(text: str | bytes) -> None:
    """Only a ProtocolError may come out, in one line."""
    message = ""
    try:
        parse_message(text)
    except ProtocolError as error:
        message = str(error)
    assert "\n" not in message


@given(st.text() | st.binary())
def test_any_text_is_a_message_or_a_protocol_error(text: str | bytes) -> None:
    read(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(LINES), st.data())
def test_a_recorded_message_with_anything_changed(line: str, data: st.DataObject) -> None:
    document = json.loads(line)
    place = document
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
            break
        place = place[key]
    read(json.dumps(document))


@given(st.sampled_from(LINES), st.data())
def test_a_recorded_message_cut_short(line: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(line) - 1))
    with pytest.raises(ProtocolError):
        parse_message(line[:cut])

"""Mailboxes through `ctl voicemail`, on a real engine of either kind, with real calls."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.engines.test_run import controller
from tests.engines.voicemail_office import RUN_PORTS, Office, office
from tests.phones import Manner

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture(autouse=True)
def empty(place: Office) -> None:
    place.ctl("voicemail", "clear", "acme/102", "data", "--yes")


@pytest.mark.proves("F4")
def test_messages_are_listed_played_moved_and_deleted(place: Office, tmp_path: Path) -> None:
    place.leave()
    place.leave()
    newest, oldest = place.messages()
    assert newest["received"] >= oldest["received"]
    assert {m["folder"] for m in (newest, oldest)} == {"new"}
    assert (newest["number"], newest["name"]) == ("101", "Ada")
    assert newest["seconds"] >= 2
    assert place.waiting() == (2, 0)

    file = tmp_path / "message.wav"
    place.ctl("voicemail", "play", "acme/102", newest["id"], "--to", str(file))
    with wave.open(str(file)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert any(sound.readframes(sound.getnframes()))
    assert (
        "is there already"
        in place.ctl(
            "voicemail", "play", "acme/102", newest["id"], "--to", str(file), exits=1
        ).stderr
    )

    place.ctl("voicemail", "move", "acme/102", oldest["id"], "saved")
    assert place.waiting() == (1, 1)
    assert [(m["id"], m["folder"]) for m in place.messages()] == [
        (newest["id"], "new"),
        (oldest["id"], "saved"),
    ]
    place.ctl("voicemail", "move", "acme/102", oldest["id"], "new")
    assert place.waiting() == (2, 0)
    place.ctl("voicemail", "move", "acme/102", newest["id"], "trash")
    assert place.waiting()[0] == 1
    assert place.data("voicemail", "usage", "acme/102")["engines"][place.kind]["messages"] == {
        "new": 1,
        "saved": 0,
        "trash": 1,
    }
    place.ctl("voicemail", "move", "acme/102", newest["id"], "saved")
    place.ctl("voicemail", "delete", "acme/102", oldest["id"], "--yes")
    assert [m["id"] for m in place.messages()] == [newest["id"]]
    assert place.waiting() == (0, 1)
    gone = place.ctl("voicemail", "delete", "acme/102", oldest["id"], "--yes", exits=1)
    assert gone.stderr.startswith("acme/102: error: there is no message")
    some = (newest["id"], oldest["id"], "x")
    refused = place.ctl("voicemail", "delete", "acme/102", *some, "--yes", exits=1)
    assert refused.stderr.count("there is no message") == 2
    assert [m["id"] for m in place.messages()] == [newest["id"]], "all or none"
    place.leave()
    both = [m["id"] for m in place.messages()]
    place.ctl("voicemail", "delete", "acme/102", *both, both[0], "--yes")
    assert (place.messages(), place.waiting()) == ([], (0, 0))


@pytest.mark.proves("F5")
def test_a_mailbox_of_a_team_is_used_as_that_of_a_line(place: Office, tmp_path: Path) -> None:
    place.leave("600")
    [message] = place.messages("600")
    assert (message["number"], message["name"], message["folder"]) == ("101", "Ada", "new")
    file = tmp_path / "team.wav"
    place.ctl("voicemail", "play", "acme/mailboxes/600", message["id"], "--to", str(file))
    assert file.stat().st_size == message["bytes"]
    place.ctl("voicemail", "move", "acme/600", message["id"], "saved")
    assert place.waiting("600") == (0, 1)
    usage = place.data("voicemail", "usage", "acme/600")
    assert usage["engines"][place.kind]["messages"]["saved"] == 1
    place.ctl("voicemail", "clear", "acme/600", "data", "--yes")
    assert (place.messages("600"), place.waiting("600")) == ([], (0, 0))


def test_a_mailbox_is_switched_off_and_on_and_has_an_address(place: Office) -> None:
    place.leave()
    [message] = place.messages()
    place.ctl("set", "acme/lines/102/voicemail", "off")
    assert place.call("102", Manner(hang_up_after=0.5)).status == 486
    off = place.ctl("voicemail", "list", "acme/102", exits=1)
    assert "mailbox acme/102 does not exist" in off.stderr
    place.ctl("set", "acme/lines/102/voicemail", "on")
    assert [one["id"] for one in place.messages()] == [message["id"]], "what was left is there"
    place.ctl("set", "acme/lines/102/voicemail/email", "team@acme.example")
    assert "team@acme.example" in place.ctl("get", "acme/lines/102/voicemail/email").stdout
    place.leave()
    assert len(place.messages()) == 2
    place.apply()


@pytest.mark.proves("F2")
@pytest.mark.parametrize("decides", ["static", "live"])
def test_who_left_a_message_is_known_also_where_nobody_rang(place: Office, decides: str) -> None:
    place.apply(l102={"do_not_disturb": True, "label": ["Bob"]})
    with controller(place.folder, RUN_PORTS[place.kind]) if decides == "live" else nullcontext():
        place.leave()
    [message] = place.messages()
    assert (message["number"], message["name"]) == ("101", "Ada")
    place.apply()


def test_what_is_not_there_is_one_clear_line(place: Office, tmp_path: Path) -> None:
    for words, said in {
        ("list", "acme/101"): "mailbox acme/101 does not exist",
        ("list", "acme"): "is no mailbox",
        ("list", "acme/102", "--engine", "no"): "there is no engine 'no'",
        ("play", "acme/102", "x", "--to", str(tmp_path / "x")): "there is no message 'x'",
        ("delete", "acme/102", "x"): "nobody could be asked",
        (
            "greetings",
            "download",
            "acme/102",
            "hi",
            "--to",
            str(tmp_path / "y"),
        ): "no greeting 'hi'",
        ("greetings", "use", "acme/102", "busy", "../x"): "is not a greeting's name",
    }.items():
        done = place.ctl("voicemail", *words, exits=1)
        assert said in done.stderr
        assert done.stderr.count("\n") == 1

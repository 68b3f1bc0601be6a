"""What callers of a mailbox hear, where 0 leads them, and how much they may say: real calls."""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
import soundfile

from tests.engines.freeswitch_process import FreeSwitchProcess
from tests.engines.voicemail_office import Office, office
from tests.phones import Answers, Manner
from tests.unit.cli.conftest import environment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

RATE = 44_100


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture(autouse=True)
def empty(place: Office) -> None:
    place.ctl("voicemail", "clear", "acme/102", "data", "--yes")


def tone(file: Path, seconds: float) -> Path:
    soundfile.write(file, 0.3 * numpy.sin(numpy.arange(int(RATE * seconds)) * 0.06), RATE)
    return file


def length(file: Path) -> float:
    with wave.open(str(file)) as sound:
        return sound.getnframes() / sound.getframerate()


def recorded(place: Office, hang_up_after: float) -> int:
    """Seconds of the message of a caller who says nothing to skip the greeting, and hangs up."""
    before = {message["id"] for message in place.messages()}
    place.call("102", Manner(hang_up_after=hang_up_after, talks=True))
    time.sleep(1.5)
    new = [message for message in place.messages() if message["id"] not in before]
    return int(new[0]["seconds"]) if new else 0


@pytest.mark.proves("F6")
def test_a_greeting_is_uploaded_chosen_heard_and_downloaded(place: Office, tmp_path: Path) -> None:
    mp3, wav = tone(tmp_path / "long.mp3", 8), tone(tmp_path / "short.wav", 1)
    place.ctl("voicemail", "greetings", "upload", "acme/102", "long", str(mp3), "--use", "busy")
    place.ctl("voicemail", "greetings", "upload", "acme/102", "short", str(wav))
    found = place.data("voicemail", "greetings", "list", "acme/102")["greetings"]
    assert [(g["name"], round(g["seconds"]), g["heard"]) for g in found] == [
        ("long", 8, ["busy"]),
        ("short", 1, []),
    ]
    place.ctl("voicemail", "greetings", "download", "acme/102", "long", "--to", str(tmp_path / "d"))
    assert length(tmp_path / "d") == pytest.approx(8, abs=0.1)

    # The line is busy. Whoever hangs up while a greeting of 8 s plays leaves nothing.
    assert recorded(place, 6.5) == 0
    place.ctl("voicemail", "greetings", "use", "acme/102", "temporary", "short")
    first = recorded(place, 13.0)
    assert first >= 2
    place.ctl("voicemail", "greetings", "use", "acme/102", "temporary", "standard")
    assert recorded(place, 6.5) == 0
    place.ctl("voicemail", "greetings", "delete", "acme/102", "long")
    assert place.data("voicemail", "greetings", "list", "acme/102")["greetings"][0]["heard"] == []


@pytest.mark.proves("F7", "F4", "F5")
def test_name_usage_and_what_clearing_takes_away(place: Office, tmp_path: Path) -> None:
    name = tone(tmp_path / "bob.mp3", 2)
    place.ctl("voicemail", "name", "upload", "acme/102", str(name))
    place.ctl("voicemail", "name", "download", "acme/102", "--to", str(tmp_path / "name.wav"))
    assert length(tmp_path / "name.wav") == pytest.approx(2, abs=0.1)
    place.ctl("voicemail", "greetings", "upload", "acme/102", "hi", str(name), "--use", "busy")
    place.leave()
    usage = place.data("voicemail", "usage", "acme/102")["engines"][place.kind]
    assert usage["messages"]["new"] == 1
    assert usage["message_bytes"] > 16_000
    assert usage["greeting_bytes"] >= 3 * 32_000

    place.ctl("voicemail", "clear", "acme/102", "messages", "--yes")
    assert (place.messages(), place.waiting()) == ([], (0, 0))
    kept = place.data("voicemail", "greetings", "list", "acme/102")
    assert kept["greetings"][0]["heard"] == ["busy"]
    assert kept["recorded_name_seconds"][place.kind] == pytest.approx(2, abs=0.1)

    place.ctl("voicemail", "clear", "acme/102", "data", "--yes")
    after = place.data("voicemail", "usage", "acme/102")["engines"][place.kind]
    assert (after["message_bytes"], after["greeting_bytes"]) == (0, 0)
    assert "no name is recorded" in place.ctl(
        "voicemail", "name", "download", "acme/102", "--to", str(tmp_path / "none"), exits=1
    ).stderr  # fmt: skip


@pytest.mark.proves("F6", "F7")
def test_a_greeting_and_a_name_are_recorded_by_being_called(place: Office, tmp_path: Path) -> None:
    place.phones(B1=Answers(hangs_up_after=30.0))
    words = ["voicemail", "greetings", "record", "acme/102", "mine", "--use", "unavailable"]
    process = subprocess.Popen(
        [sys.executable, "-m", "controlplane.cli", *words],
        cwd=place.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    assert place.bank.wait_observed("acme.B1", seconds=20)
    time.sleep(4)
    press_hash(place)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "greeting mine is kept\n")
    [greeting] = place.data("voicemail", "greetings", "list", "acme/102")["greetings"]
    assert greeting["heard"] == ["unavailable"]
    assert 1.5 <= greeting["seconds"] <= 12

    place.phones(B1=Answers(hangs_up_after=5.0))
    place.ctl("voicemail", "name", "record", "acme/102", "--from", "B1")
    place.phones()
    refused = place.ctl("voicemail", "name", "record", "acme/102", "--from", "B1", exits=1)
    assert "the phone did not answer" in refused.stderr


def press_hash(place: Office) -> None:
    """The phone's # reaches the engine on the phone's own channel."""
    if isinstance(place.engine, FreeSwitchProcess):
        shown = place.engine.api("show", "channels as delim |")
        [row] = [line for line in shown.splitlines() if "acme.B1" in line]
        assert "+OK" in place.engine.api("uuid_recv_dtmf", f"{row.split('|')[0]} #")
    else:
        [row] = [
            line for line in place.engine.cli("core show channels concise").splitlines()
            if line.startswith("PJSIP/acme.B1")
        ]  # fmt: skip
        config = (place.folder / "controlplane.yaml").read_text()
        password = config.split("password: ")[1].split("\n")[0]
        ami_play_dtmf(place.engine.address, password, row.split("!")[0])


def ami_play_dtmf(address: str, password: str, channel: str) -> None:
    import asyncio

    from controlplane.live.ami.connection import AmiConnection
    from controlplane.live.ami.settings import AmiSettings

    async def play() -> None:
        async with AmiConnection(AmiSettings(address, "controlplane", password)) as ami:
            await ami.action("PlayDTMF", Channel=channel, Digit="#", Receive="yes")

    asyncio.run(play())


@pytest.mark.proves("F3")
@pytest.mark.parametrize("decides", ["static", "live"])
def test_0_during_the_greeting_goes_to_the_operator(place: Office, decides: str) -> None:
    place.apply(l102={"voicemail": {"notify": "none", "operator": "group/sales"}})
    controller = None
    if decides == "live":
        words = [sys.executable, "-m", "controlplane.cli", "run"]
        with (place.folder / "run.log").open("wb") as log:
            controller = subprocess.Popen(
                words, cwd=place.folder, env=environment(), stdout=log, stderr=log
            )
        until = time.monotonic() + 30
        while b"engine connected" not in (place.folder / "run.log").read_bytes():
            assert time.monotonic() < until
            time.sleep(0.1)
        time.sleep(1)
    try:
        since = time.time()
        pressed = Manner(digits="0", digits_after=0.5, hang_up_after=12.0)
        result = place.call("102", pressed)
        assert result.answered
        [seen] = place.bank.observed("acme.C1", since=since)
        assert seen.answered
        assert seen.caller.number == "101"
        assert place.messages() == []
    finally:
        if controller is not None:
            controller.terminate()
            assert controller.wait(20) == 0
            decided = (place.folder / "run.log").read_text()
            assert "operator" in decided
    # And the one without an operator goes on with the message.
    place.apply()
    since = time.time()
    place.call("102", Manner(digits="0", digits_after=0.5, hang_up_after=3.0))
    assert place.bank.observed("acme.C1", since=since) == []


@pytest.mark.proves("F5")
def test_a_long_message_ends_at_its_limit_and_a_full_mailbox_takes_no_more(place: Office) -> None:
    place.apply(l102={"voicemail": {"notify": "none", "limits": {"messages": 1, "seconds": 5}}})
    place.leave("102", 16.0)
    [message] = place.messages()
    assert 3 <= message["seconds"] <= 6
    place.call("102", Manner(digits="#", digits_after=0.6, hang_up_after=8.0, talks=True))
    time.sleep(1.5)
    assert [one["id"] for one in place.messages()] == [message["id"]]
    place.apply()


@pytest.mark.proves("F5")
def test_a_mailbox_whose_storage_is_used_up_takes_no_more(place: Office) -> None:
    limits = {"seconds": 60, "megabytes": 1}
    place.apply(l102={"voicemail": {"notify": "none", "limits": limits}})
    place.leave("102", 72.0)
    assert place.messages()[0]["seconds"] >= 50
    counts = []
    for _ in range(3):
        place.call("102", Manner(digits="#", digits_after=0.6, hang_up_after=9.0, talks=True))
        time.sleep(1.5)
        counts.append(len(place.messages()))
    # A megabyte is 65 s of sound: what was begun before that is kept, and nothing after it.
    assert counts[-1] == counts[-2] <= 2
    used = place.data("voicemail", "usage", "acme/102")["engines"][place.kind]
    assert used["message_bytes"] < 1.2 * 2**20
    place.ctl("voicemail", "clear", "acme/102", "messages", "--yes")
    place.leave()
    place.apply()

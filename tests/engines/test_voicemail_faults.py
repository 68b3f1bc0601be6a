"""Voicemail on a full disk, and a mailbox changed while messages arrive: nothing is lost."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engines.voicemail_office import Office, office
from tests.phones import Manner

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Its engine's state is on a small disk of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    state = folder / "state"
    state.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(state)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        with office(request.param, folder, state) as made:
            yield made
    finally:
        subprocess.run(["umount", "-l", str(state)], check=True)


def fill(place: Office) -> Path:
    filler = place.state / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def test_a_disk_that_is_full_while_somebody_speaks_loses_no_earlier_message(
    place: Office, tmp_path: Path
) -> None:
    place.leave()
    [first] = place.messages()
    placed = threading.Thread(
        target=place.call,
        args=("102", Manner(digits="#", digits_after=0.6, hang_up_after=8, talks=True)),
    )
    placed.start()
    time.sleep(4)
    filler = fill(place)
    try:
        placed.join()
        time.sleep(2)
        # What was heard of the second one is there, or nothing; the first is as it was.
        found = place.messages()
        assert first in found
        assert len(found) <= 2
        wav = tmp_path / "message.wav"
        place.ctl("voicemail", "play", "acme/102", first["id"], "--to", str(wav))
        assert wav.stat().st_size == first["bytes"]
        sound = tmp_path / "long.wav"
        sound.write_bytes(wav.read_bytes())
        refused = place.ctl(
            "voicemail", "greetings", "upload", "acme/102", "g", str(sound), exits=1
        )
        assert "no space left" in refused.stderr
        assert refused.stderr.count("\n") == 1
        assert place.data("voicemail", "greetings", "list", "acme/102")["greetings"] == []
    finally:
        filler.unlink()
    place.leave()
    assert first in place.messages()
    place.ctl("voicemail", "clear", "acme/102", "data", "--yes")
    assert place.waiting() == (0, 0)


def test_messages_that_arrive_while_others_are_deleted_are_all_there(place: Office) -> None:
    for _ in range(3):
        place.leave()
    old = [message["id"] for message in place.messages()]
    talking = [
        threading.Thread(
            target=place.call,
            args=("102", Manner(digits="#", digits_after=0.6, hang_up_after=seconds, talks=True)),
        )
        for seconds in (5.0, 6.0, 7.0)
    ]
    for call in talking:
        call.start()
    time.sleep(3)
    place.ctl("voicemail", "delete", "acme/102", old[1], "--yes")
    place.ctl("voicemail", "move", "acme/102", old[2], "saved")
    for call in talking:
        call.join()
    time.sleep(2)
    found = {message["id"]: message["folder"] for message in place.messages()}
    assert found.pop(old[0]) == "new"
    assert found.pop(old[2]) == "saved"
    assert old[1] not in found
    assert list(found.values()) == ["new"] * 3
    assert place.waiting() == (4, 1)

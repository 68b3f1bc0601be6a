"""A message of two hours: listed, played, mailed about and deleted, and never held in memory."""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.mail_server import MailServer
from tests.engines.test_voicemail_mails import (
    SMTP_PORT,
    controller,
    run_log,
    settings,
    text_of,
    with_mail,
)
from tests.engines.voicemail_office import ADDRESSES, Office, office
from tests.unit.cli.conftest import environment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

HOURS = 2
BYTES = HOURS * 3600 * 16_000
"""115 MB."""

MOST_MEMORY = 150 * 2**20
"""Of a process that has to do with it: more than Python and its libraries, less than the sound."""

_MEASURED = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "controlplane.cli", *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(done.returncode)
"""


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        with_mail(made)
        yield made


def memory(place: Office, *words: str) -> int:
    """Bytes that a verb of `ctl` takes at most."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words],
        cwd=place.folder, env=environment(), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1]) * 1024


def lasts(place: Office) -> None:
    """The sound of the one message there is goes on for two hours."""
    [file] = [it for it in (place.state).rglob("msg*.wav") if it.stat().st_size > 1000]
    with wave.open(str(file)) as sound:
        heard = sound.readframes(sound.getnframes())
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        for _ in range(BYTES // len(heard) + 1):
            sound.writeframes(heard)


@pytest.mark.proves("F5", "F8")
def test_a_message_of_two_hours(place: Office, tmp_path: Path) -> None:
    settings(place, notify="none")
    place.leave()
    lasts(place)
    [message] = place.messages()
    assert message["bytes"] > BYTES
    file = tmp_path / "message.wav"
    play = ("voicemail", "play", "acme/102", str(message["id"]), "--to", str(file))
    assert memory(place, *play) < MOST_MEMORY
    assert file.stat().st_size == message["bytes"]
    file.unlink()
    assert memory(place, "voicemail", "list", "acme/102") < MOST_MEMORY
    usage = place.data("voicemail", "usage", "acme/102")["engines"][place.kind]
    assert usage["message_bytes"] > BYTES
    place.apply(l102={"voicemail": {"notify": "attachment", "after_mail": "new"}})
    with MailServer(ADDRESSES[place.kind][0], SMTP_PORT) as server:
        with controller(place) as running:
            server.wait(1, log=lambda: run_log(place))
            time.sleep(2)
            status = Path(f"/proc/{running.pid}/status").read_text()
        assert len(server.got) == 1
        assert not list(server.got[0].iter_attachments())
        assert f"/voicemail/acme/102/{message['id']}" in text_of(server.got[0])
    most = int(status.split("VmHWM:")[1].split()[0]) * 1024
    assert most < MOST_MEMORY
    assert place.waiting() == (1, 0)
    place.ctl("voicemail", "delete", "acme/102", message["id"], "--yes")
    assert (place.messages(), place.waiting()) == ([], (0, 0))

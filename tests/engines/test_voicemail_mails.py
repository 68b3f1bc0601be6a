"""Mails about messages, from a real engine of either kind to a real SMTP server, by `ctl run`."""

from __future__ import annotations

import datetime as dt
import io
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from controlplane.cli.config import load
from controlplane.model.deployment import MailServer as MailServerSettings
from controlplane.service.mailboxes.notifying import Notifier
from controlplane.store.outbox import MailState
from controlplane.store.schema import mails
from controlplane.store.store import Store
from tests.engines.mail_server import MailServer
from tests.engines.voicemail_office import ADDRESSES, Office, office
from tests.phones import Manner
from tests.unit.cli.conftest import environment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

SMTP_PORT = 2525
HOSTILE = "Eve\t<b> =?utf-8?q?x?= Bcc: z@z.example Zoë 李"


def with_mail(made: Office) -> None:
    """Has the office's mails handed over to a server of ours."""
    config = made.folder / "controlplane.yaml"
    server = {
        "host": ADDRESSES[made.kind][0],
        "port": SMTP_PORT,
        "security": "none",
        "sender": "voicemail@acme.example",
        "retry_first_seconds": 1,
        "retry_most_seconds": 2,
        "look_seconds": 1,
    }
    more = "".join(f"  {key}: {value}\n" for key, value in server.items())
    config.write_text(config.read_text() + f"mail:\n{more}portal_url: https://phones.example/\n")


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        with_mail(made)
        yield made


@pytest.fixture
def server(place: Office) -> Iterator[MailServer]:
    with MailServer(ADDRESSES[place.kind][0], SMTP_PORT) as made:
        yield made


@contextmanager
def controller(place: Office) -> Iterator[subprocess.Popen[bytes]]:
    path = place.folder / "run.log"
    log = path.open("wb")
    words = [sys.executable, "-m", "controlplane.cli", "run"]
    running = subprocess.Popen(words, cwd=place.folder, env=environment(), stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while b"running" not in path.read_bytes():
            assert time.monotonic() < until, path.read_text()
            time.sleep(0.1)
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        log.close()


def run_log(place: Office) -> str:
    return (place.folder / "run.log").read_text()[-3000:]


def settings(place: Office, **voicemail: Any) -> None:
    place.ctl("voicemail", "clear", "acme/102", "data", "--yes")
    place.apply(l102={"voicemail": voicemail})


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


FORMS = {
    "link": (False, "", "new"),
    "brief-link": (False, "", "new"),
    "attachment": (True, "saved", "saved"),
    "brief-attachment": (True, "trash", "trash"),
}


@pytest.mark.proves("F8")
def test_each_form_is_sent_once_and_the_message_then_put_away(
    place: Office, server: MailServer
) -> None:
    with controller(place):
        for count, (form, (attached, after, folder)) in enumerate(FORMS.items(), 1):
            settings(place, notify=form, **({"after_mail": after} if after else {}))
            place.leave()
            [message] = place.messages()
            server.wait(count, log=lambda: run_log(place))
            mail = server.got[-1]
            assert mail["To"] == "bob@acme.example"
            assert "Ada (101)" in mail["Subject"]
            text = text_of(mail)
            link = f"https://phones.example/voicemail/acme/102/{message['id']}"
            assert (link in text) is not attached
            assert (len(text.splitlines()) <= 2) is form.startswith("brief")
            sounds = list(mail.iter_attachments())
            assert len(sounds) == attached
            if attached:
                with wave.open(io.BytesIO(sounds[0].get_content())) as sound:
                    assert sound.getframerate() == 8000
                    assert any(sound.readframes(sound.getnframes()))
            until = time.monotonic() + 10
            while [m["folder"] for m in place.messages()] != [folder]:
                assert time.monotonic() < until, run_log(place)
            assert place.waiting()[0] == (folder == "new")
        settings(place, notify="none")
        place.leave()
        time.sleep(3)
        assert len(server.got) == len(FORMS)


@pytest.mark.proves("F8")
def test_a_server_that_is_down_and_a_controller_that_is_killed_lose_and_double_nothing(
    place: Office,
) -> None:
    settings(place, notify="attachment")
    # Left while no controller runs, and mailed by one that finds no server.
    place.call("102", Manner(digits="#", digits_after=0.6, hang_up_after=6, talks=True), HOSTILE)
    with controller(place) as running:
        until = time.monotonic() + 30
        while "mail not sent yet" not in run_log(place):
            assert time.monotonic() < until, run_log(place)
            time.sleep(0.2)
        place.leave()
        time.sleep(3)
        running.kill()
        running.wait()
    with MailServer(ADDRESSES[place.kind][0], SMTP_PORT) as server:
        server.refuse = "451 greylisted, try later"
        with controller(place):
            time.sleep(4)
            assert server.got == []
            server.refuse = ""
            server.wait(2, log=lambda: run_log(place))
            time.sleep(5)
        with controller(place):
            time.sleep(3)
        assert len({mail["Message-ID"] for mail in server.got}) == len(server.got) == 2
        for mail in server.got:
            assert mail.get_all("Bcc") is None
            assert mail.get_all("To") == ["bob@acme.example"]


@pytest.mark.proves("F8")
async def test_an_hour_without_a_server_loses_and_doubles_nothing(place: Office) -> None:
    """The hour passes by the clock that the notifier is given; engine and server are real."""
    settings(place, notify="attachment", after_mail="saved")
    place.leave()
    place.leave()
    deployment = load(place.folder / "controlplane.yaml").deployment
    assert deployment.mail is not None
    usual = MailServerSettings(
        host=deployment.mail.host, port=SMTP_PORT, security="none", sender="vm@acme.example"
    )
    now = [dt.datetime.now(dt.UTC)]
    with Store.open(deployment.database) as store:
        notifier = Notifier(deployment, usual, store, lambda: now[0])
        for _ in range(60 * 6):
            await notifier.look()
            await notifier.send()
            now[0] += dt.timedelta(seconds=10)
        # Ever less often: after 30 s, a minute, and so on, at last every quarter of an hour.
        assert set(attempts_of(store).values()) == {8}
        assert [m["folder"] for m in place.messages()] == ["new", "new"]
        with MailServer(ADDRESSES[place.kind][0], SMTP_PORT) as server:
            for _ in range(60):
                now[0] += dt.timedelta(minutes=1)
                await notifier.look()
                await notifier.send()
            assert len(server.got) == 2
            again = Notifier(deployment, usual, store, lambda: now[0])
            await again.look()
            await again.send()
            assert len({mail["Message-ID"] for mail in server.got}) == len(server.got) == 2
            for mail in server.got:
                assert len(list(mail.iter_attachments())) == 1
    assert [m["folder"] for m in place.messages()] == ["saved", "saved"]


def attempts_of(store: Store) -> dict[str, int]:
    """How often each mail was tried."""
    with store.database.read() as connection:
        waiting = select(mails).where(mails.c.state == MailState.WAITING)
        return {it.message: it.attempts for it in connection.execute(waiting).all()}


def test_a_mail_that_is_refused_for_ever_is_dropped_and_told(place: Office) -> None:
    settings(place, notify="link", email=["gone@acme.example"])
    with MailServer(ADDRESSES[place.kind][0], SMTP_PORT) as server, controller(place):
        server.refuse = "550 no such user"
        place.leave()
        until = time.monotonic() + 20
        while "mail dropped" not in run_log(place):
            assert time.monotonic() < until, run_log(place)
            time.sleep(0.2)
        assert "no such user" in run_log(place)
        assert [m["folder"] for m in place.messages()] == ["new"]

"""The five forms of a mail, with callers who mean no good."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.model.mailbox import AfterMail, Notify
from controlplane.voicemail.mail import Notice, caller, link_to, mail_of
from controlplane.voicemail.mailboxes import Folder, Message

AT = dt.datetime(2026, 7, 1, 12, 30, tzinfo=dt.UTC)
MESSAGE = Message("17-01", Folder.NEW, "555", "Eve", AT, 72, 1000)
NOTICE = Notice(
    message=MESSAGE,
    tenant="acme",
    mailbox="102",
    name="Bob",
    form=Notify.ATTACHMENT,
    after=AfterMail.TRASH,
    to=("bob@acme.example", "desk@acme.example"),
    sender="voicemail@acme.example",
    mail_id="<voicemail.1@acme.example>",
    zone="Europe/London",
    link="https://phones.example/voicemail/acme/102/17-01",
)


def read(notice: Notice, sound: bytes | None) -> tuple[dict[str, str], str, list[bytes]]:
    """As a mail program reads it: headers, text, attachments."""
    mail = message_from_bytes(bytes(mail_of(notice, sound, AT)), policy=default)
    body = mail.get_body(("plain",))  # type: ignore[attr-defined]
    sounds = [part.get_content() for part in mail.iter_attachments()]  # type: ignore[attr-defined]
    text = body.get_content().replace("\r\n", "\n")
    return {name: str(value) for name, value in mail.items()}, text, sounds


def test_a_mail_with_the_message_attached() -> None:
    headers, text, sounds = read(NOTICE, b"RIFF")
    assert headers["Subject"] == "Voice message from Eve (555) for Bob, 1:12"
    assert headers["From"] == "Voicemail <voicemail@acme.example>"
    assert headers["To"] == "bob@acme.example, desk@acme.example"
    assert headers["Message-ID"] == "<voicemail.1@acme.example>"
    assert "Wednesday 01 July 2026, 13:30 (Europe/London)" in text
    assert "in the trash" in text
    assert sounds == [b"RIFF"]


def test_brief_ones_are_a_line_and_a_link() -> None:
    _, text, sounds = read(replace(NOTICE, form=Notify.BRIEF_LINK), None)
    assert text == f"Eve (555), 13:30, 1:12\n{NOTICE.link}\n"
    assert sounds == []
    _, text, sounds = read(replace(NOTICE, form=Notify.BRIEF_ATTACHMENT), b"RIFF")
    assert text == "Eve (555), 13:30, 1:12\n"
    assert sounds == [b"RIFF"]


def test_what_is_too_large_is_told_by_its_place() -> None:
    _, text, _ = read(replace(NOTICE, after=AfterMail.NEW), None)
    assert "too large" in text
    assert NOTICE.link in text


def test_without_a_portal_there_is_no_link() -> None:
    _, text, _ = read(replace(NOTICE, form=Notify.LINK, link=""), None)
    assert "Listen to it in your mailbox." in text


def test_a_link_holds_what_it_is_made_of() -> None:
    assert link_to("https://p.example/", "acme", "102", "a/../b?c") == (
        "https://p.example/voicemail/acme/102/a%2F..%2Fb%3Fc"
    )
    assert link_to(None, "acme", "102", "x") == ""


@pytest.mark.parametrize("name", ["Zoë Ægir", "李雷", "שלום", "x" * 500])
def test_names_of_any_script_are_read_as_they_were_written(name: str) -> None:
    headers, text, _ = read(replace(NOTICE, message=replace(MESSAGE, name=name)), None)
    assert caller(replace(MESSAGE, name=name)) in headers["Subject"]
    assert caller(replace(MESSAGE, name=name)) in text


@settings(deadline=None)
@given(name=st.text(), number=st.text(), box=st.text())
def test_no_caller_writes_a_header_or_breaks_a_line(name: str, number: str, box: str) -> None:
    message = replace(MESSAGE, name=name, number=number)
    for form in (Notify.LINK, Notify.BRIEF_LINK):
        headers, text, sounds = read(replace(NOTICE, message=message, name=box, form=form), None)
        assert set(headers) == set(read(NOTICE, None)[0])
        assert headers["To"] == "bob@acme.example, desk@acme.example"
        assert sounds == []
        assert len(text.splitlines()) == (2 if form.brief else 7)


def test_hostile_names() -> None:
    name = 'Eve\r\nBcc: x@y.example\x00\u202e<script> =?utf-8?q?=0aX?= "'
    headers, text, _ = read(replace(NOTICE, message=replace(MESSAGE, name=name)), None)
    assert "Bcc" not in headers
    assert headers["Subject"].startswith("Voice message from Eve Bcc: x@y.example <script> = ?")
    assert "\u202e" not in text

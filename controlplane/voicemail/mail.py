"""The mail about one message, in each of its forms (pure).

A caller's name is whatever the caller wrote: it is text in our mail and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from controlplane.model.mailbox import AfterMail, Notify
from controlplane.voicemail.mailboxes import Message

_POLICY = SMTP.clone(max_line_length=76)
_AFTERWARDS = {
    AfterMail.NEW: "",
    AfterMail.SAVED: " In the mailbox it is among the saved ones.",
    AfterMail.TRASH: " In the mailbox it is in the trash.",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """All that a mail says. `mailbox` is its extension, `name` what it is called.

    `link` is where the message is in the portal; "" where there is none.
    """

    message: Message
    tenant: str
    mailbox: str
    name: str
    form: Notify
    after: AfterMail
    to: Sequence[str]
    sender: str
    mail_id: str
    zone: str
    link: str


def mail_of(notice: Notice, sound: bytes | None, sent: dt.datetime) -> EmailMessage:
    """`sound` is the WAV to attach; None for a link, and for one too large to be attached.

    Raises ValueError for an address that no mail can be sent to.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address("Voicemail", addr_spec=notice.sender)
    mail["To"] = [Address(addr_spec=address) for address in notice.to]
    mail["Subject"] = _subject(notice)
    mail["Date"] = format_datetime(sent)
    mail["Message-ID"] = notice.mail_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content("\n".join(_lines(notice, sound is not None)) + "\n")
    if sound is not None:
        when = _local(notice).strftime("%Y-%m-%d-%H%M%S")
        mail.add_attachment(sound, maintype="audio", subtype="wav", filename=f"message-{when}.wav")
    return mail


def link_to(portal: str | None, tenant: str, mailbox: str, message: str) -> str:
    if not portal:
        return ""
    path = "/".join(quote(part, safe="") for part in (tenant, mailbox, message))
    return f"{portal.rstrip('/')}/voicemail/{path}"


def caller(message: Message) -> str:
    """`Eve (555)`, `Eve`, `555` or `unknown`."""
    number, name = clean(message.number), clean(message.name)
    if name and number and name != number:
        return f"{name} ({number})"
    return name or number or "unknown"


def clean(text: str) -> str:
    """One short line without anything that a mail program would obey."""
    # `=?` would begin an encoded word (RFC 2047), which may hold what is taken out here.
    plain = "".join(c if c.isprintable() else " " for c in text).replace("=?", "= ?")
    short = " ".join(plain.encode("utf-8", "replace").decode().split())
    return short if len(short) <= 60 else short[:59] + "…"


def _subject(notice: Notice) -> str:
    length = _length(notice.message.seconds)
    if notice.form.brief:
        return f"Voicemail: {caller(notice.message)}, {length}"
    return f"Voice message from {caller(notice.message)} for {clean(notice.name)}, {length}"


def _lines(notice: Notice, attached: bool) -> list[str]:
    message = notice.message
    if notice.form.brief:
        lines = [f"{caller(message)}, {_local(notice):%H:%M}, {_length(message.seconds)}"]
        return lines if attached or not notice.link else [*lines, notice.link]
    lines = [
        f"There is a new message in mailbox {notice.mailbox} ({clean(notice.name)}).",
        "",
        f"From:      {caller(message)}",
        f"Received:  {_local(notice):%A %d %B %Y, %H:%M} ({notice.zone})",
        f"Length:    {_length(message.seconds)}",
        "",
    ]
    if attached:
        return [*lines, f"It is attached.{_AFTERWARDS[notice.after]}"]
    if notice.form.attaches:
        lines.append("It is too large to be attached.")
    where = f"Listen to it: {notice.link}" if notice.link else "Listen to it in your mailbox."
    return [*lines, where]


def _local(notice: Notice) -> dt.datetime:
    return notice.message.received.astimezone(ZoneInfo(notice.zone))


def _length(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02}"

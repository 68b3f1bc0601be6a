"""Mailbox: voicemail of a line, or a shared one — who is told of a message, and what fits in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from controlplane.model.destination import DestinationField
from controlplane.model.part import Email, OneOrMore, Part

Emails = Annotated[tuple[Email, ...], OneOrMore, Field(max_length=10)]

BYTES_A_SECOND = 16_000
"""Of a recording as both engines keep it: 8 kHz, 16 bits, mono."""


class Notify(StrEnum):
    """What a mail about a message brings; the brief ones fit on a phone's screen."""

    NONE = "none"
    LINK = "link"
    BRIEF_LINK = "brief-link"
    ATTACHMENT = "attachment"
    BRIEF_ATTACHMENT = "brief-attachment"

    @property
    def attaches(self) -> bool:
        return self in (Notify.ATTACHMENT, Notify.BRIEF_ATTACHMENT)

    @property
    def brief(self) -> bool:
        return self in (Notify.BRIEF_LINK, Notify.BRIEF_ATTACHMENT)


class AfterMail(StrEnum):
    """Where a message is once it was sent attached to a mail."""

    NEW = "new"
    SAVED = "saved"
    TRASH = "trash"


class Limits(Part):
    """`messages`: new ones at a time; `seconds` of one message; `megabytes` of all of them."""

    messages: Annotated[int, Field(ge=1, le=9999)] = 100
    seconds: Annotated[int, Field(ge=5, le=7200)] = 300
    megabytes: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @property
    def total_seconds(self) -> int:
        """Of all messages together."""
        most = self.messages * self.seconds
        if self.megabytes is None:
            return most
        return min(most, self.megabytes * 2**20 // BYTES_A_SECOND)


class Mailbox(Part):
    """Voicemail of a line, or a shared mailbox with an extension of its own.

    `email`: who is told of a message; for a line's mailbox without any, its user's addresses.
    `newest_first`, `announce_time` and `announce_caller`: how messages are heard on the phone.
    `operator`: where 0 leads during the greeting.
    """

    enabled: bool = True
    email: Emails = ()
    notify: Notify = Notify.ATTACHMENT
    after_mail: AfterMail = AfterMail.NEW
    newest_first: bool = False
    announce_time: bool = True
    announce_caller: bool = False
    operator: DestinationField | None = None
    limits: Limits = Limits()

"""Mailboxes: notification that reaches nobody, and a 0 that leads nowhere new."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.boxes import mail_addresses
from controlplane.model.checks.context import Context
from controlplane.model.destination import Destination, Kind
from controlplane.model.mailbox import BYTES_A_SECOND, Mailbox, Notify


def faults(context: Context) -> Iterator[Diagnostic]:
    for extension, line in context.system.lines.items():
        box = line.voicemail
        if box is not None and box.model_fields_set:
            yield from _faults(context, f"lines/{extension}/voicemail", extension, box)
    for extension, box in context.system.mailboxes.items():
        if box.model_fields_set:
            yield from _faults(context, f"mailboxes/{extension}", extension, box)


def _faults(context: Context, place: str, extension: str, box: Mailbox) -> Iterator[Diagnostic]:
    wanted = "notify" in box.model_fields_set and box.notify is not Notify.NONE
    # A user that is not there, or not valid, is a fault of its own.
    line = context.system.lines.get(extension)
    user = line.user if line is not None else None
    known = user is None or user in context.system.users
    if wanted and known and not mail_addresses(context.system, extension):
        yield context.fault(
            f"{place}/notify",
            f"nobody is told of messages in mailbox {extension}: it has no e-mail address",
            "add email: ADDRESS beside it, or set notify: none",
        )
    if "after_mail" in box.model_fields_set and not box.notify.attaches:
        yield context.fault(
            f"{place}/after_mail",
            f"with notify: {box.notify} a message is not in the mail, and stays as it is",
            "set notify: attachment or brief-attachment, or remove after_mail",
        )
    if box.operator == Destination(Kind.MAILBOX, extension):
        yield context.fault(
            f"{place}/operator",
            f"0 in the greeting of mailbox {extension} leads to mailbox {extension} again",
            "choose another destination",
        )
    limits = box.limits
    if limits.megabytes is not None and limits.megabytes * 2**20 < limits.seconds * BYTES_A_SECOND:
        most = limits.megabytes * 2**20 // BYTES_A_SECOND
        yield context.fault(
            f"{place}/limits/megabytes",
            f"{limits.megabytes} MB hold {most} s, less than one message of {limits.seconds} s",
            f"set limits.seconds to {most} or less, or more megabytes",
        )

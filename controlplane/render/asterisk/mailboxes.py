"""Mailboxes in voicemail.conf: a context each tenant. Mails are not Asterisk's business."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import fault
from controlplane.model.boxes import mailbox_name, mailboxes
from controlplane.model.mailbox import Limits, Mailbox
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.asterisk.escape import field, word

_RESERVED = ("general", "zonemessages")

_NO_PIN = "-no-pin"
"""Digits never match it. Who opens a mailbox is decided before Asterisk is told to."""


def tenant_mailboxes(system: PhoneSystem) -> str:
    if system.tenant in _RESERVED:
        raise fault(
            "a tenant of this name cannot have voicemail on Asterisk", system.tenant, "rename it"
        )
    lines = [f"[{word(system.tenant)}]"]
    for extension, box in sorted(mailboxes(system), key=lambda item: item[0]):
        name = field(mailbox_name(system, extension))
        options = "|".join(_options(box))
        lines.append(
            f"{word(extension)} => {_NO_PIN},{name}" + (f",,,{options}" if options else "")
        )
    return "\n".join(lines) + "\n"


def _options(box: Mailbox) -> Iterator[str]:
    """What differs from `[general]`."""
    if box.operator is not None:
        yield "operator=yes"
    if not box.announce_time:
        yield "envelope=no"
    if box.announce_caller:
        yield "saycid=yes"
    limits = box.limits
    if limits.seconds != Limits().seconds:
        yield f"maxsecs={limits.seconds}"
    # Asterisk counts messages, not bytes: as many as fit, however long each of them is.
    most = min(limits.messages, limits.total_seconds // limits.seconds)
    if most != Limits().messages:
        yield f"maxmsg={most}"

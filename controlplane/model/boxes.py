"""All mailboxes of a tenant, those of lines and those that are shared, as one collection."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.model.mailbox import Mailbox
from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem


def mailboxes(system: PhoneSystem) -> Iterator[tuple[str, Mailbox]]:
    """Extension and settings of each that is on."""
    for extension, line in system.lines.items():
        if line.mailbox:
            yield extension, line.mailbox
    for extension, box in system.mailboxes.items():
        if box.enabled:
            yield extension, box


def mailbox_at(system: PhoneSystem, extension: str) -> Mailbox | None:
    """The mailbox with this extension; None where there is none, or it is off."""
    line = system.lines.get(extension)
    if line is not None and line.mailbox:
        return line.mailbox
    box = system.mailboxes.get(extension)
    return box if box is not None and box.enabled else None


def mailbox_name(system: PhoneSystem, extension: str) -> str:
    """What the mailbox is called where people read it; never empty."""
    if extension in system.lines:
        return display_name(system, extension)
    return f"Mailbox {extension}"


def mail_addresses(system: PhoneSystem, extension: str) -> tuple[str, ...]:
    """Who is told of messages: the mailbox's own addresses, else those of its line's user."""
    line = system.lines.get(extension)
    box = line.voicemail if line is not None else system.mailboxes.get(extension)
    if box is None or not box.enabled:
        return ()
    if box.email or line is None or line.user is None:
        return box.email
    user = system.users.get(line.user)
    return user.email if user is not None else ()

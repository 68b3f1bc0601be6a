"""Mailboxes in voicemail.conf: a context each tenant."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import fault
from controlplane.model.line import Mailbox
from controlplane.model.names import display_name
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
    for extension, name, box in sorted(_boxes(system)):
        mail = _mail(box)
        options = "attach=yes" if mail else "attach=no"
        lines.append(f"{word(extension)} => {_NO_PIN},{field(name)},{mail},,{options}")
    return "\n".join(lines) + "\n"


def _boxes(system: PhoneSystem) -> Iterator[tuple[str, str, Mailbox]]:
    for extension, line in system.lines.items():
        if line.mailbox:
            yield extension, display_name(system, extension), line.mailbox
    for extension, box in system.mailboxes.items():
        if box.enabled:
            yield extension, f"Mailbox {extension}", box


def _mail(box: Mailbox) -> str:
    """An address with a bar would be read as two: such a mailbox sends no mail."""
    return "" if box.email is None or "|" in box.email else field(box.email)

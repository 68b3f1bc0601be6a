"""The name a line shows: its label, else its user's name, else a sensible default."""

from __future__ import annotations

from controlplane.model.phone_system import PhoneSystem


def display_name(system: PhoneSystem, extension: str) -> str:
    """The two-part label joined by a space, the user's name, or `Extension 101`."""
    line = system.lines[extension]
    user = system.users.get(line.user) if line.user else None
    label = " ".join(part for part in line.label if part)
    return label or (user.display_name if user else "") or f"Extension {extension}"

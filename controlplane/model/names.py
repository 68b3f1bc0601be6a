"""What a line is called on displays."""

from __future__ import annotations

from controlplane.model.phone_system import PhoneSystem


def display_name(system: PhoneSystem, extension: str) -> str:
    """The line's two-part label, else its user's name, else `Extension 101`; never empty."""
    line = system.lines.get(extension)
    if line is not None:
        if line.label and (label := " ".join(part for part in line.label if part)):
            return label
        user = system.users.get(line.user) if line.user else None
        if user is not None and user.display_name:
            return user.display_name
    return f"Extension {extension}"

"""What a tenant may ask for and an Asterisk does not do (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.asterisk.names import phone_leg
from controlplane.render.asterisk.store import MOST_PHONES
from controlplane.render.together import rung_together


def lacking(system: PhoneSystem) -> Iterator[Diagnostic]:
    """More phones at once than an application takes: what they are called counts."""
    for address, handsets in rung_together(system):
        size = sum(len(phone_leg(system.tenant, name)) + 1 for name in handsets)
        if size > MOST_PHONES:
            yield Diagnostic(
                f"{len(handsets)} phones are too many to ring together on an Asterisk: their names"
                f" have {size} bytes, of {MOST_PHONES}",
                address,
                "ring them one after the other, or give them shorter names",
            )

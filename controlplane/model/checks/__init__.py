"""What must hold between the objects of a phone system."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks import (
    answering,
    devices,
    extensions,
    feature_codes,
    lines,
    loops,
    mailboxes,
    places,
    references,
    time_frames,
)
from controlplane.model.checks.context import Context
from controlplane.model.phone_system import PhoneSystem

_MODULES = (
    places,
    references,
    extensions,
    feature_codes,
    lines,
    answering,
    mailboxes,
    time_frames,
    devices,
    loops,
)


def check(
    system: PhoneSystem, faulty: Mapping[str, Collection[str]] | None = None
) -> list[Diagnostic]:
    """Every fault and warning between objects; an empty list is a sound phone system.

    `faulty` holds, by collection, the keys of objects that were written but are not valid and
    hence not in `system`: what refers to them is not called a fault.
    """
    context = Context(system, faulty or {})
    return [diagnostic for module in _MODULES for diagnostic in module.faults(context)]

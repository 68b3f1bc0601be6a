"""Acting on a public number: which ones anybody may act on, and why not on the others."""

from __future__ import annotations

from controlplane.model.phone_system import PhoneSystem
from controlplane.model.places import NumberStatus

_WHY = {
    NumberStatus.RESERVED: "is reserved: it is allocated, and not activated yet",
    NumberStatus.PENDING: "is pending: the system is changing it",
    NumberStatus.ACTIVE: "",
}


def main_number_of(system: PhoneSystem, e164: str) -> str | None:
    """The site whose main number it is."""
    return next((name for name, it in system.sites.items() if it.main_number == e164), None)


def not_active(system: PhoneSystem, e164: str) -> str:
    """Why nobody at all may act on a number of the tenant; "" where it is active."""
    return _WHY[system.numbers[e164].status]


def refusal(system: PhoneSystem, e164: str) -> str:
    """Why nobody may act on a number of the tenant; "" where it is active and no main number.

    Where calls to a main number go is an administrator's to say: see `not_active`.
    """
    if why := not_active(system, e164):
        return why
    site = main_number_of(system, e164)
    return f"is the main number of site {site}" if site else ""

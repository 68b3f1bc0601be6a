"""Which number a call shows outside: the presented number, and the emergency caller ID."""

from __future__ import annotations

from controlplane.model.phone_system import PhoneSystem


def site_of_line(system: PhoneSystem, extension: str) -> str | None:
    """The line's own site, else its user's."""
    line = system.lines[extension]
    user = system.users.get(line.user) if line.user else None
    return line.site or (user.site if user else None)


def zone_of_line(system: PhoneSystem, extension: str) -> str:
    """The time zone of the line's user, else of its site, else of the tenant."""
    line = system.lines[extension]
    user = system.users.get(line.user) if line.user else None
    if user and user.timezone:
        return user.timezone
    site = system.sites.get(site_of_line(system, extension) or "")
    return (site and site.timezone) or system.settings.timezone


def main_number(system: PhoneSystem, site: str | None) -> str:
    """The site's main number; that of the only site, for a line that names none; else ""."""
    if site is None and len(system.sites) == 1:
        site = next(iter(system.sites))
    found = system.sites.get(site) if site else None
    return (found.main_number or "") if found else ""


def presented_number(system: PhoneSystem, extension: str) -> str:
    """The number set on the line, else its site's main number, else ""."""
    line = system.lines[extension]
    return line.presented_number or main_number(system, site_of_line(system, extension))


def emergency_number(system: PhoneSystem, handset: str) -> str:
    """The caller ID of emergency calls from a handset: where the handset is decides.

    The handset's own, its site's, its site's main number; only then the line's and the
    number the line presents; last any main number of the tenant.
    """
    phone = system.handsets[handset]
    site = system.sites.get(phone.site) if phone.site else None
    line = system.lines.get(phone.serves) if phone.serves else None
    return (
        phone.emergency_caller_id
        or (site and (site.emergency_caller_id or site.main_number))
        or (line and line.emergency_caller_id)
        or (presented_number(system, phone.serves) if line and phone.serves else "")
        or next((s.main_number for _, s in sorted(system.sites.items()) if s.main_number), "")
    )

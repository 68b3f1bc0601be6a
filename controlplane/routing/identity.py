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
    """The caller ID of emergency calls that is fixed to a handset: where the handset is decides.

    The handset's own, its site's, its site's main number; only then that of the line that owns
    it, and the number the line presents; last any main number of the tenant.
    """
    return (
        _placed(system, handset)
        or _of_line(system, system.handsets[handset].line)
        or next((s.main_number for _, s in sorted(system.sites.items()) if s.main_number), "")
    )


def guessed_emergency_number(system: PhoneSystem, handset: str) -> str:
    """That of the line that is logged in at a handset of which neither a place nor an owner is
    known; "" at all others."""
    phone = system.handsets[handset]
    if phone.login is None or phone.line or _placed(system, handset):
        return ""
    return _of_line(system, phone.login)


def _placed(system: PhoneSystem, handset: str) -> str:
    phone = system.handsets[handset]
    site = system.sites.get(phone.site) if phone.site else None
    return phone.emergency_caller_id or (
        (site and (site.emergency_caller_id or site.main_number)) or ""
    )


def _of_line(system: PhoneSystem, extension: str | None) -> str:
    line = system.lines.get(extension) if extension else None
    if extension is None or line is None:
        return ""
    return line.emergency_caller_id or presented_number(system, extension)

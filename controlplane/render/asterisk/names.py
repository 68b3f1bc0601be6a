"""What tenants, accounts, contexts and stored keys are called on an Asterisk."""

from __future__ import annotations

from functools import lru_cache

from controlplane.render.asterisk.escape import word
from controlplane.routing.steps import Leg, PhoneLeg

KEYS = "cp"
"""The family of all our stored keys."""

TURNS = "cp-turns"
"""The family of the counters of groups that ring their members in turn."""

LAST_CALLERS = "cp-last"
"""The family of who called a line last; the engine writes it when a call has ended."""

LAMPS = "cp.phones"
"""The context of what handsets' message lamps show; no tenant's name has a dot."""


def account(tenant: str, handset: str) -> str:
    """The SIP account of a handset: endpoint, auth, AOR and user name."""
    return word(f"{tenant}.{handset}")


def trunk_account(tenant: str, trunk: str) -> str:
    return word(f"trunk.{tenant}.{trunk}")


@lru_cache(maxsize=20_000)
def phone_leg(tenant: str, handset: str) -> str:
    return f"PJSIP/{account(tenant, handset)}"


def leg(tenant: str, ringing: Leg) -> str:
    """What Dial is told to ring."""
    if isinstance(ringing, PhoneLeg):
        return phone_leg(tenant, ringing.handset)
    return f"PJSIP/{word(ringing.number)}@{trunk_account(tenant, ringing.trunk)}"


def mailbox(tenant: str, box: str) -> str:
    return word(f"{box}@{tenant}")


def endpoint_of(channel: str) -> tuple[str, ...]:
    """(tenant, handset), or ("trunk", tenant, trunk), of a channel's name; () for any other."""
    technology, _, rest = channel.partition("/")
    parts = tuple(rest.rpartition("-")[0].split("."))
    return parts if technology == "PJSIP" and len(parts) in (2, 3) else ()


def phone_box(tenant: str, handset: str) -> str:
    """What a handset's message lamp shows: a mailbox by name only, see `cp-lamp`."""
    return f"{account(tenant, handset)}@{LAMPS}"


def line_device(tenant: str, extension: str) -> str:
    """The device that is busy while a line is not to be disturbed."""
    return f"Custom:cp.{word(tenant)}.{extension}"


@lru_cache(maxsize=1000)
def routine_context(routine: str) -> str:
    return f"cp-r-{word(routine)}"


def tenant_context(tenant: str) -> str:
    """What happens at each destination of the tenant."""
    return f"cp-t-{word(tenant)}"


def numbers_context(tenant: str) -> str:
    return f"cp-n-{word(tenant)}"


def emergency_context(tenant: str) -> str:
    return f"cp-e-{word(tenant)}"


def hints_context(tenant: str) -> str:
    return f"cp-h-{word(tenant)}"


def group_extension(key: str) -> str:
    """Where a group's flow is. Asterisk reads past `-` in extensions, hence the `~`."""
    return f"g.{_as_extension(key)}"


def codes_context(tenant: str) -> str:
    """The tenant's feature codes."""
    return f"cp-c-{word(tenant)}"


def hiding_context(tenant: str) -> str:
    """The code before whatever is dialled that hides the number."""
    return f"cp-w-{word(tenant)}"


def open_context(tenant: str) -> str:
    """What may be dialled at a handset where nobody is logged in."""
    return f"cp-o-{word(tenant)}"


def others_context(tenant: str) -> str:
    """Which destination an extension is that is no line's."""
    return f"cp-x-{word(tenant)}"


def frames_context(tenant: str) -> str:
    """Subroutines that say whether a time frame of the tenant holds."""
    return f"cp-f-{word(tenant)}"


def frame_extension(frame: str) -> str:
    return f"f.{_as_extension(frame)}"


def days_context(name: str) -> str:
    """An extension for each of some days of the calendar."""
    return f"cp-d-{word(name)}"


def _as_extension(key: str) -> str:
    return word(key).replace("-", "~")


def turns_key(tenant: str, group: str) -> str:
    """How often a group was called in turn. The engine counts: it is no key of the model's."""
    return f"{TURNS}/{word(tenant)}/{word(group)}"


def key(tenant: str, state_key: str) -> str:
    """The full name of a stored key."""
    return f"{KEYS}/{tenant}/{state_key}"


def part_key(tenant: str, name: str) -> str:
    """The full name of a further part of a long value."""
    return f"{KEYS}/+{tenant}/{name}"

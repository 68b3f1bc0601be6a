"""What accounts, gateways, contexts and stored keys are called on a FreeSWITCH."""

from __future__ import annotations

from controlplane.render.freeswitch.escape import word

REALM = "cp"
"""Of all our stored keys."""

PROFILE = "internal"
"""The one SIP profile: phones and trunks."""

# No tenant's name has a dot, and each tenant's mailboxes are a domain of that name.
PHONES = "cp.phones"
TRUNKS = "cp.trunks"

TRUSTED_LIST = "cp-trunks"
"""Of the addresses that carriers call from."""

TURNS = "cp-turns"
"""The realm of what the engine counts itself: how often a group was called in turn."""

LAST_CALLERS = "cp-last"
"""The realm of who called a line last; the engine writes it when a call has ended, into its memory:
a database that is written for each call keeps those waiting that are read from it."""

CALLS = "cp"
"""The context of all steps."""


def account(tenant: str, handset: str) -> str:
    """The SIP account of a handset, and the user part of its registration."""
    return word(f"{tenant}.{handset}")


def gateway(tenant: str, trunk: str) -> str:
    return word(f"{tenant}.{trunk}")


def routine_context(routine: str) -> str:
    return f"cp-r-{word(routine)}"


def tenant_context(tenant: str) -> str:
    """Entry, and all destinations but lines."""
    return f"cp-t-{word(tenant)}"


def extensions_context(tenant: str) -> str:
    """What can be dialled inside; lines are only here. See `drawer`."""
    return f"cp-x-{word(tenant)}"


def numbers_context(tenant: str) -> str:
    """The tenant's own public numbers, by E.164. See `drawer`."""
    return f"cp-n-{word(tenant)}"


def frames_context(tenant: str) -> str:
    """The tenant's time frames, by name."""
    return f"cp-f-{word(tenant)}"


FEW = 200
"""Children that one element may have: FreeSWITCH passes all of them to add another."""


def drawer(context: str, number: str, *, many: bool) -> str:
    """The context a number is in: where there are many, one for each pair of last digits.

    `number` may be a variable, `${cp_key}`.
    """
    if not many:
        return context
    last = f"{number[:-1]}:-2}}" if number.startswith("${") else number[-2:]
    return f"{context}-{last}"


def turn_key(tenant: str, group: str) -> str:
    """`realm/key` of a group's count."""
    return f"{TURNS}/{tenant}.{group}"


def key(tenant: str, state_key: str) -> str:
    """`realm/key` of a stored key, as the command `db` takes it: a slash ends a field there."""
    return f"{REALM}/{tenant}.{state_key.replace('/', '.')}"


def part_key(tenant: str, name: str) -> str:
    """`realm/key` of a further part of a long value. All of them sort, and so are written, before
    the first part of any."""
    return f"{REALM}/+{tenant}.{name}"

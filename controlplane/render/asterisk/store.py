"""State as the engine's own store holds it (AstDB): full key name -> value the dialplan uses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from controlplane.render.asterisk.escape import text
from controlplane.render.asterisk.names import key, phone_leg

_PHONES = re.compile(r"line/[0-9]+/phones")


def stored(tenant: str, state_key: str, value: str) -> dict[str, str]:
    """One key of the state as the engine holds it."""
    return {key(tenant, state_key): _value(tenant, state_key, value)}


def store_of(tenant: str, state: Mapping[str, str]) -> dict[str, str]:
    root = key(tenant, "")
    return {root + name: _value(tenant, name, value) for name, value in state.items() if value}


def _value(tenant: str, state_key: str, value: str) -> str:
    """The phones of a line are held as what Dial and a hint take; all else as it is."""
    if state_key.endswith("/phones") and _PHONES.fullmatch(state_key):
        value = "&".join(phone_leg(tenant, name) for name in value.split("&") if name)
    return text(value)

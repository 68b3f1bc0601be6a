"""State as the engine's own store holds it (AstDB): full key name -> value the dialplan uses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from controlplane.diagnostics import fault
from controlplane.render.asterisk.escape import text
from controlplane.render.asterisk.names import key, part_key, phone_leg
from controlplane.render.long_values import in_parts

MOST = 1000
"""Bytes of a value: an application takes 4095 with all its arguments, of which there are two."""

MOST_PHONES = 2800
"""Bytes of what is rung together: beside them an application has where the call stands."""

_PHONES = re.compile(r"line/[0-9]+/phones")


def stored(tenant: str, state_key: str, value: str) -> dict[str, str]:
    """One key of the state as the engine holds it: what is its, in the order to be written.

    A list of rules or of callers that is longer is held in parts. Raises Faults for phones that do
    not fit.
    """
    held = _value(tenant, state_key, value)
    name = key(tenant, state_key)
    if len(held) <= MOST:
        return {name: held}
    if not state_key.endswith(_IN_PARTS):
        if len(held) > MOST_PHONES:
            message = f"Asterisk rings {MOST_PHONES} bytes of names together, these are {len(held)}"
            raise fault(message, f"{tenant}/{state_key}")
        return {name: held}
    first, *others = in_parts(state_key, held, MOST, "/")
    return {part_key(tenant, it): text for it, text in reversed(others)} | {name: first[1]}


_IN_PARTS = ("/answering", "/guard")
"""Lists that a call goes through item by item. No other is so long, but that of phones."""


def store_of(tenant: str, state: Mapping[str, str]) -> dict[str, str]:
    root = key(tenant, "")
    found: dict[str, str] = {}
    for name, value in state.items():
        if len(value) > _SHORT:
            found |= stored(tenant, name, value)
        elif value:
            found[root + name] = _value(tenant, name, value)
    return found


_SHORT = 100
"""Characters that fit in any case, whatever comes before each phone."""


def _value(tenant: str, state_key: str, value: str) -> str:
    """The phones of a line are held as what Dial and a hint take; all else as it is."""
    if state_key.endswith("/phones") and _PHONES.fullmatch(state_key):
        value = "&".join(phone_leg(tenant, name) for name in value.split("&") if name)
    return text(value)

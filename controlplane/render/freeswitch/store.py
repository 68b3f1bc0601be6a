"""State as the engine's own store holds it (mod_db): `realm/key` -> value the dialplan uses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from controlplane.diagnostics import fault
from controlplane.render.freeswitch.escape import packed
from controlplane.render.freeswitch.names import key, part_key
from controlplane.render.long_values import in_parts

MOST = 250
"""Bytes of a value: mod_db answers with 255 at most and cuts what is longer."""

_MEMBERS = re.compile(r"group/[^/]+/members")
_NAME = re.compile(r"line/[0-9]+/name|group/[^/]+/prefix")
_LAST = ("/name", "/prefix")


def stored(tenant: str, state_key: str, value: str) -> dict[str, str]:
    """One key of the state as the engine holds it: what is its, in the order to be written.

    Names are packed, and cut where they would not fit. Longer lists are held in parts. Before the
    members of a group stands their number.
    """
    held = _held(state_key, value)
    if len(held) <= MOST:
        return {key(tenant, state_key): held}
    first, *others = in_parts(state_key.replace("/", "."), held, MOST, ".")
    found = {part_key(tenant, name): text for name, text in reversed(others)}
    found[key(tenant, state_key)] = first[1]
    if wrong := [text for text in found.values() if len(text) > MOST]:
        address = f"{tenant}/{state_key}"
        raise fault(f"FreeSWITCH's store takes {MOST} bytes, this has {len(wrong[0])}", address)
    return found


def store_of(tenant: str, state: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in state.items():
        if value:
            found |= stored(tenant, name, value)
    return found


def _held(state_key: str, value: str) -> str:
    if state_key.endswith(_LAST) and _NAME.fullmatch(state_key):
        return _fitting(value)
    held = value.replace("/", ".")
    if value and _MEMBERS.fullmatch(state_key):
        # The dialplan cannot count.
        held = f"{value.count('&') + 1}:{held}"
    return held


def _fitting(name: str) -> str:
    while len(held := packed(name)) > MOST:
        name = name[:-1]
    return held

"""State as the engine's own store holds it (mod_db): `realm/key` -> value the dialplan uses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from controlplane.diagnostics import fault
from controlplane.render.freeswitch.escape import packed
from controlplane.render.freeswitch.names import key

MOST = 250
"""Bytes of a value: mod_db answers with 255 at most and cuts what is longer."""

_MEMBERS = re.compile(r"group/[^/]+/members")
_NAME = re.compile(r"line/[0-9]+/name|group/[^/]+/prefix")
_LAST = ("/name", "/prefix")


def stored(tenant: str, state_key: str, value: str) -> tuple[str, str]:
    """One key of the state as the engine holds it.

    Names are packed, and cut where they would not fit. Lists of phones and targets cannot be
    cut: a fault. Before the members of a group stands their number.
    """
    if state_key.endswith(_LAST) and _NAME.fullmatch(state_key):
        return key(tenant, state_key), _fitting(value)
    held = value.replace("/", ".")
    if value and _MEMBERS.fullmatch(state_key):
        # The dialplan cannot count.
        held = f"{value.count('&') + 1}:{held}"
    if len(held) > MOST:
        address = f"{tenant}/{state_key}"
        raise fault(f"FreeSWITCH's store takes {MOST} characters, this has {len(held)}", address)
    return key(tenant, state_key), held


def _fitting(name: str) -> str:
    while len(held := packed(name)) > MOST:
        name = name[:-1]
    return held


def store_of(tenant: str, state: Mapping[str, str]) -> dict[str, str]:
    return dict(stored(tenant, name, value) for name, value in state.items() if value)

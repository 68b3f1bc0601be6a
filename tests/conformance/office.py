"""A small phone system to start from: three people, one site, one trunk, one number."""

from __future__ import annotations

import copy
from typing import Any

MAIN = "+44207NNN8700"
DDI = "+44207NNN8701"
MOBILE = "+447700NNN901"
CALLER = "+447700NNN123"

_OFFICE: dict[str, Any] = {
    "sites": {"london": {"main_number": MAIN}},
    "users": {
        "ada": {"first": "Ada", "last": "Byron"},
        "bob": {"first": "Bob", "last": "Noyce"},
        "cy": {"first": "Cy", "last": "Young"},
    },
    "lines": {
        "101": {"user": "ada", "ring": 2},
        "102": {"user": "bob", "ring": 2},
        "103": {"user": "cy", "ring": 2},
    },
    "numbers": {MAIN: {"to": "line/101"}, DDI: {"to": "line/102"}},
    "handsets": {"A1": {"line": "101"}, "B1": {"line": "102"}, "C1": {"line": "103"}},
    "trunks": {"uplink": {"priority": 1}},
}


def office(**changes: Any) -> dict[str, Any]:
    """The office with `changes` merged into it: `lines={"102": {"voicemail": {}}}`."""
    return merged(copy.deepcopy(_OFFICE), changes)


def merged(into: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`into` with `changes`, mapping by mapping; None removes a key."""
    for key, value in changes.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merged(into[key], value)
        else:
            into[key] = value
    return into

"""A small phone system that has one of everything the renderer writes."""

from __future__ import annotations

import copy
from typing import Any

from controlplane.model.deployment import Engine
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of

ENGINE = Engine(address="127.0.0.41", password="engine;secret", folder="/srv/engine")

TRUNKS: dict[str, Any] = {
    "uplink": {
        "host": "sip.carrier.example",
        "username": "acme",
        "password": "s;cret",
        "register": True,
    },
    "backup": {"host": "192.0.2.7", "transport": "tls", "port": 5061, "priority": 200},
}

_OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "sites": {"london": {"main_number": "+442071838750"}},
    "users": {
        "ada": {"first": "Ada", "last": "Byron"},
        "bob": {"first": "Bob", "last": "Noyce"},
    },
    "lines": {
        "101": {"user": "ada", "ring": 20, "presented_number": "+442071838751"},
        "102": {"user": "bob", "voicemail": {"email": "bob@acme.example"}},
        "103": {"forward": {"always": ["line/101", "+447700900123"]}, "do_not_disturb": True},
    },
    "numbers": {
        "+442071838750": {"to": "group/sales-uk"},
        "+442071838751": {"to": "line/101"},
    },
    "groups": {
        "sales-uk": {
            "extension": "600",
            "members": ["101", "102"],
            "overflow": "mailbox/800",
            "caller_name_prefix": "Sales",
        }
    },
    "mailboxes": {"800": {}},
    "handsets": {"A1": {"line": "101", "site": "london"}, "B1": {"line": "102"}, "X1": {}},
    "trunks": TRUNKS,
}


def view(tenant: str = "acme", **changes: Any) -> TenantView:
    """The office as `tenant`; `changes` replace whole collections."""
    raw = {**copy.deepcopy(_OFFICE), **changes, "tenant": tenant}
    system = PhoneSystem.model_validate(raw)
    passwords = {name: f"pass;{name}" for name in system.handsets}
    return TenantView(system, compile_plan(system), state_of(system), passwords)

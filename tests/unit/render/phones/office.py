"""A tenant with handsets of every kind of desk: owned, logged in, free."""

from __future__ import annotations

from typing import Any

from controlplane.model.phone_system import PhoneSystem
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.desk import Desk, Place, Server, desk_of
from controlplane.render.phones.files import PhoneFile, render

PLACE = Place(
    {"one": Server("sip1.example", 5060), "two": Server("sip2.example", 5070)},
    "https://prov.example/d/t0ken/",
    2026,
)
SECRETS = {"LDN-01": "pass-1", "LDN-02": "pass-2", "LDN-03": "pass-3"}
MAC = "805ec0123456"


def office(model: str, mac: str = MAC, **changes: Any) -> PhoneSystem:
    """LDN-01 is Ada's, LDN-02 is free, LDN-03 was logged in to."""
    base: dict[str, Any] = {
        "tenant": "acme",
        "settings": {"name": "Acme Limited", "timezone": "Europe/London"},
        "sites": {"london": {}, "kolkata": {"timezone": "Asia/Kolkata"}},
        "users": {"ada": {"first": "Ada", "last": "Byron"}, "zoe": {"first": "Zoë"}},
        "lines": {
            "101": {"user": "ada"},
            "102": {"user": "zoe", "keys": ["blf/101"]},
            "103": {"in_directory": False},
        },
        "groups": {"sales": {"extension": "600", "name": "Sales", "members": ["101"]}},
        "handsets": {
            "LDN-01": {
                "mac": mac,
                "model": model,
                "site": "london",
                "line": "101",
                "keys": [
                    "line",
                    "blf/102",
                    {"kind": "speed-dial", "to": "+447700900123", "label": "Mobile"},
                    "none",
                    "park/701",
                ],
            },
            "LDN-02": {"mac": f"{mac[:-1]}7", "model": model, "site": "kolkata"},
            "LDN-03": {"mac": f"{mac[:-1]}8", "model": model, "line": "101", "login": "102"},
        },
    }
    for path, value in changes.items():
        at = base
        *outer, last = path.split("__")
        for step in outer:
            at = at.setdefault(step.replace("LDN_", "LDN-"), {})
        at[last] = value
    return PhoneSystem.model_validate(base)


def desk(model: str, phone: str = "LDN-01", place: Place = PLACE, **changes: Any) -> Desk:
    return desk_of(office(model, **changes), phone, place, SECRETS)


def file_of(made: Desk, kind: str) -> PhoneFile | None:
    """The file of this kind, asked for by its name as the desk's phone writes it."""
    name = (
        catalogue()
        .vendors[made.model.vendor]
        .files[kind]
        .name.format(mac=made.mac, MAC=made.mac.upper(), code=made.model.code, page=1)
    )
    asked = catalogue().asked(name, made.model.vendor)
    assert asked is not None, name
    assert (asked.kind, asked.mac or made.mac) == (kind, made.mac)
    return render(made, asked)

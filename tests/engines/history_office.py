"""An engine of either kind with an office and its carrier, whose calls end in a spool."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.conformance.stand import STANDS, Stand
from tests.phones import (
    Answers,
    Behaviour,
    Caller,
    CallResult,
    Manner,
    Phone,
    PhoneBank,
    PlacedCall,
    Served,
)

ADDRESSES = {
    "asterisk": ("127.0.0.111", "127.0.0.112", "127.0.0.113"),
    "freeswitch": ("127.0.0.114", "127.0.0.115", "127.0.0.116"),
}
"""Of the engine, its phones and its carrier."""

MAIN, ADA, OUTSIDE = "+442071838750", "+442071838751", "+447700900901"
NAME = 'A";b|c, ${X} é'
EVE = "Eve; |<x> ${Y}"
ANSWERS = Answers(after=0.3)
CONFIRMS = Answers(after=0.3, presses="11", presses_after=1.2)
"""Whatever is asked."""
REFUSES = Answers(after=0.3, presses="22", presses_after=1.2)

OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "settings": {
        "timezone": "Europe/London",
        "authorisation_codes": {"night-shift": "47110815"},
    },
    "sites": {"london": {"main_number": MAIN}},
    "lines": {
        "101": {"label": [NAME], "ring": 2, "presented_number": ADA},
        "102": {"label": ["Bob"], "ring": 2, "voicemail": {}},
        "103": {"label": ["Cy"], "ring": 2},
        "104": {"ring": 2, "do_not_disturb": True},
        "105": {"ring": 2, "forward": {"always": "line/103"}},
        "106": {"ring": 5, "also_ring": [{"to": "line/102", "delay": 2}]},
        "107": {"ring": 5, "also_ring": [OUTSIDE], "call_paths": 1},
        "109": {"authorisation_code": True},
        "108": {"ring": 6, "screening": True, "forward": {"busy": "line/103"}},
    },
    "numbers": {MAIN: {"to": "group/sales-uk"}, ADA: {"to": "line/101"}},
    "groups": {
        "sales-uk": {
            "extension": "600",
            "members": ["102", "103", "104"],
            "ring": 2,
            "overflow": "mailbox/102",
        },
        "in-order": {
            "extension": "601",
            "strategy": "linear",
            "members": ["104", "102", "103"],
            "skip_busy": True,
            "ring": 2,
        },
    },
    "handsets": {
        "A-1": {"line": "101"},
        "B1": {"line": "102"},
        "C1": {"line": "103"},
        "D1": {"line": "104"},
        "E1": {"line": "106"},
        "F1": {"line": "107"},
        "G1": {"line": "108"},
        "H1": {"line": "109"},
        "X1": {"site": "london"},
    },
}


def zone() -> ZoneInfo:
    """The tenant's."""
    return ZoneInfo(OFFICE["settings"]["timezone"])


HANDSETS = tuple(OFFICE["handsets"])


@dataclass
class Office:
    kind: str
    folder: Path
    stand: Stand
    bank: PhoneBank
    carrier: str
    system: PhoneSystem

    def are(self, **does: Behaviour) -> None:
        """What each handset does; those not named answer."""
        names = {name: does.get(name.replace("-", ""), ANSWERS) for name in HANDSETS}
        self.bank.register_all(
            {Phone(f"acme.{name}", f"pw-{name}"): what for name, what in names.items()}
        )

    def outside(self, does: Served) -> None:
        """What whoever is called outside does."""
        port = self.bank.carrier(does, ip=self.carrier).port
        trunk = {"host": self.carrier, "port": port, "username": "acme"}
        self.system = PhoneSystem.model_validate({**OFFICE, "trunks": {"uplink": trunk}})
        passwords = {name: f"pw-{name}" for name in self.system.handsets}
        plan, state = compile_plan(self.system), state_of(self.system)
        self.stand.load([TenantView(self.system, plan, state, passwords)])
        self.are()
        _carrier_is_there(self)

    def place(self, handset: str, called: str, manner: Manner | None = None) -> PlacedCall:
        caller = Caller(f"acme.{handset}", f"pw-{handset}")
        return self.bank.place(caller, called, manner or Manner(hang_up_after=0.6))

    def call(self, handset: str, called: str, manner: Manner | None = None) -> CallResult:
        return self.place(handset, called, manner).wait()

    def deliver(self, called: str, number: str, name: str = "") -> CallResult:
        caller = Caller(number, display=name, ip=self.carrier)
        return self.bank.place(caller, called, Manner(hang_up_after=0.6)).wait()


@contextmanager
def office(kind: str, folder: Path) -> Iterator[Office]:
    address, phones, carrier = ADDRESSES[kind]
    with STANDS[kind](folder, address) as stand, PhoneBank(stand.sip, phones) as bank:
        found = Office(kind, folder, stand, bank, carrier, PhoneSystem.model_validate(OFFICE))
        found.outside(ANSWERS)
        yield found


def _carrier_is_there(made: Office, seconds: float = 20.0) -> None:
    """A carrier that came up after the engine is called only once it was looked at."""
    until = time.monotonic() + seconds
    while not made.call("A-1", OUTSIDE, Manner(hang_up_after=0.1)).answered:
        assert time.monotonic() < until, "the carrier stays unavailable"
        time.sleep(0.5)

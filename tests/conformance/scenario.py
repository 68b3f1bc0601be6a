"""Scenario: one call in one small phone system, what everybody does, and how it must end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controlplane.calls.call import Call, FromHandset, FromTrunk
from controlplane.calls.facts import Facts
from controlplane.calls.world import Behaviour, World
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.steps import CallerId, Cause, Outcome

TOKEN = "NNN"
"""Stands in numbers for the scenario's own number, so that all share one engine and carrier."""


@dataclass(frozen=True)
class Phone:
    """A handset of the tenant calls."""

    handset: str


@dataclass(frozen=True)
class Carrier:
    """The carrier of a trunk delivers the call."""

    trunk: str
    caller: CallerId


@dataclass(frozen=True)
class Expected:
    """How a call ends. `rang`, `answered` and `shown` name handsets and outside numbers.

    `cause` is that of the release of a call nobody answered, and None where somebody or the
    voicemail did, or the caller left. `told`: the caller heard an announcement before.
    `screened`: the caller was asked for a name, or for a code, first. `recorded`: a recording came
    of it. `confirmed`: a feature code was taken. `picked_up`: a call that rang was taken over.
    `shown` is `Name <number>` as each reached phone displays it, the number alone outside.
    """

    rang: tuple[str, ...] = ()
    answered: str = ""
    mailbox: str = ""
    cause: Cause | None = None
    left: bool = False
    told: bool = False
    screened: bool = False
    confirmed: bool = False
    picked_up: bool = False
    shown: Mapping[str, str] = field(default_factory=dict)
    recorded: bool = False


NOON = dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC)
"""A Wednesday."""


@dataclass(frozen=True)
class Scenario:
    """`does`: behaviour by handset or trunk; who is not named answers. `patience` in seconds.

    `at`: when, aware; at any time where it is None. `held`: calls under way before, by the handset
    that placed it and what it dialled: a line, whose phone answered. `codes`: feature codes dialled
    before, by handset. `ringing`: a call before that rings in vain, as it comes to a line that is
    picked up; `called_before`: calls that have ended, who placed them and what they dialled.
    """

    name: str
    model: Mapping[str, Any]
    caller: Phone | Carrier
    called: str
    does: Mapping[str, Behaviour] = field(default_factory=dict)
    patience: int | None = None
    expected: Expected | None = None
    at: dt.datetime | None = None
    held: tuple[tuple[str, str], ...] = ()
    presses: str = ""
    """What the caller presses, answered and asked; each `,` is a second's pause."""
    pins: tuple[Outcome, ...] = ()
    """What comes of it, as `World.pins`."""
    codes: tuple[tuple[str, str], ...] = ()
    ringing: tuple[str, str, str] | None = None
    """The handset that placed it, what it dialled, and the line at whose phone it rings."""
    called_before: tuple[tuple[Phone | Carrier, str], ...] = ()

    @property
    def calls(self) -> int:
        """How many are placed for it, with itself."""
        before = len(self.held) + len(self.codes) + len(self.called_before)
        return before + (self.ringing is not None) + 1

    @property
    def asks(self) -> bool:
        """Whether somebody may be asked to press a key."""
        asking = ("also_ring", "screening", "follow_forwards")
        return any(word in str(self.model) for word in asking)

    def numbered(self, number: int, prefix: str = "s") -> Numbered:
        """The scenario as tenant `s101`, for number 101."""
        return Numbered(f"{prefix}{number}", number, self)


@dataclass(frozen=True)
class Numbered:
    """A scenario with a tenant of its own."""

    tenant: str
    number: int
    scenario: Scenario
    call_number: int | None = None
    """Of the calls in one tenant, where there are several: one after the other."""

    @property
    def key(self) -> str:
        """Of the call, among all."""
        return self.tenant if self.call_number is None else f"{self.tenant}/{self.call_number}"

    def own(self, value: Any) -> Any:
        """`value` with the scenario's number in place of each token, at any depth."""
        match value:
            case str():
                return value.replace(TOKEN, str(self.number))
            case dict():
                return {self.own(key): self.own(inner) for key, inner in value.items()}
            case list() | tuple():
                return [self.own(inner) for inner in value]
            case _:
                return value

    def system(self, trunks: Mapping[str, Mapping[str, Any]] | None = None) -> PhoneSystem:
        """The phone system; `trunks` says where the carriers are."""
        raw = self.own(dict(self.scenario.model))
        for name, settings in raw.get("trunks", {}).items():
            raw["trunks"][name] = {"host": "192.0.2.1", **settings, **(trunks or {}).get(name, {})}
        return PhoneSystem.model_validate({"tenant": self.tenant, **raw})

    @property
    def call(self) -> Call:
        return self.placed(self.scenario.caller, self.scenario.called)

    def placed(self, by: Phone | Carrier, called: str) -> Call:
        match by:
            case Phone(handset):
                return Call(self.own(called), FromHandset(handset))
            case Carrier(trunk, caller):
                number = CallerId(self.own(caller.number), caller.name)
                return Call(self.own(called), FromTrunk(trunk, number))

    @property
    def codes(self) -> tuple[Call, ...]:
        """The calls before it, one after the other, that dial feature codes."""
        codes = self.scenario.codes
        return tuple(Call(self.own(code), FromHandset(handset)) for handset, code in codes)

    @property
    def facts(self) -> Facts:
        """No PINs are looked at here: without doors a controller decides as the dialplan does."""
        return Facts(self.scenario.at or NOON, doors=False)

    @property
    def world(self) -> World:
        trunks = self.scenario.model.get("trunks", {})
        phones: dict[str, list[str]] = {}
        serves = {
            name: str(it.get("login") or it.get("line", ""))
            for name, it in self.scenario.model.get("handsets", {}).items()
        }
        for name, line in serves.items():
            phones.setdefault(line, []).append(name)
        held = [line for phone, called in self.scenario.held for line in (serves[phone], called)]
        calls = {line: held.count(line) for line in held}
        does = self.scenario.does
        return World(
            handsets={name: it for name, it in does.items() if name not in trunks},
            trunks={name: it for name, it in does.items() if name in trunks},
            patience=self.scenario.patience,
            calls=calls,
            pins=self.scenario.pins,
            in_call=frozenset(it for line in calls for it in phones.get(line, ())),
            ringing=frozenset([self.scenario.ringing[2]] if self.scenario.ringing else ()),
        )

    @property
    def expected(self) -> Expected | None:
        wanted = self.scenario.expected
        if wanted is None:
            return None
        return Expected(
            rang=tuple(self.own(wanted.rang)),
            answered=self.own(wanted.answered),
            mailbox=wanted.mailbox,
            cause=wanted.cause,
            left=wanted.left,
            told=wanted.told,
            screened=wanted.screened,
            confirmed=wanted.confirmed,
            picked_up=wanted.picked_up,
            shown=self.own(dict(wanted.shown)),
            recorded=wanted.recorded,
        )

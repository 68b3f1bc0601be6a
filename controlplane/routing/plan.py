"""The routing plan: an engine-neutral, compiled description of what happens to a tenant's calls.

A *flow* is what happens at one destination. Flows that differ only in values share a
*routine*: a tuple of nodes whose edges are indexes into it and whose values may be
arguments. Ten thousand lines are ten thousand argument lists and a handful of routines.
What people flip all day is not in the plan: nodes read it from the state (routing/state.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controlplane.model.numbering import NumberRules
from controlplane.routing.steps import Cause, Greeting, Prompt


@dataclass(frozen=True, slots=True)
class Arg:
    """The flow's argument at `index`, from 0."""

    index: int


Value = str | Arg


class Occasion(StrEnum):
    """When a forward applies."""

    ALWAYS = "always"
    BUSY = "busy"
    UNANSWERED = "unanswered"
    OFFLINE = "offline"


class LegKind(StrEnum):
    """LINE: all phones of a line; MEMBER: the same unless do not disturb is on; TRUNK: out."""

    LINE = "line"
    MEMBER = "member"
    HANDSET = "handset"
    TRUNK = "trunk"


@dataclass(frozen=True, slots=True)
class LegRef:
    """`key` is an extension, handset or trunk name; `number` what a trunk is to dial."""

    kind: LegKind
    key: Value
    number: Value = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Mark `place` as visited; a call that has been there already goes to `again`."""

    place: Value
    then: int
    again: int


@dataclass(frozen=True, slots=True)
class IfDoNotDisturb:
    line: Value
    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the call to the line's forward for `occasion`.

    One target takes the call over for good. Several ring together for `seconds` and the
    call goes to `failed` when none answers. No target: `unset`.
    """

    line: Value
    occasion: Occasion
    seconds: Value
    unset: int
    failed: int


@dataclass(frozen=True, slots=True)
class RingLegs:
    """No phone to ring at all is `offline`. `group`: whose prefix precedes the caller's name."""

    legs: tuple[LegRef, ...]
    seconds: Value
    busy: int
    no_answer: int
    offline: int
    group: Value = ""


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    mailbox: Value
    greeting: Greeting
    then: int


@dataclass(frozen=True, slots=True)
class Announce:
    prompt: Prompt
    then: int


@dataclass(frozen=True, slots=True)
class Jump:
    """On to another destination, as written in the model (`line/101`, `+442071838750`)."""

    to: Value


@dataclass(frozen=True, slots=True)
class Release:
    cause: Cause


Node = Visit | IfDoNotDisturb | Forward | RingLegs | LeaveMessage | Announce | Jump | Release


@dataclass(frozen=True, slots=True)
class Routine:
    """`name` is derived from the nodes: the same nodes have the same name in every revision."""

    name: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """`address` is where in the tenant's model its settings are (`lines/101`).

    A flow that `takes` an argument gets it, behind its own, from whoever sends a call there.
    """

    routine: str
    args: tuple[str, ...]
    address: str
    takes: bool = False


@dataclass(frozen=True, slots=True)
class HandsetPlan:
    """What is fixed to a handset: the caller ID of its emergency calls ("" = none known)."""

    emergency_cli: str


EXTERNAL = "external"
EMERGENCY = "emergency"
UNKNOWN = "unknown"
BARRED = "barred"
MAILBOX = "mailbox"
HANDSET = "handset"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one tenant.

    `flows` by key: `line/101`, `group/sales`, and those every tenant has: `external` and
    `emergency` (take the number), `mailbox` and `handset` (take the key), `unknown`, `barred`.
    `extensions` and `numbers` say which flow a dialled extension or an E.164 number reaches.
    """

    tenant: str
    rules: NumberRules
    routines: Mapping[str, Routine]
    flows: Mapping[str, Flow]
    extensions: Mapping[str, str]
    numbers: Mapping[str, str]
    emergency_numbers: frozenset[str]
    handsets: Mapping[str, HandsetPlan]
    first_trunk: str | None
    """The trunk of a leg that rings outside together with others."""

    def address(self, flow: str) -> str:
        """Where in the tenant's model the settings of a flow are; "" for an unknown flow."""
        found = self.flows.get(flow)
        return found.address if found else ""

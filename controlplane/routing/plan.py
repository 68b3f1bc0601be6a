"""The routing plan: an engine-neutral, compiled description of what happens to a tenant's calls.

A *flow* is what happens at one destination. Flows that differ only in values share a
*routine*: a tuple of nodes whose edges are indexes into it and whose values may be
arguments. Ten thousand lines are ten thousand argument lists and a handful of routines.
What people flip all day is not in the plan: nodes read it from the state (routing/state.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controlplane.model.numbering import NumberRules
from controlplane.routing.frames import Frame
from controlplane.routing.nodes import Node

MOST_PLACES = 20
"""How many lines and groups a call may pass through."""


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
    """What is fixed to a handset: the caller ID of its emergency calls ("" = none known). The state
    may have another one."""

    emergency_cli: str


EXTERNAL = "external"
EMERGENCY = "emergency"
UNKNOWN = "unknown"
BARRED = "barred"
MAILBOX = "mailbox"
HANDSET = "handset"
AUTHORISED = "authorised"
OWN_MAILBOX = "own-mailbox"
PORTAL = "portal"
LOGIN = "login"
LOGOUT = "logout"
STANDING = frozenset(
    {
        *(EXTERNAL, EMERGENCY, UNKNOWN, BARRED, MAILBOX, HANDSET),
        *(AUTHORISED, OWN_MAILBOX, PORTAL, LOGIN, LOGOUT),
    }
)
"""The flows that every tenant has."""


@dataclass(frozen=True, slots=True)
class FeatureRef:
    """The flow of a feature code. `takes`: a destination is dialled behind the code.

    `of_handset`: the flow takes the handset that dials. `open`: also where nobody is logged in.
    """

    flow: str
    takes: bool
    of_handset: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one tenant.

    `flows` by key: `line/101`, `group/sales`, and those every tenant has: `external`, `emergency`
    and `authorised` (take the number), `mailbox` and `handset` (take the key), `login` and `logout`
    (take the handset that dials), `own-mailbox`, `portal`, `unknown`, `barred`.
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
    frames: Mapping[str, Frame] = field(default_factory=dict)
    features: Mapping[str, FeatureRef] = field(default_factory=dict)
    """By code."""
    hide: str = ""
    """Dialled before a number, the call shows none outside."""
    timezone: str = "UTC"
    """Of lines that have none of their own."""
    mailboxes: frozenset[str] = frozenset()
    """All that are on, by extension."""
    open_inside: bool = False
    """A handset where nobody is logged in may call extensions."""

    def address(self, flow: str) -> str:
        """Where in the tenant's model the settings of a flow are; "" for an unknown flow."""
        found = self.flows.get(flow)
        return found.address if found else ""

"""World: what phones, carriers and the caller do, as told to the simulator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controlplane.diagnostics import Diagnostic, Faults
from controlplane.routing.nodes import Arg, RingLegs
from controlplane.routing.plan import EXTERNAL, Plan
from controlplane.routing.state import State, phones_of
from controlplane.routing.steps import Leg, Outcome, PhoneLeg

_CALLABLE = re.compile(r"[0-9]{1,15}|[+][1-9][0-9]{6,14}")


def can_be_called(number: str) -> bool:
    """Whether a last caller's number is one to call: an extension, or E.164."""
    return _CALLABLE.fullmatch(number) is not None


class Behaviour(StrEnum):
    """What a phone, or a carrier with a call out, does.

    BUSY refuses at once, DECLINES rings and refuses then, REFUSES answers and then declines what
    it is asked (to press 1, to take a screened call); all three count as busy. OFFLINE has no
    contact, UNREACHABLE one that is known to be dead, FAILS cannot take the call (a carrier's
    5xx): none of them rings, and all count as offline. IN_CALL: it is in a call, and is rung
    only where that does not matter.
    """

    ANSWERS = "answers"
    BUSY = "busy"
    DECLINES = "declines"
    REFUSES = "refuses"
    RINGS_OUT = "rings-out"
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    FAILS = "fails"
    IN_CALL = "in-call"

    @property
    def is_busy(self) -> bool:
        return self in (Behaviour.BUSY, Behaviour.DECLINES, Behaviour.REFUSES, Behaviour.IN_CALL)

    @property
    def rings(self) -> bool:
        return self in (
            Behaviour.ANSWERS,
            Behaviour.DECLINES,
            Behaviour.REFUSES,
            Behaviour.RINGS_OUT,
        )

    @property
    def reached(self) -> bool:
        """Whether the call comes to it at all, and with it the caller ID."""
        return self.rings or self in (Behaviour.BUSY, Behaviour.FAILS)


@dataclass(frozen=True, slots=True)
class World:
    """Behaviours by handset, by trunk and by outside number; `otherwise` for all the rest.

    `calls`: how many calls a line is in; each phone of such a line is in a call then.
    A trunk that does not answer by its own entry does so for every number. `patience`: the
    seconds of ringing after which the caller hangs up; None waits for ever.
    """

    handsets: Mapping[str, Behaviour] = field(default_factory=dict)
    trunks: Mapping[str, Behaviour] = field(default_factory=dict)
    numbers: Mapping[str, Behaviour] = field(default_factory=dict)
    otherwise: Behaviour = Behaviour.ANSWERS
    patience: int | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    pins: tuple[Outcome, ...] = (Outcome.RIGHT,)
    """What each PIN, new PIN or code is that the caller presses, one after the other; the last one
    for all that follow."""
    presses: tuple[str, ...] = ()
    """What else the caller presses when asked; nothing where that is used up."""
    in_call: frozenset[str] = frozenset()
    """Handsets."""
    ringing: frozenset[str] = frozenset()
    """Lines at whose phones another call rings."""
    last_caller: str = ""
    """Who called the caller's line last: an extension, a number, or whatever else was shown."""

    def behaviour(self, leg: Leg) -> Behaviour:
        if isinstance(leg, PhoneLeg):
            return self.handsets.get(leg.handset, self.otherwise)
        return self.trunks.get(leg.trunk) or self.numbers.get(leg.number, self.otherwise)


def world_from(
    plan: Plan, state: State, overrides: Mapping[str, str], patience: int | None = None
) -> World:
    """A world in which all answer but for `overrides`: name -> behaviour.

    A name is a line (all its phones), a handset, a trunk or an outside number, in this order
    where one name means several; `line/101` or `handset/101` says which, and what is said of a
    handset wins over what is said of its line. Faults: one for each name that nothing has and
    each behaviour that is none.
    """
    lines: dict[str, Behaviour] = {}
    handsets: dict[str, Behaviour] = {}
    trunks: dict[str, Behaviour] = {}
    numbers: dict[str, Behaviour] = {}
    calls: dict[str, int] = {}
    ringing: set[str] = set()
    faults: list[Diagnostic] = []
    carriers = _trunks(plan)
    for name, word in overrides.items():
        if (
            found := _IN_CALL.fullmatch(word)
        ) and f"line/{name.removeprefix('line/')}" in plan.flows:
            calls[name.removeprefix("line/")] = int(found[1] or 1)
            continue
        if word == _RINGING and f"line/{name.removeprefix('line/')}" in plan.flows:
            ringing.add(name.removeprefix("line/"))
            continue
        if word not in set(Behaviour):
            known = ", ".join((*Behaviour, "in-call (of a line)", "2-calls", _RINGING))
            faults.append(Diagnostic(f"{word!r} is nothing a phone does", name, f"write {known}"))
            continue
        behaviour = Behaviour(word)
        line, handset = name.removeprefix("line/"), name.removeprefix("handset/")
        if f"line/{line}" in plan.flows:
            lines.update(dict.fromkeys(phones_of(state, line), behaviour))
        elif handset in plan.handsets:
            handsets[handset] = behaviour
        elif name in carriers:
            trunks[name] = behaviour
        elif e164 := plan.rules.to_e164(name):
            numbers[e164] = behaviour
        else:
            mend = "name a line, handset or trunk of the tenant, or an outside number"
            faults.append(Diagnostic(f"{name!r} is nothing that rings", plan.tenant, mend))
    if faults:
        raise Faults(faults)
    in_call = frozenset(phone for line in calls for phone in phones_of(state, line))
    everybody = {**lines, **handsets}
    return World(
        everybody,
        trunks,
        numbers,
        patience=patience,
        calls=calls,
        in_call=in_call,
        ringing=frozenset(ringing),
    )


_RINGING = "ringing"
"""Of a line: a call of somebody else rings at its phones."""

_IN_CALL = re.compile(r"in-call|([1-9][0-9]?)-calls")


def _trunks(plan: Plan) -> frozenset[str]:
    """The trunks that a call out may take."""
    flow = plan.flows[EXTERNAL]
    nodes = plan.routines[flow.routine].nodes
    legs = (leg for node in nodes if isinstance(node, RingLegs) for leg in node.legs)
    return frozenset(flow.args[leg.key.index] for leg in legs if isinstance(leg.key, Arg))

"""Hunt groups: every strategy, who is passed over, and what comes after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import Cause
from tests.conformance.office import DDI, MAIN, MOBILE
from tests.conformance.scenario import Expected, Scenario
from tests.conformance.scenarios import ADA, EVE, OUTSIDE, answered, call, group, number

ANSWERS, BUSY, DECLINES = Behaviour.ANSWERS, Behaviour.BUSY, Behaviour.DECLINES
RINGS_OUT, OFFLINE = Behaviour.RINGS_OUT, Behaviour.OFFLINE

ALL = {"A1": RINGS_OUT, "B1": RINGS_OUT, "C1": RINGS_OUT}
NO_ANSWER = Cause.NO_ANSWER


def hunted(
    name: str,
    expected: Expected,
    does: Mapping[str, Behaviour] | None = None,
    *,
    held: tuple[tuple[str, str], ...] = (),
    others: dict[str, Any] | None = None,
    handsets: dict[str, Any] | None = None,
    **settings: Any,
) -> Scenario:
    """A call from outside to a group of all three."""
    return call(
        name,
        DDI,
        expected,
        caller=OUTSIDE,
        does=does,
        held=held,
        groups=group(**{"members": ["101", "102", "103"], "ring": 1, **settings}),
        numbers=number(to="group/sales"),
        lines=others or {},
        handsets=handsets or {},
    )


def nobody(*rang: str) -> Expected:
    return Expected(rang=rang, cause=NO_ANSWER, shown=dict.fromkeys(rang, EVE))


ONE_BY_ONE = ("linear", "round-robin", "longest-idle", "fewest-calls")
"""Those that begin with the first member where nobody has had a call yet."""

STRATEGIES = (
    *(
        scenario
        for strategy in ONE_BY_ONE
        for scenario in (
            hunted(f"{strategy}: the first answers", answered("A1", EVE), strategy=strategy),
            hunted(f"{strategy}: the second answers", answered("B1", EVE, "A1"),
                   {"A1": RINGS_OUT}, strategy=strategy),
            hunted(f"{strategy}: the last answers", answered("C1", EVE, "A1", "B1"),
                   {"A1": RINGS_OUT, "B1": DECLINES}, strategy=strategy),
            hunted(f"{strategy}: nobody answers", nobody("A1", "B1", "C1"), ALL,
                   strategy=strategy),
        )
    ),
    hunted("random: nobody answers", nobody("A1", "B1", "C1"), ALL, strategy="random"),
    hunted("random: who is there answers", answered("B1", EVE), {"A1": OFFLINE, "C1": OFFLINE},
           strategy="random"),
    hunted("ring all: the last of three answers", answered("C1", EVE, "A1", "B1"),
           {"A1": RINGS_OUT, "B1": RINGS_OUT}, ring=2),
)  # fmt: skip

OVER = {"104": {"voicemail": {}}}

MEMBERS = (
    hunted("linear: offline members are passed over", answered("C1", EVE),
           {"A1": OFFLINE, "B1": OFFLINE}, strategy="linear"),
    hunted("linear: a busy member is passed over",
           replace(answered("B1", EVE), shown={"A1": EVE, "B1": EVE}),
           {"A1": BUSY}, strategy="linear"),
    hunted("linear: nobody is there", nobody(), dict.fromkeys(ALL, OFFLINE), strategy="linear"),
    hunted("linear: overflow to a mailbox",
           Expected(rang=("A1", "B1", "C1"), mailbox="104",
                    shown=dict.fromkeys(("A1", "B1", "C1"), EVE)),
           ALL, strategy="linear", overflow="mailbox/104", others=OVER),
    hunted("linear: overflow outside",
           replace(answered(MOBILE, MAIN, "A1", "B1", "C1"),
                   shown={MOBILE: "any", **dict.fromkeys(ALL, EVE)}),
           ALL, strategy="linear", overflow=MOBILE),
    hunted("linear: a member logged out", answered("B1", EVE), strategy="linear",
           logged_out=["101"]),
    hunted("ring all: a member logged out", answered("C1", EVE, "B1"), {"B1": RINGS_OUT},
           logged_out=["101"], ring=2),
    hunted("all members logged out", nobody(), strategy="linear", logged_out=["101", "102", "103"]),
    hunted("ring all: all members logged out", Expected(cause=Cause.ABSENT),
           logged_out=["101", "102", "103"]),
    hunted("linear: a member not to be disturbed", answered("B1", EVE), strategy="linear",
           others={"101": {"do_not_disturb": True}}),
    hunted("linear: a member in a call is skipped", answered("B1", EVE), strategy="linear",
           skip_busy=True, held=(("C1", "101"),)),
    hunted("linear: a member in a call is rung", answered("A1", EVE), strategy="linear",
           held=(("C1", "101"),)),
    call("linear: a member who calls the group is skipped", "600", answered("B1", ADA),
         groups=group(members=["101", "102"], strategy="linear", skip_busy=True)),
    call("linear: a member who calls the group is rung", "600", answered("A1", ADA),
         groups=group(members=["101", "102"], strategy="linear")),
    hunted("ring all: members in a call are skipped", answered("B1", EVE), skip_busy=True, ring=2,
           held=(("C1", "101"),)),
    hunted("ring all: all members are in a call", Expected(cause=Cause.BUSY), skip_busy=True,
           ring=2, members=["101", "103"], held=(("C1", "101"),)),
    hunted("linear: forwards of members are passed by", answered("A1", EVE), strategy="linear",
           others={"101": {"forward": {"always": "line/103"}}}),
    hunted("linear: forwards of members are followed", answered("C1", EVE), strategy="linear",
           follow_forwards=True, others={"101": {"forward": {"always": "line/103"}}}),
    hunted("ring all: forwards of members are followed", answered("D1", EVE, "B1"),
           {"B1": RINGS_OUT}, members=["101", "102"], ring=2, follow_forwards=True,
           others={"101": {"forward": {"always": "handset/D1"}}}, handsets={"D1": {}}),
    hunted("linear: the prefix is shown to each",
           Expected(rang=("A1", "B1", "C1"), cause=NO_ANSWER,
                    shown=dict.fromkeys(("A1", "B1", "C1"), EVE.replace("Eve", "Sales Eve"))),
           ALL, strategy="linear", caller_name_prefix="Sales"),
)  # fmt: skip

"""Lists as long as the model lets them be: rules, members, phones, targets and callers."""

from __future__ import annotations

from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import Cause
from tests.conformance.office import DDI, MAIN
from tests.conformance.scenario import Expected, Scenario
from tests.conformance.scenarios import (
    ADA,
    EVE,
    OUTSIDE,
    answered,
    call,
    ended,
    group,
    line,
    number,
    reached,
)
from tests.conformance.scenarios_groups import hunted
from tests.conformance.scenarios_rules import ALWAYS

ANSWERS, BUSY, OFFLINE = Behaviour.ANSWERS, Behaviour.BUSY, Behaviour.OFFLINE

LONG = "a-name-as-long-as-names-may-be"


def named(index: int) -> str:
    """40 characters, the most a name may have."""
    return f"{LONG}-{index:09}"


NEVER: dict[str, Any] = {named(0): {"dates": "1999-12-31"}}
NOT_NOW = [{"name": named(index), "when": named(0), "forward": {"always": "line/101"}}
           for index in range(99)]  # fmt: skip


def hundredth(**settings: Any) -> dict[str, Any]:
    """Line 102 with a hundred rules, of which the last one holds."""
    rules = [*NOT_NOW, {"name": named(99), "when": "always", **settings}]
    return line("102", rules=rules, call_waiting=False)


RULES = (
    call("the last of a hundred rules holds", "102", answered("C1", ADA),
         time_frames={**NEVER, **ALWAYS}, lines=hundredth(forward={"always": "line/103"})),
    call("none of a hundred rules holds", "102", answered("B1", ADA),
         time_frames={**NEVER, "always": {"dates": "1999-12-31"}},
         lines=hundredth(forward={"always": "line/103"})),
)  # fmt: skip

MANY = [str(extension) for extension in range(1000, 1100)]
MEMBERS = {extension: {"ring": 2} for extension in MANY}
FIRST_AND_LAST = {"A1": {"line": "1000"}, "B1": {"line": "1050"}, "C1": {"line": "1099"}}


def crowd(name: str, expected: Expected, does: dict[str, Behaviour], **settings: Any) -> Scenario:
    """A group of a hundred, of whom three have a phone: the first, one of them, and the last."""
    return hunted(name, expected, does, others=MEMBERS, handsets=FIRST_AND_LAST, members=MANY,
                  **settings)  # fmt: skip


BUSY_BUT_LAST = {"A1": BUSY, "B1": BUSY}
AT_THE_LAST = reached(answered("C1", EVE), A1=EVE, B1=EVE)

GROUPS = (
    crowd("ring all: the last of a hundred answers", AT_THE_LAST, BUSY_BUT_LAST),
    crowd("ring all: the last of a hundred answers, none of whom is in a call",
          AT_THE_LAST, BUSY_BUT_LAST, skip_busy=True),
    crowd("ring all: the last of a hundred answers, who follow forwards",
          AT_THE_LAST, BUSY_BUT_LAST, follow_forwards=True),
    *(
        crowd(f"{strategy}: the last of a hundred answers", AT_THE_LAST, BUSY_BUT_LAST,
              strategy=strategy)
        for strategy in ("linear", "round-robin")
    ),
    crowd("random: the last of a hundred answers", answered("C1", EVE),
          {"A1": OFFLINE, "B1": OFFLINE}, strategy="random"),
    call(
        "ring all: a hundred phones ring",
        DDI,
        answered("C1", EVE, *(f"P{extension}" for extension in MANY[:-1])),
        caller=OUTSIDE,
        does={f"P{extension}": Behaviour.RINGS_OUT for extension in MANY[:-1]},
        groups=group(members=MANY, ring=5),
        numbers=number(to="group/sales"),
        lines=MEMBERS,
        handsets={
            **{f"P{extension}": {"line": extension} for extension in MANY[:-1]},
            "C1": {"line": MANY[-1]},
        },
    ),
)  # fmt: skip

PHONES = [named(index) for index in range(50)]


def desk(line: str) -> dict[str, Any]:
    """Fifty phones of one line, and no others of it."""
    return {"B1": None, **{name: {"line": line} for name in PHONES}}


LAST = PHONES[-1]
ALL_BUT_LAST = dict.fromkeys(PHONES[:-1], OFFLINE)
AT_LAST = answered(LAST, ADA)

PHONES_OF_A_LINE = (
    call("fifty phones of one line", "102", AT_LAST, does=ALL_BUT_LAST, handsets=desk("102")),
    call("fifty phones of one line, and one besides", "102", answered(LAST, ADA, "C1"),
         does={**ALL_BUT_LAST, "C1": Behaviour.RINGS_OUT}, handsets=desk("102"),
         lines=line("102", also_ring=["line/103"], ring=3)),
    call("fifty phones of a member", "600", AT_LAST, does=ALL_BUT_LAST, handsets=desk("102"),
         groups=group(members=["102"])),
    call("fifty phones of a member who may be in a call", "600", AT_LAST, does=ALL_BUT_LAST,
         handsets=desk("102"), groups=group(members=["102"], skip_busy=True)),
    call("fifty phones of a target", "103", AT_LAST, does=ALL_BUT_LAST, handsets=desk("102"),
         lines=line("103", forward={"always": ["line/102", "handset/" + LAST]})),
)  # fmt: skip

TARGETS = [f"handset/{name}" for name in PHONES[:10]]
TENTH = PHONES[9]


def tenth(name: str, **settings: Any) -> Scenario:
    """A forward to ten, of whom only the last is there."""
    return call(name, "102", answered(TENTH, ADA), does=dict.fromkeys(PHONES[:9], OFFLINE),
                handsets={it: {"line": "103"} for it in PHONES[:10]},
                time_frames=ALWAYS, lines=line("102", **settings))  # fmt: skip


FORWARDS = (
    tenth("forward always to ten", forward={"always": TARGETS}),
    tenth("forward of a rule to ten",
          rules=[{"name": named(1), "when": "always", "forward": {"always": TARGETS}}]),
    tenth("ten ring instead of the line", ring_own=False, also_ring=TARGETS),
)  # fmt: skip

CHAIN = {
    extension: {"forward": {"always": f"line/{int(extension) + 1}"}} for extension in MANY[:-1]
}
CHAINS = (
    call("a chain of a hundred forwards", MANY[0], ended(Cause.ROUTING_ERROR, told=True),
         lines={**CHAIN, MANY[-1]: {}}),
    call("a chain of a hundred forwards, from its last dozen on", MANY[88], answered("C1", ADA),
         lines={**CHAIN, MANY[-1]: {}}, handsets={"C1": {"line": MANY[-1]}}),
)  # fmt: skip

LISTS = {named(index): {"numbers": ["+33*"]} for index in range(1, 40)}
CALLERS = (
    call("a caller is in the last of forty lists", MAIN, ended(Cause.CONGESTION), caller=OUTSIDE,
         number_lists={**LISTS, "last": {"numbers": ["+4477*"]}},
         lines=line("101", blocked=[*(f"list/{name}" for name in LISTS), "list/last"])),
    call("a caller is in none of forty lists", MAIN, answered("A1", EVE), caller=OUTSIDE,
         number_lists={**LISTS, "last": {"numbers": ["+34*"]}},
         lines=line("101", blocked=[*(f"list/{name}" for name in LISTS), "list/last"])),
)  # fmt: skip

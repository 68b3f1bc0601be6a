"""Calls taken over at another phone, and calls back to who called last."""

from __future__ import annotations

from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import CallerId, Cause
from tests.conformance.office import CALLER, DDI, MAIN
from tests.conformance.scenario import Carrier, Expected, Phone, Scenario
from tests.conformance.scenarios import OUTSIDE, answered, call, ended, group, line

BUSY, RINGS_OUT = Behaviour.BUSY, Behaviour.RINGS_OUT

TAKEN = Expected(picked_up=True)
NOTHING = ended(Cause.ABSENT, told=True)
REFUSED = ended(Cause.REJECTED, told=True)
NOBODY = ended(Cause.UNALLOCATED, told=True)
BOB = "Bob Noyce <102>"


def pickup(name: str, code: str, expected: Expected, **more: Any) -> Scenario:
    """C1 dials the code while A1 calls 102, whose phone B1 rings."""
    usual: dict[str, Any] = {
        "caller": Phone("C1"),
        "does": {"B1": RINGS_OUT},
        "ringing": ("A1", "102", "102"),
        "lines": line("102", ring=20),
    }
    return call(name, code, expected, **{**usual, **more})


PICKUPS = (
    pickup("picked up", "*8", TAKEN),
    pickup("picked up from a line", "**102", TAKEN),
    pickup("picked up by an own code", "#8", TAKEN, settings={"feature_codes": {"pickup": "#8"}}),
    pickup("picked up from a group", "**600", TAKEN, groups=group(ring=20),
           ringing=("A1", "600", "102"), does={"B1": RINGS_OUT, "C1": BUSY}),
    pickup("picked up where one of a group's lines rings", "**600", TAKEN,
           groups=group(members=["103", "102"])),
    pickup("picked up where it rings first", "**102", TAKEN, does={"B1": RINGS_OUT},
           lines=line("102", ring=20, forward={"unanswered": "line/103"})),
    pickup("picked up where many phones of a line ring", "**102", TAKEN,
           handsets={"B2": {"line": "102"}}, does={"B1": RINGS_OUT, "B2": RINGS_OUT}),
    pickup("nothing rings at that line", "**103", NOTHING),
    pickup("nothing rings in that group", "**600", NOTHING, groups=group(members=["103"])),
    pickup("nothing rings in a group of nobody", "**600", NOTHING, groups=group(members=[])),
    pickup("nothing rings", "*8", NOTHING, ringing=None),
    pickup("nothing rings at a mailbox", "**800", REFUSED, mailboxes={"800": {}}),
    pickup("nothing rings at nobody", "**99", NOBODY),
    pickup("picked up of nobody", "**", NOBODY),
    pickup("pickup taken away", "*8", NOBODY, settings={"feature_codes": {"pickup": "off"}}),
)  # fmt: skip


def back(name: str, expected: Expected, *before: Any, **more: Any) -> Scenario:
    """102 calls back, whose phone is B1; `before` are who called, and what."""
    return call(name, "*69", expected, caller=Phone("B1"), called_before=before, **more)


ADA_102, EVE_102 = (Phone("A1"), "102"), (OUTSIDE, DDI)
WITHHELD = (Carrier("uplink", CallerId("anonymous", "")), DDI)

CALLS_BACK = (
    back("called back", answered("A1", BOB), ADA_102),
    back("called back who called last", answered("C1", BOB), ADA_102, (Phone("C1"), "102")),
    back("called back outside", answered(CALLER, MAIN), EVE_102),
    back("called back who was missed", answered("A1", BOB), ADA_102, does={"B1": RINGS_OUT}),
    back("called back who found it busy", answered("A1", BOB), ADA_102, does={"B1": BUSY}),
    back("called back who was not to disturb", answered("A1", BOB), ADA_102,
         lines=line("102", do_not_disturb=True)),
    back("called back who was sent on", answered("A1", BOB), ADA_102,
         lines=line("102", forward={"always": "line/103"})),
    back("called back who was sent here", answered("A1", BOB), (Phone("A1"), "103"),
         lines=line("103", forward={"always": "line/102"})),
    back("called back with a code", Expected(screened=True), EVE_102,
         lines=line("102", authorisation_code=True),
         settings={"authorisation_codes": {"night": "4711"}}),
    back("called back inside without a code", answered("A1", BOB), ADA_102,
         lines=line("102", authorisation_code=True),
         settings={"authorisation_codes": {"night": "4711"}}),
    back("nobody to call back", NOTHING),
    back("nobody to call back who called others", NOTHING, (Phone("A1"), "103")),
    back("an anonymous caller cannot be called back", NOTHING, ADA_102, WITHHELD),
)  # fmt: skip

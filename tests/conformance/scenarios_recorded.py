"""Recorded calls: by the line or the handset of either side, however the call came there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import Cause
from tests.conformance.office import DDI, MAIN, MOBILE
from tests.conformance.scenario import Expected
from tests.conformance.scenarios import (
    ADA,
    EVE,
    OUTSIDE,
    answered,
    call,
    ended,
    group,
    line,
    message,
    number,
)
from tests.conformance.scenarios_rules import screened

BUSY, OFFLINE, RINGS_OUT = Behaviour.BUSY, Behaviour.OFFLINE, Behaviour.RINGS_OUT

ON: dict[str, Any] = {"record_calls": True}


def kept(expected: Expected) -> Expected:
    return replace(expected, recorded=True)


BY_GROUP = {"caller": OUTSIDE, "numbers": number(to="group/sales"), "groups": group()}

LINES = (
    call("recorded: to the line", "102", kept(answered("B1", ADA)), lines=line("102", **ON)),
    call("recorded: from the line", "102", kept(answered("B1", ADA)), lines=line("101", **ON)),
    call("recorded: both lines, once", "102", kept(answered("B1", ADA)),
         lines={"101": ON, "102": ON}),
    call("recorded: from outside", DDI, kept(answered("B1", EVE)), caller=OUTSIDE,
         lines=line("102", **ON)),
    call("recorded: forwarded to the line", "102", kept(answered("C1", ADA)),
         lines={"102": {"forward": {"always": "line/103"}}, "103": ON}),
    call("recorded: unanswered first, and forwarded to the line", "102",
         kept(answered("C1", ADA, "B1")), does={"B1": RINGS_OUT},
         lines={"102": {"forward": {"unanswered": "line/103"}}, "103": ON}),
    call("recorded: from the line, unanswered first", "102",
         kept(answered("C1", ADA, "B1")), does={"B1": RINGS_OUT},
         lines={"101": ON, "102": {"forward": {"unanswered": "line/103"}}}),
    call("recorded: a member of a group answers", DDI, kept(answered("C1", EVE)),
         does={"B1": OFFLINE}, lines=line("103", **ON), **BY_GROUP),
    call("recorded: the phone logged in to the line", "102", kept(answered("C1", ADA)),
         handsets={"B1": None, "C1": {"login": "102"}}, lines=line("102", **ON)),
    call("recorded: the line rings with others, of whom one answers", "102",
         kept(answered("C1", ADA)), does={"B1": OFFLINE},
         lines=line("102", **ON, also_ring=["line/103"])),
    call("recorded: one who rings later answers", "102",
         kept(answered("C1", ADA, "B1")), does={"B1": RINGS_OUT},
         lines={"102": {"ring": 5, "also_ring": [{"to": "line/103", "delay": 1}]}, "103": ON}),
    call("recorded: to the outside", MOBILE, kept(answered(MOBILE, MAIN)), lines=line("101", **ON)),
    call("recorded: a mobile of the line answers", "102", kept(answered(MOBILE, MAIN)),
         lines=line("102", **ON, ring=9, also_ring=[MOBILE]), does={"B1": OFFLINE}),
    call("recorded: a mobile that need not confirm answers", "102", kept(answered(MOBILE, MAIN)),
         lines=line("102", **ON, also_ring=[{"to": MOBILE, "confirm": False}]),
         does={"B1": OFFLINE}),
    screened("recorded: screened and accepted", kept(answered("B1", ADA)), own=ON),
)  # fmt: skip

HANDSETS = (
    call("recorded: to the handset", "102", kept(answered("B1", ADA)), handsets={"B1": ON}),
    call("recorded: from the handset", "102", kept(answered("B1", ADA)), handsets={"A1": ON}),
)

NOT = (
    call("not recorded: another phone of the line answers", "102", answered("B2", ADA),
         does={"B1": OFFLINE}, handsets={"B1": ON, "B2": {"line": "102"}}),
    call("not recorded: forwarded away from the line", "102", answered("C1", ADA),
         lines=line("102", **ON, forward={"always": "line/103"})),
    call("not recorded: another member of the group answers", DDI, answered("B1", EVE),
         does={"C1": OFFLINE}, lines=line("103", **ON), **BY_GROUP),
    call("not recorded: nobody answers", "102", ended(Cause.NO_ANSWER, "B1"),
         does={"B1": RINGS_OUT}, lines={"101": ON, "102": ON}),
    call("not recorded: a message is left", "102", message("102", "B1"),
         does={"B1": RINGS_OUT}, lines={"101": ON, "102": {**ON, "voicemail": {}}}),
)  # fmt: skip

"""Hot-desking: calls of and to a line that is logged in, and of handsets where nobody is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import Cause, Outcome
from tests.conformance.office import DDI, MAIN, MOBILE
from tests.conformance.scenario import Expected, Phone, Scenario
from tests.conformance.scenarios import (
    ADA,
    EVE,
    OUTSIDE,
    VOICEMAIL,
    answered,
    call,
    ended,
    group,
    line,
    message,
    number,
)

OFFLINE = Behaviour.OFFLINE
BOB = "Bob Noyce <102>"
PARIS = "+33140NNN8700"
REFUSED = ended(Cause.REJECTED, told=True)
LOST = ended(Cause.CONGESTION, told=True)
CONFIRMED = Expected(confirmed=True)
WITHHELD = "withheld"
INSIDE = {"hot_desk": {"internal_calls": True}}
AT_H1 = {"B1": None, "H1": {"login": "102"}}
"""Bob has no phone of his own, and works at H1."""


def desk(name: str, called: str, expected: Expected, **more: Any) -> Scenario:
    """Bob is logged in at H1; Ada calls from her own phone, unless `caller` says otherwise."""
    handsets = {**AT_H1, **more.pop("handsets", {})}
    return call(f"hot desk: {name}", called, expected, handsets=handsets, **more)


def by_bob(name: str, called: str, expected: Expected, **more: Any) -> Scenario:
    return desk(name, called, expected, caller=Phone("H1"), **more)


def by_nobody(name: str, called: str, expected: Expected, **more: Any) -> Scenario:
    """From H1, where nobody is logged in."""
    handsets = {"B1": None, "H1": {"site": "london"}, **more.pop("handsets", {})}
    caller = Phone("H1")
    return call(f"logged out: {name}", called, expected, caller=caller, handsets=handsets, **more)


def left(name: str, called: str, expected: Expected, **more: Any) -> Scenario:
    """After a logout by code at H1, where Bob was."""
    return desk(f"left, {name}", called, expected, codes=(("H1", "*12"),), **more)


BOUND = (
    desk("a line rings where it is logged in", "102", answered("H1", ADA)),
    desk("its number rings there", DDI, answered("H1", EVE), caller=OUTSIDE,
         numbers=number(to="line/102")),
    desk("beside its own phone", "102", answered("B1", ADA, "H1"), handsets={"B1": {"line": "102"}},
         does={"H1": Behaviour.RINGS_OUT}),
    desk("not the line that owns the handset", "103", ended(Cause.ABSENT), handsets={
        "H1": None, "C1": {"line": "103", "login": "102"}}),
    desk("offline there, as anywhere", "102", message("102"), does={"H1": OFFLINE},
         lines=VOICEMAIL),
    desk("as a member of a group", "600", answered("H1", ADA), groups=group(members=["102"])),
    desk("recorded where the line is", "102", replace(answered("H1", ADA), recorded=True),
         lines=line("102", record_calls=True)),
    by_bob("the line's name and number inside", "101", answered("A1", BOB)),
    by_bob("the line's number outside", MOBILE, answered(MOBILE, DDI),
           lines=line("102", presented_number=DDI)),
    by_bob("the line hides its number", MOBILE, answered(MOBILE, WITHHELD),
           lines=line("102", hide_caller_id=True)),
    by_bob("recorded of the line", "101", replace(answered("A1", BOB), recorded=True),
           lines=line("102", record_calls=True)),
    replace(
        by_bob("the line's calls out take a code", MOBILE,
               replace(answered(MOBILE, MAIN), screened=True),
               lines=line("102", authorisation_code=True),
               settings={"authorisation_codes": {"night": "4711"}}),
        presses="4711#", pins=(Outcome.RIGHT,)),
    by_bob("not those of the line that owns the handset", MOBILE, answered(MOBILE, MAIN),
           handsets={"H1": {"line": "103", "login": "102"}},
           lines=line("103", authorisation_code=True),
           settings={"authorisation_codes": {"night": "4711"}}),
    by_bob("an emergency shows where the handset is", "999", answered("999", PARIS),
           sites={"paris": {"main_number": PARIS}}, lines=line("102", emergency_caller_id=DDI),
           handsets={"H1": {"login": "102", "site": "paris"}}),
    by_bob("an emergency of a handset of no known place", "999", answered("999", DDI),
           lines=line("102", emergency_caller_id=DDI)),
    by_bob("login where somebody is, and nobody looks at PINs", "*11", LOST),
    by_bob("a logout is taken", "*12", CONFIRMED),
)  # fmt: skip

NOBODY = (
    by_nobody("no call inside", "101", REFUSED),
    by_nobody("no call outside", MOBILE, REFUSED),
    by_nobody("no feature", "*78", REFUSED),
    by_nobody("no logout", "*12", REFUSED),
    by_nobody("a hidden call inside", "*67101", REFUSED),
    by_nobody("login, and nobody looks at PINs", "*11", LOST),
    by_nobody("login by an own code", "#1", LOST, settings={
        "feature_codes": {"handset-login": "#1"}}),
    by_nobody("login taken away", "*11", REFUSED, settings={
        "feature_codes": {"handset-login": "off"}}),
    by_nobody("an emergency, with its own place", "999", answered("999", PARIS),
              sites={"paris": {"main_number": PARIS}}, handsets={"H1": {"site": "paris"}}),
    by_nobody("an emergency that would be hidden", "*67999", answered("999", MAIN)),
    by_nobody("a call inside, if allowed", "101", answered("A1", WITHHELD), settings=INSIDE),
    by_nobody("a group, if allowed", "600", answered("A1", WITHHELD), settings=INSIDE,
              groups=group(members=["101"])),
    by_nobody("a mailbox, if allowed", "800", message("800"), settings=INSIDE,
              mailboxes={"800": {}}),
    by_nobody("a hidden call inside, if allowed", "*67101", answered("A1", WITHHELD),
              settings=INSIDE),
    by_nobody("outside not even so", MOBILE, REFUSED, settings=INSIDE),
    by_nobody("a number of the tenant's own not even so", MAIN, REFUSED, settings=INSIDE),
    by_nobody("an unknown extension not even so", "177", REFUSED, settings=INSIDE),
    by_nobody("a feature not even so", "*78", REFUSED, settings=INSIDE),
    by_nobody("an emergency, calls inside allowed", "999", answered("999", MAIN), settings=INSIDE),
    call("logged out: the line rings nowhere", "102", ended(Cause.ABSENT), handsets={
        "B1": None, "H1": {}}),
    call("logged out: the line goes by its offline rules", "102", answered("C1", ADA), handsets={
        "B1": None, "H1": {}}, lines=line("102", forward={"offline": "line/103"})),
)  # fmt: skip

LEFT = (
    left("the line rings nowhere", "102", ended(Cause.ABSENT)),
    left("the line has its mailbox", "102", message("102"), lines=VOICEMAIL),
    left("the line rings at its own phone", "102", answered("B1", ADA),
         handsets={"B1": {"line": "102"}}),
    left("one of several phones of the line", "102", answered("B1", ADA, "B2"),
         does={"B2": Behaviour.RINGS_OUT},
         handsets={"B1": {"line": "102"}, "B2": {"line": "102"}}),
    left("no call of the handset", "101", REFUSED, caller=Phone("H1")),
    left("a call inside of the handset, if allowed", "101", answered("A1", WITHHELD),
         caller=Phone("H1"), settings=INSIDE),
    left("an emergency of the handset", "999", answered("999", MAIN), caller=Phone("H1"),
         lines=line("102", emergency_caller_id=DDI)),
    left("twice", "*12", REFUSED, caller=Phone("H1")),
    left("the handset is its own line's again", "103", answered("H1", ADA, "C1"),
         does={"C1": Behaviour.RINGS_OUT}, handsets={"H1": {"line": "103", "login": "102"}}),
    left("and calls as its own line", "101", answered("A1", "Cy Young <103>"), caller=Phone("H1"),
         handsets={"C1": None, "H1": {"line": "103", "login": "102"}}),
    left("not as a member of a group", "600", answered("C1", ADA), groups=group()),
    call("hot desk: its own line is no login", "*12", REFUSED),
)  # fmt: skip

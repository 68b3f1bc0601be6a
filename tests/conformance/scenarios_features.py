"""Feature codes: what a person turns on and off at a phone, and what the next call does then."""

from __future__ import annotations

from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import Cause
from tests.conformance.office import DDI, MAIN, MOBILE
from tests.conformance.scenario import Expected, Phone, Scenario
from tests.conformance.scenarios import (
    ADA,
    VOICEMAIL,
    answered,
    call,
    ended,
    group,
    line,
    message,
    reached,
)

BUSY, RINGS_OUT, OFFLINE = Behaviour.BUSY, Behaviour.RINGS_OUT, Behaviour.OFFLINE

TAKEN = Expected(confirmed=True)
REFUSED = ended(Cause.REJECTED, told=True)
NOBODY = ended(Cause.UNALLOCATED, told=True)


def after(name: str, expected: Expected, *codes: str, **more: Any) -> Scenario:
    """102 is called, whose phone B1 has dialled these codes."""
    dialled = tuple(("B1", code) for code in codes)
    return call(name, "102", expected, codes=dialled, **more)


def dialled(name: str, code: str, expected: Expected, **more: Any) -> Scenario:
    """By 102, whose phone is B1."""
    return call(name, code, expected, caller=Phone("B1"), **more)


ALWAYS_102 = line("102", forward={"always": "line/103"})

QUIET_CODES = (
    after("quiet by code", message("102"), "*78", lines=VOICEMAIL),
    after("quiet by code and no mailbox", ended(Cause.BUSY), "*78"),
    after("quiet no more", answered("B1", ADA), "*79", lines=line("102", do_not_disturb=True)),
    after("quiet and not", answered("B1", ADA), "*78", "*79"),
    after("quiet by an own code", ended(Cause.BUSY), "#7*", settings={
        "feature_codes": {"do-not-disturb-on": "#7*"}}),
    dialled("a code is taken", "*78", TAKEN),
    dialled("a code with more behind it is none", "*781", NOBODY),
    dialled("a code taken away is none", "*78", NOBODY, settings={
        "feature_codes": {"do-not-disturb-on": "off"}}),
)  # fmt: skip


def to_group(name: str, expected: Expected, *codes: str, **settings: Any) -> Scenario:
    """102 and 103 are members; B1 is the phone of 102."""
    codes_of_102 = tuple(("B1", code) for code in codes)
    return call(name, "600", expected, codes=codes_of_102, groups=group(**settings))


GROUP_CODES = (
    to_group("logged out by code", answered("C1", ADA), "*99600"),
    to_group("logged out by code, and one after the other", answered("C1", ADA), "*99600",
             strategy="linear"),
    to_group("logged out by code, and idle ones only", answered("C1", ADA), "*99600",
             strategy="round-robin", skip_busy=True),
    to_group("logged in by code", answered("B1", ADA), "*96600", members=["102"],
             logged_out=["102"]),
    to_group("logged out and in by code", answered("B1", ADA), "*99600", "*96600",
             members=["102"], strategy="linear"),
    dialled("login where no member", "*96600", REFUSED, groups=group(members=["103"])),
    dialled("logout of a line", "*99103", REFUSED),
    dialled("login of nobody", "*9699", NOBODY),

)  # fmt: skip

HIDING = (
    dialled("hidden for this call", "*6707700NNN901", answered(MOBILE, "withheld")),
    dialled("hidden for this call, with a number of its own", "*6707700NNN901",
            answered(MOBILE, "withheld"), lines=line("102", presented_number=DDI)),
    dialled("hidden for a call inside", "*67101", answered("A1", "Bob Noyce <102>")),
    dialled("an emergency call cannot be hidden", "*67999", answered("999", MAIN)),
    dialled("hidden, where nobody is logged in", "*67101", REFUSED,
            handsets={"B1": {"line": None}}),
    dialled("hidden to nobody", "*6799", NOBODY),
    dialled("the code that hides alone", "*67", NOBODY),
)  # fmt: skip

FORWARD_CODES = (
    after("forwarded by code", answered("C1", ADA), "*72103"),
    after("forwarded by code outside", answered(MOBILE, MAIN), "*7207700NNN901"),
    after("forwarded no more", answered("B1", ADA), "*73", lines=ALWAYS_102),
    after("forwarded elsewhere by code", message("800"), "*72800", lines=ALWAYS_102,
          mailboxes={"800": {}}),
    after("forwarded to a group by code", answered("C1", ADA), "*72600",
          groups=group(members=["103"])),
    after("forwarded when busy by code", reached(answered("C1", ADA), B1=ADA), "*90103",
          does={"B1": BUSY}, lines=line("102", call_waiting=False)),
    after("forwarded when unanswered by code", answered("C1", ADA, "B1"), "*92103",
          does={"B1": RINGS_OUT}),
    after("forwarded when offline by code, and unanswered no more", ended(Cause.NO_ANSWER, "B1"),
          "*94103", "*92103", "*93", does={"B1": RINGS_OUT}),
    dialled("forward to itself", "*72102", REFUSED),
    dialled("forward to nobody", "*7299", NOBODY),
    dialled("forward to an emergency number", "*72999", NOBODY),
    dialled("forward without a target", "*72", NOBODY),
    dialled("forward with an authorisation code", "*72103", REFUSED, lines=line(
        "102", authorisation_code=True)),
    dialled("forward when busy and call waiting", "*90103", REFUSED),
)  # fmt: skip

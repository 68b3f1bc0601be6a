"""The list: every way a call goes, each with what must come of it. One list for all readers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import CallerId, Cause
from tests.conformance.office import CALLER, DDI, MAIN, MOBILE, office
from tests.conformance.scenario import Carrier, Expected, Phone, Scenario

ANSWERS, BUSY, DECLINES = Behaviour.ANSWERS, Behaviour.BUSY, Behaviour.DECLINES
RINGS_OUT, OFFLINE, UNREACHABLE = Behaviour.RINGS_OUT, Behaviour.OFFLINE, Behaviour.UNREACHABLE
FAILS = Behaviour.FAILS

ADA = "Ada Byron <101>"
DESK = Phone("A1")
OUTSIDE = Carrier("uplink", CallerId(CALLER, "Eve"))
EVE = f"Eve <{CALLER}>"


def call(
    name: str,
    called: str,
    expected: Expected,
    *,
    caller: Phone | Carrier = DESK,
    does: Mapping[str, Behaviour] | None = None,
    patience: int | None = None,
    at: dt.datetime | None = None,
    held: tuple[tuple[str, str], ...] = (),
    codes: tuple[tuple[str, str], ...] = (),
    ringing: tuple[str, str, str] | None = None,
    called_before: tuple[tuple[Phone | Carrier, str], ...] = (),
    **changes: Any,
) -> Scenario:
    """A call in the office with `changes`; by handset A1 where no other caller is named."""
    model = office(**changes)
    return Scenario(
        name,
        model,
        caller,
        called,
        does or {},
        patience,
        expected,
        at,
        held=held,
        codes=codes,
        ringing=ringing,
        called_before=called_before,
    )


def answered(by: str, shown: str, *others: str) -> Expected:
    """`others` rang too, or before, and saw the same caller."""
    legs = (by, *others)
    return Expected(rang=legs, answered=by, shown=dict.fromkeys(legs, shown))


def ended(cause: Cause, *rang: str, shown: str = ADA, told: bool = False) -> Expected:
    return Expected(rang=rang, cause=cause, shown=dict.fromkeys(rang, shown), told=told)


def message(box: str, *rang: str, shown: str = ADA) -> Expected:
    return Expected(rang=rang, mailbox=box, shown=dict.fromkeys(rang, shown))


def reached(expected: Expected, **shown: str) -> Expected:
    """Busy phones do not ring, and yet are told who calls."""
    return replace(expected, shown={**expected.shown, **shown})


def line(extension: str, **settings: Any) -> dict[str, Any]:
    return {extension: settings}


def group(**settings: Any) -> dict[str, Any]:
    return {"sales": {"extension": "600", "members": ["102", "103"], "ring": 2, **settings}}


UNKNOWN = ended(Cause.UNALLOCATED, told=True)
REFUSED = ended(Cause.REJECTED, told=True)
VOICEMAIL = line("102", voicemail={})

EXTENSIONS = (
    call("answered", "102", answered("B1", ADA)),
    call("busy", "102", reached(ended(Cause.BUSY), B1=ADA), does={"B1": BUSY}),
    call("declined", "102", ended(Cause.BUSY, "B1"), does={"B1": DECLINES}),
    call("no answer", "102", ended(Cause.NO_ANSWER, "B1"), does={"B1": RINGS_OUT}),
    call("offline", "102", ended(Cause.ABSENT), does={"B1": OFFLINE}),
    call("unreachable", "102", ended(Cause.ABSENT), does={"B1": UNREACHABLE}),
    call("no handset", "102", ended(Cause.ABSENT), handsets={"B1": None}),
    call("unknown extension", "177", UNKNOWN),
    call(
        "caller hangs up while it rings",
        "102",
        Expected(rang=("B1",), left=True, shown={"B1": ADA}),
        does={"B1": RINGS_OUT},
        patience=1,
        lines=line("102", ring=5, voicemail={}),
    ),
    call(
        "two handsets of one line",
        "102",
        answered("B2", ADA, "B1"),
        does={"B1": RINGS_OUT},
        handsets={"B2": {"line": "102"}},
    ),
    call(
        "two handsets, one busy and one offline",
        "102",
        reached(ended(Cause.BUSY), B1=ADA),
        does={"B1": BUSY, "B2": OFFLINE},
        handsets={"B2": {"line": "102"}},
    ),
    call(
        "two handsets, one declines and one offline",
        "102",
        ended(Cause.BUSY, "B1"),
        does={"B1": DECLINES, "B2": OFFLINE},
        handsets={"B2": {"line": "102"}},
    ),
    call(
        "two handsets, one busy and one rings out",
        "102",
        reached(ended(Cause.NO_ANSWER, "B2"), B1=ADA),
        does={"B1": BUSY, "B2": RINGS_OUT},
        handsets={"B2": {"line": "102"}},
    ),
)

VOICEMAILS = (
    call("voicemail when busy", "102", reached(message("102"), B1=ADA), does={"B1": BUSY},
         lines=VOICEMAIL),
    call("voicemail when declined", "102", message("102", "B1"), does={"B1": DECLINES},
         lines=VOICEMAIL),
    call("voicemail when unanswered", "102", message("102", "B1"), does={"B1": RINGS_OUT},
         lines=VOICEMAIL),
    call("voicemail when offline", "102", message("102"), does={"B1": OFFLINE}, lines=VOICEMAIL),
    call("voicemail off", "102", ended(Cause.NO_ANSWER, "B1"), does={"B1": RINGS_OUT},
         lines=line("102", voicemail={"enabled": False})),
    call("shared mailbox dialled", "800", message("800"), mailboxes={"800": {}}),
    call("disabled mailbox dialled", "800", UNKNOWN, mailboxes={"800": {"enabled": False}}),
)  # fmt: skip

QUIET = (
    call("do not disturb", "102", ended(Cause.BUSY), lines=line("102", do_not_disturb=True)),
    call(
        "do not disturb with voicemail",
        "102",
        message("102"),
        lines=line("102", do_not_disturb=True, voicemail={}),
    ),
    call(
        "do not disturb wins over forward always",
        "102",
        ended(Cause.BUSY),
        lines=line("102", do_not_disturb=True, forward={"always": "line/103"}),
    ),
)


def forward(**targets: Any) -> dict[str, Any]:
    return line("102", forward=targets)


FORWARDS = (
    call("forward always to a line", "102", answered("C1", ADA), lines=forward(always="line/103")),
    call(
        "forward when busy to a line",
        "102",
        reached(answered("C1", ADA), B1=ADA),
        does={"B1": BUSY},
        lines=forward(busy="line/103"),
    ),
    call(
        "forward when unanswered to a line",
        "102",
        answered("C1", ADA, "B1"),
        does={"B1": RINGS_OUT},
        lines=forward(unanswered="line/103"),
    ),
    call(
        "forward when offline to a line",
        "102",
        answered("C1", ADA),
        does={"B1": OFFLINE},
        lines=forward(offline="line/103"),
    ),
    call(
        "forward when busy does not apply to no answer",
        "102",
        message("102", "B1"),
        does={"B1": RINGS_OUT},
        lines=line("102", forward={"busy": "line/103"}, voicemail={}),
    ),
    call(
        "forward to a group",
        "102",
        answered("C1", ADA),
        lines=forward(always="group/sales"),
        groups=group(members=["103"]),
    ),
    call(
        "forward to a shared mailbox",
        "102",
        message("800"),
        lines=forward(always="mailbox/800"),
        mailboxes={"800": {}},
    ),
    call(
        "forward to a handset passes its line's rules by",
        "102",
        answered("C1", ADA),
        lines=line("103", do_not_disturb=True) | forward(always="handset/C1"),
    ),
    call(
        "forward to an outside number",
        "102",
        answered(MOBILE, MAIN),
        lines=forward(always=MOBILE),
    ),
    call(
        "forward to a number of the tenant's own stays inside",
        "102",
        answered("C1", ADA),
        lines=forward(always=MAIN),
        numbers={MAIN: {"to": "line/103"}},
    ),
    call(
        "a number that leads to another of the tenant's own",
        DDI,
        answered("C1", EVE),
        caller=OUTSIDE,
        numbers={DDI: {"to": MAIN}, MAIN: {"to": "line/103"}},
    ),
    call(
        "forward shows the number of the line that forwards",
        DDI,
        answered(MOBILE, DDI),
        caller=OUTSIDE,
        lines=line("102", forward={"always": MOBILE}, presented_number=DDI),
    ),
    call(
        "forward of a line that hides its number",
        DDI,
        answered(MOBILE, "withheld"),
        caller=OUTSIDE,
        lines=line("102", forward={"always": MOBILE}, hide_caller_id=True),
    ),
    call(
        "forward to several, a line answers",
        "102",
        Expected(rang=("A2", "C1"), answered="C1", shown={"A2": ADA, "C1": ADA}),
        does={"A2": RINGS_OUT},
        lines=forward(always=["handset/A2", "line/103"]),
        handsets={"A2": {}},
    ),
    call(
        "forward to several, the outside number answers",
        "102",
        Expected(rang=("C1", MOBILE), answered=MOBILE, shown={"C1": ADA, MOBILE: MAIN}),
        does={"C1": RINGS_OUT},
        lines=forward(always=["line/103", MOBILE]),
    ),
    call(
        "forward to several, none answers",
        "102",
        reached(ended(Cause.NO_ANSWER, "C1"), A2=ADA),
        does={"C1": RINGS_OUT, "A2": BUSY},
        lines=forward(always=["line/103", "handset/A2"]),
        handsets={"A2": {}},
    ),
    call(
        "chain of forwards",
        "102",
        answered("D1", ADA),
        lines={
            "102": {"forward": {"always": "line/103"}},
            "103": {"forward": {"always": "line/104"}},
            "104": {},
        },
        handsets={"D1": {"line": "104"}},
    ),
)

LOOPS = (
    call(
        "loop of forwards",
        "102",
        ended(Cause.ROUTING_ERROR, told=True),
        lines={
            "102": {"forward": {"always": "line/103"}},
            "103": {"forward": {"always": "line/102"}},
        },
    ),
    call(
        "loop after ringing",
        "102",
        ended(Cause.ROUTING_ERROR, "B1", told=True),
        does={"B1": RINGS_OUT, "C1": OFFLINE},
        lines={
            "102": {"forward": {"unanswered": "line/103"}},
            "103": {"forward": {"offline": "line/102"}},
        },
    ),
    *(
        call(
            f"a chain of {length} lines",
            "120",
            answered("D1", ADA) if length <= 20 else ended(Cause.ROUTING_ERROR, told=True),
            lines={
                str(number): {"forward": {"always": f"line/{number + 1}"}}
                for number in range(120, 119 + length)
            }
            | {str(119 + length): {"ring": 2}},
            handsets={"D1": {"line": str(119 + length)}},
        )
        for length in (20, 21, 100)
    ),
)

GROUPS = (
    call(
        "group, one answers",
        "600",
        answered("C1", ADA, "B1"),
        does={"B1": RINGS_OUT},
        groups=group(),
    ),
    call(
        "group, all busy",
        "600",
        reached(ended(Cause.BUSY), B1=ADA, C1=ADA),
        does={"B1": BUSY, "C1": BUSY},
        groups=group(),
    ),
    call(
        "group, none answers",
        "600",
        ended(Cause.NO_ANSWER, "B1", "C1"),
        does={"B1": RINGS_OUT, "C1": RINGS_OUT},
        groups=group(),
    ),
    call(
        "group, a member not to be disturbed",
        "600",
        answered("C1", ADA),
        groups=group(),
        lines=line("102", do_not_disturb=True),
    ),
    call(
        "group, a member offline",
        "600",
        ended(Cause.NO_ANSWER, "C1"),
        does={"B1": OFFLINE, "C1": RINGS_OUT},
        groups=group(),
    ),
    call(
        "group, all offline",
        "600",
        ended(Cause.ABSENT),
        does={"B1": OFFLINE, "C1": OFFLINE},
        groups=group(),
    ),
    call(
        "group overflows to a line",
        "600",
        answered("D1", ADA, "B1", "C1"),
        does={"B1": RINGS_OUT, "C1": RINGS_OUT},
        groups=group(overflow="line/104"),
        lines=line("104"),
        handsets={"D1": {"line": "104"}},
    ),
    call(
        "group overflows to a mailbox",
        "600",
        reached(message("800"), B1=ADA, C1=ADA),
        does={"B1": BUSY, "C1": BUSY},
        groups=group(overflow="mailbox/800"),
        mailboxes={"800": {}},
    ),
    call(
        "group overflows outside",
        "600",
        Expected(
            rang=("B1", MOBILE), answered=MOBILE, shown={"B1": ADA, MOBILE: MAIN}
        ),
        does={"B1": RINGS_OUT, "C1": OFFLINE},
        groups=group(overflow=MOBILE),
    ),
    call(
        "group with a prefix",
        MAIN,
        answered("B1", f"Sales: Eve <{CALLER}>"),
        caller=OUTSIDE,
        groups=group(members=["102"], caller_name_prefix="Sales:"),
        numbers={MAIN: {"to": "group/sales"}},
    ),
    call(
        "groups that overflow into each other",
        "600",
        reached(ended(Cause.ROUTING_ERROR, told=True), B1=ADA, C1=ADA),
        does={"B1": BUSY, "C1": BUSY},
        groups={
            "sales": {
                "extension": "600", "members": ["102"], "ring": 2, "overflow": "group/support",
            },
            "support": {
                "extension": "601", "members": ["103"], "ring": 2, "overflow": "group/sales",
            },
        },
    ),
)  # fmt: skip


def number(**settings: Any) -> dict[str, Any]:
    return {DDI: settings}


INBOUND = (
    call("number to a line", DDI, answered("B1", EVE), caller=OUTSIDE),
    call(
        "number to a group",
        DDI,
        answered("C1", EVE, "B1"),
        caller=OUTSIDE,
        does={"B1": RINGS_OUT},
        numbers=number(to="group/sales"),
        groups=group(),
    ),
    call(
        "number to a mailbox",
        DDI,
        message("800"),
        caller=OUTSIDE,
        numbers=number(to="mailbox/800"),
        mailboxes={"800": {}},
    ),
    call(
        "number to a handset",
        DDI,
        answered("C1", EVE),
        caller=OUTSIDE,
        numbers=number(to="handset/C1"),
    ),
    call(
        "number to an outside number",
        DDI,
        Expected(rang=(MOBILE,), answered=MOBILE, shown={MOBILE: "any"}),
        caller=OUTSIDE,
        numbers=number(to=MOBILE),
    ),
    call("disabled number", DDI, UNKNOWN, caller=OUTSIDE, numbers=number(enabled=False)),
    call("reserved number", DDI, UNKNOWN, caller=OUTSIDE, numbers=number(status="reserved")),
    call("pending number", DDI, UNKNOWN, caller=OUTSIDE, numbers=number(status="pending")),
    call("number without a destination", DDI, UNKNOWN, caller=OUTSIDE, numbers=number(to=None)),
    call("unknown number", "+44207NNN8799", UNKNOWN, caller=OUTSIDE),
    call("extension from outside", "102", UNKNOWN, caller=OUTSIDE),
    call("no voice service", DDI, UNKNOWN, caller=OUTSIDE, settings={"voice_service": False}),
    call(
        "national number of the called and the caller",
        "0207NNN8701",
        answered("B1", EVE),
        caller=Carrier("uplink", CallerId("07700NNN123", "Eve")),
    ),
    call(
        "international caller without plus",
        DDI,
        answered("B1", "+33140NNN050"),
        caller=Carrier("uplink", CallerId("0033140NNN050")),
    ),
    call(
        "anonymous caller",
        DDI,
        answered("B1", "withheld"),
        caller=Carrier("uplink", CallerId("anonymous", "Anonymous")),
    ),
    call(
        "caller from outside is unanswered",
        DDI,
        ended(Cause.NO_ANSWER, "B1", shown=EVE),
        caller=OUTSIDE,
        does={"B1": RINGS_OUT},
    ),
    call(
        "caller from outside hangs up",
        DDI,
        Expected(rang=("B1",), left=True, shown={"B1": EVE}),
        caller=OUTSIDE,
        does={"B1": RINGS_OUT},
        patience=1,
        lines=line("102", ring=5),
    ),
)

BACKUP = {"uplink": {"priority": 1}, "backup": {"priority": 2}}

OUTBOUND = (
    call("E.164 dialled", MOBILE, answered(MOBILE, MAIN)),
    call("national number dialled", "07700NNN901", answered(MOBILE, MAIN)),
    call("international number dialled", "0033140NNN051", answered("+33140NNN051", MAIN)),
    call(
        "presented number",
        MOBILE,
        answered(MOBILE, DDI),
        lines=line("101", presented_number=DDI),
    ),
    call(
        "hidden number wins",
        MOBILE,
        answered(MOBILE, "withheld"),
        lines=line("101", presented_number=DDI, hide_caller_id=True),
    ),
    call("own number dialled", DDI, answered("B1", ADA)),
    call("own number dialled nationally", "0207NNN8701", answered("B1", ADA)),
    call(
        "first trunk fails",
        MOBILE,
        answered(MOBILE, MAIN),
        does={"uplink": FAILS},
        trunks=BACKUP,
    ),
    call(
        "all trunks fail",
        MOBILE,
        reached(ended(Cause.CONGESTION, told=True), **{MOBILE: MAIN}),
        does={"uplink": FAILS, "backup": FAILS},
        trunks=BACKUP,
    ),
    call(
        "busy outside is not tried again",
        MOBILE,
        reached(ended(Cause.BUSY), **{MOBILE: MAIN}),
        does={"uplink": BUSY},
        trunks=BACKUP,
    ),
    call(
        "disabled trunk",
        MOBILE,
        ended(Cause.CONGESTION, told=True),
        trunks={"uplink": {"enabled": False}},
    ),
    call(
        "caller gives up a call out",
        MOBILE,
        Expected(rang=(MOBILE,), left=True, shown={MOBILE: MAIN}),
        does={"uplink": RINGS_OUT},
        patience=2,
    ),
)

PARIS = "+33140NNN700"
SITES = {
    "sites": {"paris": {"main_number": PARIS}},
    "numbers": {PARIS: {"to": "line/101", "site": "paris"}},
}

PRESENTED = (
    call("the main number of the line's site is shown", MOBILE, answered(MOBILE, PARIS),
         lines=line("101", site="paris"), **SITES),
    call("the main number of the line's site is presented", MOBILE, answered(MOBILE, PARIS),
         lines=line("101", site="paris", presented_number=PARIS), **SITES),
    call("the site is that of the line's user", MOBILE, answered(MOBILE, PARIS),
         users={"ada": {"site": "paris"}}, **SITES),
    call("a main number leads where it is sent", MAIN, answered("C1", EVE), caller=OUTSIDE,
         numbers={MAIN: {"to": "line/103"}}),
)  # fmt: skip

NAMES = (
    call("a display name of two parts wins over the user's", "102",
         answered("B1", "Front desk Ground floor <101>"),
         lines=line("101", label=["Front desk", "Ground floor"])),
    call("a display name without a user", "102", answered("B1", "Reception <101>"),
         lines=line("101", label="Reception", user=None)),
    call("half of a display name is blank", "102", answered("B1", "Ground floor <101>"),
         lines=line("101", label=["", "Ground floor"])),
    call("neither a display name nor a user", "102", answered("B1", "Extension 101 <101>"),
         lines=line("101", user=None)),
    call("a user without a name", "102", answered("B1", "Extension 101 <101>"),
         users={"ada": {"first": None, "last": None}}),
)  # fmt: skip


def digits(extension: str, **settings: Any) -> Scenario:
    return call(f"an extension of {len(extension)} digits", extension, answered("D1", ADA),
                lines=line(extension, ring=2), handsets={"D1": {"line": extension}},
                settings=settings)  # fmt: skip


DIGITS = (
    digits("12"),
    digits("1234"),
    digits("12345", extension_digits={"most": 5}),
    digits("1234567890", extension_digits={"least": 2, "most": 10}),
)

HANDSETS = (
    call("emergency call", "999", answered("999", MAIN)),
    call(
        "emergency call of a line that hides its number",
        "112",
        answered("112", MAIN),
        lines=line("101", hide_caller_id=True),
    ),
    call(
        "emergency call of a handset without a line",
        "999",
        answered("999", MAIN),
        handsets={"A1": {"line": None, "site": "london"}},
    ),
    call(
        "emergency call shows where the handset is",
        "999",
        answered("999", PARIS),
        sites={"paris": {"main_number": PARIS}},
        lines={"101": {"site": "london"}, "102": {"site": "london"}},
        handsets={"A1": {"site": "paris", "login": "102"}},
    ),
    call(
        "emergency call shows the handset's own number",
        "999",
        answered("999", DDI),
        handsets={"A1": {"site": "london", "emergency_caller_id": DDI}},
    ),
    call(
        "emergency call by the second trunk",
        "999",
        answered("999", MAIN),
        does={"uplink": FAILS},
        trunks=BACKUP,
    ),
    call("no line logged in", "102", REFUSED, handsets={"A1": {"line": None}}),
    call("no line logged in, call out", MOBILE, REFUSED, handsets={"A1": {"line": None}}),
    call(
        "line logged in elsewhere rings there too",
        "102",
        answered("C1", ADA, "B1"),
        does={"B1": RINGS_OUT},
        handsets={"C1": {"login": "102"}},
    ),
    call(
        "a login hides the owning line",
        "103",
        ended(Cause.ABSENT),
        handsets={"C1": {"login": "102"}},
    ),
    call(
        "caller logged in elsewhere",
        "102",
        answered("B1", "Cy Young <103>"),
        handsets={"A1": {"line": None, "login": "103"}},
    ),
)

HOSTILE_NAMES = (
    'A "B" \\ C',
    "Smith, John; rm",
    "${SHELL(id)} $[1+1]",
    "Zoë 東京 <b>",
    "x)=y|z&w%41#",
    "\u202eright to left",
    "O'Brien",
)

HOSTILE = (
    *(
        call(
            f"hostile name {place} of a line",
            "102",
            answered("B1", f"{name} <101>"),
            lines=line("101", label=[name]),
        )
        for place, name in enumerate(HOSTILE_NAMES, 1)
    ),
    *(
        call(
            f"hostile name {place} from outside",
            DDI,
            answered("B1", f"S;{{}} {name} <{CALLER}>"),
            caller=Carrier("uplink", CallerId(CALLER, name)),
            groups=group(members=["102"], caller_name_prefix="S;{}"),
            numbers=number(to="group/sales"),
        )
        for place, name in enumerate(HOSTILE_NAMES, 1)
    ),
    *(
        call(
            f"name with apostrophes {place}, sent on to several",
            DDI,
            reached(answered("C1", f"{name} <{CALLER}>"), **{MOBILE: MAIN}),
            caller=Carrier("uplink", CallerId(CALLER, name)),
            does={"uplink": BUSY},
            lines=line("102", forward={"always": ["line/103", MOBILE]}),
        )
        for place, name in enumerate(("'", "O'Brien", "'a' & 'b'"), 1)
    ),
)

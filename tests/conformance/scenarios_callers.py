"""Who calls: blocked, allowed and anonymous callers, and lines with calls under way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controlplane.routing.steps import CallerId, Cause
from tests.conformance.office import CALLER, DDI
from tests.conformance.scenario import Carrier, Expected, Scenario
from tests.conformance.scenarios import (
    ADA,
    EVE,
    OUTSIDE,
    answered,
    call,
    ended,
    line,
    message,
    number,
)

FAST_BUSY = ended(Cause.CONGESTION)
TOLD = ended(Cause.UNALLOCATED, told=True)
LISTS = {"nuisance": {"numbers": ["+33*", "+447700NNN12*"]}, "friends": {"numbers": [CALLER]}}
NOBODY = Carrier("uplink", CallerId("anonymous", ""))


def from_outside(name: str, expected: Expected, *, caller: Any = OUTSIDE, **own: Any) -> Scenario:
    return call(
        name,
        DDI,
        expected,
        caller=caller,
        lines=line("102", **own),
        number_lists=LISTS,
        numbers=number(to="line/102"),
    )


BLOCKED = (
    from_outside("a blocked number", FAST_BUSY, blocked=[CALLER]),
    from_outside("a blocked number hears a message", TOLD, blocked=[CALLER],
                 blocked_hear="message"),
    from_outside("a blocked beginning", FAST_BUSY, blocked=["+447700NNN*"]),
    from_outside("several blocked beginnings", FAST_BUSY, blocked=["+33*", "+4477*", "+1*"]),
    from_outside("another beginning is blocked", answered("B1", EVE), blocked=["+33*", "+44771*"]),
    from_outside("another number is blocked", answered("B1", EVE), blocked=["+447700NNN124"]),
    from_outside("a list blocks", FAST_BUSY, blocked=["list/nuisance"]),
    from_outside("a list blocks with a message", TOLD, blocked=["list/nuisance"],
                 blocked_hear="message"),
    from_outside("a blocked caller leaves no message", FAST_BUSY, blocked=[CALLER], voicemail={}),
    from_outside("a blocked caller is not forwarded", FAST_BUSY, blocked=[CALLER],
                 forward={"always": "line/103"}),
    from_outside("a thousand blocked numbers", FAST_BUSY,
                 blocked=[*(f"+44207000{n:04}" for n in range(999)), CALLER]),
    from_outside("a thousand blocked numbers, but not this", answered("B1", EVE),
                 blocked=[f"+44207000{n:04}" for n in range(1000)]),
    from_outside("an anonymous caller is blocked", FAST_BUSY, caller=NOBODY, block_anonymous=True),
    from_outside("an anonymous caller hears a message", TOLD, caller=NOBODY, block_anonymous=True,
                 blocked_hear="message"),
    from_outside("an anonymous caller is welcome", answered("B1", "withheld"), caller=NOBODY),
    from_outside("who has a number is not anonymous", answered("B1", EVE), block_anonymous=True),
    call("a colleague is blocked", "102", FAST_BUSY, lines=line("102", blocked=["101"])),
    call("another colleague is blocked", "102", answered("B1", ADA),
         lines=line("102", blocked=["103"])),
    call("blocked at the line, not at the next", "103", answered("B1", ADA),
         lines={"103": {"forward": {"always": "line/102"}}, "102": {"blocked": ["103"]}}),
    call("blocked where the call is forwarded to", "103", FAST_BUSY,
         lines={"103": {"forward": {"always": "line/102"}}, "102": {"blocked": ["101"]}}),
)  # fmt: skip

ALLOWED = (
    from_outside("who is allowed and blocked is allowed", answered("B1", EVE),
                 allowed=[CALLER], blocked=["+44*"]),
    from_outside("a list allows, a beginning blocks", answered("B1", EVE),
                 allowed=["list/friends"], blocked=["+44*"]),
    from_outside("an allowed caller passes do not disturb", answered("B1", EVE),
                 allowed=[CALLER], do_not_disturb=True),
    from_outside("another caller does not", ended(Cause.BUSY), allowed=["+447700NNN124"],
                 do_not_disturb=True),
    from_outside("an allowed beginning passes do not disturb", answered("B1", EVE),
                 allowed=["+44*"], do_not_disturb=True, voicemail={}),
    from_outside("an allowed caller is forwarded as others", answered("C1", EVE),
                 allowed=[CALLER], forward={"always": "line/103"}),
    call("an allowed caller has no rights at the next line", "102", ended(Cause.BUSY),
         lines={"102": {"allowed": ["101"], "forward": {"always": "line/103"}},
                "103": {"do_not_disturb": True}}),
    call("an allowed colleague passes do not disturb of a rule", "102", answered("B1", ADA),
         time_frames={"always": {"mon-sun": "00:00-24:00"}},
         lines=line("102", allowed=["101"],
                    rules=[{"name": "r", "when": "always", "do_not_disturb": True}])),
)  # fmt: skip


def in_call(name: str, expected: Expected, *held: tuple[str, str], **own: Any) -> Scenario:
    return call(name, "102", expected, held=held, lines=line("102", **own))


PATHS = (
    in_call("a second call signals", answered("B1", ADA), ("C1", "102")),
    in_call("a second call without call waiting", ended(Cause.BUSY), ("C1", "102"),
            call_waiting=False),
    in_call("a second call without call waiting, voicemail", message("102"), ("C1", "102"),
            call_waiting=False, voicemail={}),
    in_call("a second call without call waiting, forwarded",
            replace(answered("C1", ADA)), ("C1", "102"),
            call_waiting=False, forward={"busy": "line/103"}),
    in_call("a third call where two paths are", ended(Cause.BUSY), ("C1", "102"), ("C1", "102")),
    in_call("a third call where three paths are", answered("B1", ADA), ("C1", "102"),
            ("C1", "102"), call_paths=3),
    in_call("a call to who placed one, without call waiting", ended(Cause.BUSY), ("B1", "103"),
            call_waiting=False),
    in_call("a call to who placed one", answered("B1", ADA), ("B1", "103")),
    in_call("calls of another line do not count", answered("B1", ADA), ("C1", "101"),
            call_waiting=False),
    call("a call that comes back to who placed it", "102", answered("A1", ADA),
         lines={"102": {"forward": {"always": "line/101"}}}),
    call("a call that comes back to who placed it, without call waiting", "102",
         ended(Cause.BUSY),
         lines={"101": {"call_waiting": False}, "102": {"forward": {"always": "line/101"}}}),
    call("a call that was forwarded does not count where it came by", "102", answered("B1", ADA),
         held=(("C1", "102"),), does={},
         lines={"102": {"call_waiting": True, "call_paths": 2}}),
)  # fmt: skip

"""The record of a call's point and step: channel variables that the dialplan and a driver share.

A driver that was asked sets these and sends the call to the step's extension in context `cp`.
"""

from __future__ import annotations

from collections.abc import Iterable

from controlplane.model.destination import parse
from controlplane.routing.steps import Cause, Prompt

POINT = (
    "cp_flow",
    "cp_routine",
    "cp_node",
    "cp_args",
    "cp_seen",
    "cp_cli",
    "cp_number",
    "cp_name",
    "cp_active",
    "cp_seconds",
    "cp_paths",
    "cp_trusted",
    "cp_order",
)
"""Where a call stands and who calls. `cp_number` and `cp_name` are packed, see `escape.packed`;
`cp_args` is an array, see `join_args`; `cp_active` is as keys are stored, with dots."""

STEP = ("cp_what", "cp_out", "cp_terms", "cp_how", "cp_shown", "cp_line", "cp_screen")
"""To ring: handsets `A1&B1`, legs outside `trunk/+44…&trunk/+44…`, those on terms of their own (see
`on_terms`), seconds, the packed name shown, the line whose call paths count, `1` to screen.
Else: the mailbox and the greeting; the prompt; or what to ask, `<most>:<seconds>:<again>`, which is
what asks for the same again, and as name shown what is told before."""

DIGITS = "cp_digits"
"""What a caller has pressed, until somebody has looked at it."""

CODE_ATTEMPTS = 3
CODE_SECONDS = 6
"""How often a code is asked for, and how long who presses it may wait before each digit."""

ASK = "cp_ask"
"""Not empty: a driver decides this call and is asked after each step."""

ASKED = "cp_asked"
"""All that a driver is asked, in one variable: the channel's id and then fields, separated by bars.
It is empty while nothing is asked. At the entry these are `enter`, the tenant,
`handset`, its name and what is dialled; or `enter`, the tenant, `trunk`, its name, the called
number, and packed: the caller's number and name. After a step they are those of ASKED_AFTER."""

NEXT = "cp_next"
"""Where a call goes once it was asked: extension, dialplan and context."""

ASKED_AFTER = (
    "cp_outcome",
    "cp_tenant",
    "cp_flow",
    "cp_routine",
    "cp_node",
    "cp_seen",
    "cp_cli",
    "cp_number",
    "cp_name",
    "cp_active",
    "cp_seconds",
    "cp_paths",
    "cp_trusted",
    "cp_order",
    "cp_digits",
    "cp_args",
)
"""`cp_digits`: what the caller pressed. Arguments come last: they may hold bars."""

OUTCOME = "cp_outcome"
PATIENCE_SECONDS = 2
"""How long a call waits for a controller that is there and does not answer."""

CHECK_SECONDS = 5
"""The same, while what a caller pressed is looked at: a hash takes its time, on purpose."""

NO_ARGS = ""

STATUS = {
    Cause.UNALLOCATED: 404,
    Cause.BUSY: 486,
    Cause.NO_ANSWER: 480,
    Cause.ABSENT: 480,
    Cause.REJECTED: 403,
    Cause.ROUTING_ERROR: 603,
    Cause.CONGESTION: 503,
}
"""The SIP status of a call that is released unanswered: RFC 3398, 8.2.6.1."""

TONES = {
    Prompt.NOT_IN_SERVICE: "%(330,15,950);%(330,15,1400);%(330,1000,1800)",
    Prompt.CANNOT_COMPLETE: "%(330,15,950);%(330,15,1400);%(330,15,1800)",
    Prompt.NOT_ALLOWED: "%(400,350,425);%(225,525,425)",
    Prompt.NOT_AVAILABLE: "%(400,350,425);%(225,525,425)",
    Prompt.ENTER_LINE: "%(100,50,700)",
    Prompt.ENTER_PIN: "%(100,50,740)",
    Prompt.WRONG_PIN: "%(500,200,300)",
    Prompt.LOCKED_PIN: "%(500,200,300);%(500,200,300);%(500,200,300)",
    Prompt.NEW_PIN: "%(100,50,740);%(100,50,840)",
    Prompt.NEW_PIN_AGAIN: "%(100,50,740);%(100,50,840);%(100,50,940)",
    Prompt.BAD_PIN: "%(500,200,300)",
    Prompt.PIN_CHANGED: "%(100,50,600);%(100,50,800)",
    Prompt.NO_MAILBOX: "%(500,200,300)",
    Prompt.PORTAL_MENU: "%(100,50,780)",
    Prompt.QUIET_MENU: "%(100,50,780);%(100,50,620)",
    Prompt.FORWARD_MENU: "%(100,50,780);%(100,50,880)",
    Prompt.ENTER_TARGET: "%(100,50,780);%(100,50,700)",
    Prompt.ENTER_CODE: "%(100,50,660)",
    Prompt.WRONG_CODE: "%(500,200,300)",
    Prompt.GOODBYE: "%(200,50,400)",
    Prompt.NOBODY_RINGS: "%(400,350,425);%(225,525,425)",
    Prompt.NOBODY_CALLED: "%(330,15,950);%(330,15,1400)",
    Prompt.CALLER_UNKNOWN: "%(330,15,950);%(330,15,1400);%(330,1000,1800)",
    Prompt.LOGGED_IN: "%(100,50,620);%(300,100,880)",
    Prompt.HANDSET_TAKEN: "%(400,350,425);%(400,350,425)",
    Prompt.LINE_ELSEWHERE: "%(400,350,425);%(400,350,425);%(400,350,425)",
}
"""ITU-T E.180: no recordings come with the engine, so a caller is told by tone."""

CONFIRM_SECONDS = 10
"""How long who answered may take to press 1."""

ON_TONE = "%(100,50,620);%(300,100,880)"
OFF_TONE = "%(100,50,880);%(300,100,620)"
"""What a person hears who turns something on or off."""

SAY_TONE = "tone_stream://%(100,100,480);%(300,100,620)"
CONFIRM_TONE = "tone_stream://%(150,100,620);%(150,500,620)"
RINGBACK = "%(2000,4000,440,480)"


def hangup_extension(cause: Cause) -> str:
    return f"hangup-{cause.value}"


def join_args(args: Iterable[str]) -> str:
    """An array as a channel variable holds it; empty without arguments."""
    parts = tuple(args)
    return f"ARRAY::{'|:'.join(parts)}" if parts else NO_ARGS


def split_args(text: str) -> tuple[str, ...]:
    return tuple(text.removeprefix("ARRAY::").split("|:")) if text else ()


def join_seen(places: Iterable[str]) -> str:
    return "".join(f"&{place}" for place in places)


def split_seen(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("&")))


def on_terms(delay: int, confirm: bool, idle_only: bool, cli: str, target: str) -> str:
    """A leg with terms, or one that shows another number outside than the call does.

    The target is a handset or `trunk/+44…`; `cli` is for the latter.
    """
    return f"{delay}:{int(confirm)}:{int(idle_only)}:{cli}:{target}"


def dotted(destination: str) -> str:
    """A destination as it stands in stored keys: `line.101`, `+442071838750`."""
    return str(parse(destination)).replace("/", ".")

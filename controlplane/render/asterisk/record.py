"""The record of a call's point and step, as the dialplan and the live driver pass it.

Both sides take the order of the fields from here, and how a field is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from controlplane.routing.steps import Greeting, Prompt, Terms

POINT = (
    "CP_FLOW",
    "CP_ROUTINE",
    "CP_NODE",
    "CP_ARGS",
    "CP_SEEN",
    "CP_CLI",
    "CP_NUMBER",
    "CP_NAME",
    "CP_PREFIX",
    "CP_SECONDS",
    "CP_PATHS",
    "CP_TRUSTED",
    "CP_ORDER",
)
"""Where a call stands and who calls: packed in CP_POINT, separated by bars, and handed over
by `Stasis(…,outcome,…)`."""

POINT_VARIABLE = "CP_POINT"


class Given(NamedTuple):
    """What a step is, field by field of STEP."""

    kind: str
    what: str = ""
    how: str = ""
    shown: str = ""
    number: str = ""
    out: str = ""
    called: str = ""
    paths: str = ""
    idle: str = ""
    later: str = ""


_GIVEN = Given(
    "CP_KIND",
    what="CP_WHAT",
    how="CP_HOW",
    shown="CP_SHOWN",
    number="CP_NUMBER",
    out="CP_OUT",
    called="GROUP(cp-called)",
    paths="CP_PATHS",
    idle="CP_IDLE",
    later="_CP_LATER",
)

STEP = ("TIMEOUT(absolute)", *_GIVEN, POINT_VARIABLE)
"""What the controller writes into CP_STEP, separated by commas; the first ends the waiting."""

STEP_VARIABLE = "CP_STEP"
RING_CONTEXT = "cp-ring"
LATER_CONTEXT = "cp-later"
HANGUP_CONTEXT = "cp-hangup"
ASKING_CONTEXTS = ("cp-internal", "cp-trunk", "cp-after")
"""Where a channel waits for the controller."""

NEVER = 9999
"""Seconds that a leg waits which is not to ring while the others do."""

PATIENCE_SECONDS = 2
"""How long a call waits for a controller that is there and does not answer."""

CHECK_SECONDS = 5
"""The same, while what a caller pressed is looked at: a hash takes its time, on purpose."""

SOUNDS = {
    Prompt.NOT_IN_SERVICE: "ss-noservice",
    Prompt.CANNOT_COMPLETE: "cannot-complete-as-dialed",
    Prompt.NOT_ALLOWED: "im-sorry&feature-not-avail-line",
    Prompt.NOT_AVAILABLE: "im-sorry&please-try-call-later",
    Prompt.ENTER_LINE: "vm-extension&vm-then-pound",
    Prompt.ENTER_PIN: "vm-password",
    Prompt.WRONG_PIN: "auth-incorrect",
    Prompt.LOCKED_PIN: "im-sorry&extension&is&disabled",
    Prompt.NEW_PIN: "vm-newpassword",
    Prompt.NEW_PIN_AGAIN: "vm-reenterpassword",
    Prompt.BAD_PIN: "vm-invalid-password",
    Prompt.PIN_CHANGED: "vm-passchanged",
    Prompt.NO_MAILBOX: "vm-nobox",
    Prompt.PORTAL_MENU: "vm-press&digits/1&vm-for&vm-messages"
    "&vm-press&digits/2&vm-for&privacy-prompt"
    "&vm-press&digits/3&vm-for&do-not-disturb&vm-press&digits/4&vm-for&call-forwarding",
    Prompt.QUIET_MENU: "do-not-disturb&vm-press&digits/1&vm-for&activated"
    "&vm-press&digits/2&vm-for&de-activated",
    Prompt.FORWARD_MENU: "vm-press&digits/1&vm-for&call-fwd-unconditional"
    "&vm-press&digits/2&vm-for&call-fwd-on-busy&vm-press&digits/3&vm-for&call-fwd-no-ans"
    "&vm-press&digits/4&vm-for&call-forwarding&vm-isunavail",
    Prompt.ENTER_TARGET: "vm-enter-num-to-call&vm-then-pound",
    Prompt.ENTER_CODE: "agent-pass",
    Prompt.WRONG_CODE: "auth-incorrect",
    Prompt.GOODBYE: "vm-goodbye",
    Prompt.NOBODY_RINGS: "im-sorry&number-not-answering",
    Prompt.NOBODY_CALLED: "im-sorry&vm-nonumber",
    Prompt.CALLER_UNKNOWN: "unidentified-no-callback",
    Prompt.LOGGED_IN: "agent-loginok",
    Prompt.HANDSET_TAKEN: "im-sorry&location&is-in-use",
    Prompt.LINE_ELSEWHERE: "im-sorry&extension&is-in-use",
}
"""Recordings of the package asterisk-core-sounds-en, joined as Playback takes them."""

CODE_ATTEMPTS = 3
CODE_SECONDS = 6
"""How often a code is asked for, and how long who presses it may wait before each digit."""

DIGITS = "CP_DIGITS"
"""What a caller has pressed, until somebody has looked at it."""

GREETINGS = {Greeting.UNAVAILABLE: "u", Greeting.BUSY: "b"}
"""Options of VoiceMail."""


class Dialled(NamedTuple):
    """How the legs of a ringing are written: see `written`."""

    what: str
    idle: str = ""
    later: str = ""


def written(legs: Iterable[tuple[str, Terms, str]], seconds: int) -> Dialled:
    """Legs as Dial takes them, their terms, and what each shows outside.

    `what` is rung as it is, and so is `idle`, but for those of it that are in a call. What is
    delayed or to be confirmed is rung by a Local leg, whose extension is the place of its entry
    in `later`: `<seconds to wait>/<1 to confirm>/<1 if idle only>/<shown outside>/<leg>`.
    """
    what: list[str] = []
    idle: list[str] = []
    later: list[str] = []
    for leg, terms, cli in legs:
        if terms.delay or terms.confirm:
            wait = terms.delay if terms.delay < seconds else NEVER
            later.append(f"{wait}/{int(terms.confirm)}/{int(terms.idle_only)}/{cli}/{leg}")
            what.append(f"Local/{len(later)}@{LATER_CONTEXT}/n")
        else:
            (idle if terms.idle_only else what).append(leg)
    return Dialled(*map("&".join, (what, idle, later)))


def called_group(tenant: str, line: str) -> str:
    """What calls to a line, and from it, are counted under."""
    return f"{tenant}.{line}"


def join_args(args: Iterable[str]) -> str:
    """One text, for Gosub takes 100 arguments at most and a large group has more."""
    return "&".join(args)


def split_args(text: str) -> tuple[str, ...]:
    return tuple(text.split("&")) if text else ()


def join_seen(places: Iterable[str]) -> str:
    return "".join(f"&{place}" for place in places)


def split_seen(text: str) -> tuple[str, ...]:
    return split_args(text.removeprefix("&"))

"""The closed set of steps an engine executes for a call, and how a step ends.

What nearly every call needs is made as a tuple with names: see calls/call.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """How a step ended. GONE: the caller hung up; nothing is left to decide.

    OPERATOR: the caller of a mailbox pressed 0. DIGITS: the caller pressed some, NOTHING: none;
    DIFFERENT: others the second time. What was pressed is RIGHT or WRONG, LOCKED: not looked at
    any more; CHANGE: right, and only good to choose another. WITHHELD: somebody called, without a
    number that can be called. TAKEN: another line is logged in there; ELSEWHERE: the line is, at
    another handset; REFUSED: it may not be.
    """

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    OFFLINE = "offline"
    DONE = "done"
    OPERATOR = "operator"
    DIGITS = "digits"
    NOTHING = "nothing"
    DIFFERENT = "different"
    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"
    WITHHELD = "withheld"
    CHANGE = "change"
    TAKEN = "taken"
    ELSEWHERE = "elsewhere"
    REFUSED = "refused"
    GONE = "gone"


TOLD = frozenset(Outcome) - {
    *(Outcome.LOCKED, Outcome.CHANGE, Outcome.TAKEN, Outcome.ELSEWHERE, Outcome.REFUSED)
}
"""The outcomes that an engine may tell."""


class Cause(IntEnum):
    """Why a call is released: ITU-T Q.850 cause values."""

    UNALLOCATED = 1
    NORMAL = 16
    BUSY = 17
    NO_ANSWER = 19
    ABSENT = 20
    REJECTED = 21
    ROUTING_ERROR = 25
    CONGESTION = 34


class Greeting(StrEnum):
    UNAVAILABLE = "unavailable"
    BUSY = "busy"


class Prompt(StrEnum):
    """What a caller is told, or asked."""

    NOT_IN_SERVICE = "not-in-service"
    CANNOT_COMPLETE = "cannot-complete"
    NOT_ALLOWED = "not-allowed"
    NOT_AVAILABLE = "not-available"
    ENTER_LINE = "enter-line"
    ENTER_PIN = "enter-pin"
    WRONG_PIN = "wrong-pin"
    LOCKED_PIN = "locked-pin"
    NEW_PIN = "new-pin"
    NEW_PIN_AGAIN = "new-pin-again"
    BAD_PIN = "bad-pin"
    PIN_CHANGED = "pin-changed"
    NO_MAILBOX = "no-mailbox"
    PORTAL_MENU = "portal-menu"
    QUIET_MENU = "quiet-menu"
    FORWARD_MENU = "forward-menu"
    ENTER_TARGET = "enter-target"
    ENTER_CODE = "enter-code"
    WRONG_CODE = "wrong-code"
    GOODBYE = "goodbye"
    NOBODY_RINGS = "nobody-rings"
    NOBODY_CALLED = "nobody-called"
    CALLER_UNKNOWN = "caller-unknown"
    LOGGED_IN = "logged-in"
    HANDSET_TAKEN = "handset-taken"
    LINE_ELSEWHERE = "line-elsewhere"


class CallerId(NamedTuple):
    """What a called phone shows. `number` is an extension or E.164; empty when withheld."""

    number: str
    name: str = ""


class PhoneLeg(NamedTuple):
    """The handset with this name."""

    handset: str


class TrunkLeg(NamedTuple):
    """A call out to `number`. `cli` is what the called party sees: E.164, `anonymous` for a
    withheld number, or "" where the carrier is to put its own."""

    trunk: str
    number: str
    cli: str


Leg = PhoneLeg | TrunkLeg


class Terms(NamedTuple):
    """How a leg is rung. `delay`: seconds after the first ones. `confirm`: who answers must press
    1, or counts as busy. `idle_only`: not at all while it is in a call, which counts as busy."""

    delay: int = 0
    confirm: bool = False
    idle_only: bool = False


PLAIN = Terms()


class Ring(NamedTuple):
    """Ring all legs for `seconds`. Ends ANSWERED, BUSY, NO_ANSWER, OFFLINE or GONE.

    `terms` are those of each leg; none: all are PLAIN.
    `screen`: the caller says a name; who answers hears it, and may refuse: that is BUSY.
    `line`: the line that is called, with `paths` call paths; BUSY where all are in use.
    """

    legs: tuple[Leg, ...]
    seconds: int
    caller: CallerId
    terms: tuple[Terms, ...] = ()
    screen: bool = False
    line: str = ""
    paths: int = 0

    def terms_of(self, leg: Leg) -> Terms:
        return self.terms[self.legs.index(leg)] if self.terms else PLAIN


@dataclass(frozen=True, slots=True)
class Voicemail:
    """Leave a message. Ends DONE, OPERATOR or GONE."""

    mailbox: str
    greeting: Greeting


@dataclass(frozen=True, slots=True)
class Play:
    """Tell the caller something without answering the call. Ends DONE or GONE."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Collect:
    """Ask the caller, whose call is answered for it, for up to `most` digits, which # ends, and so
    do `seconds` without one. `told`: what the caller hears before. `again`: what asks for the same
    once more; with other digits then it is DIFFERENT. Who knows what comes presses at once. Ends
    DIGITS, which are told beside, NOTHING, DIFFERENT or GONE."""

    prompt: Prompt
    most: int
    seconds: int
    again: Prompt | None = None
    told: Prompt | None = None


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """The engine's own menu of a mailbox, which asks for no PIN. Ends DONE or GONE."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Authorise:
    """Ask for one of the tenant's authorisation codes, which the engine compares with those it
    holds. Ends RIGHT, with the name of the code beside, WRONG after too many attempts, or GONE."""


@dataclass(frozen=True, slots=True)
class Flip:
    """Write `value` under a state key, or take the key away where it is empty, and tell the
    caller that it is on, or off. Ends DONE or GONE."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class PickUp:
    """Take over a call that rings at a phone of one of these lines; of any line of the tenant,
    where there are none. Ends ANSWERED, NOTHING where no call rings there, or GONE."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LastCaller:
    """Look up who called the line last, which the engine itself knows. Ends DIGITS, with an
    extension or an E.164 number beside, WITHHELD, NOTHING where nobody called, or GONE."""

    line: str


@dataclass(frozen=True, slots=True)
class LogIn:
    """Bind the line to the handset: the controller's own step, which it takes where it lives, and
    no engine is told of. Ends DONE, TAKEN, ELSEWHERE or REFUSED."""

    handset: str
    line: str


@dataclass(frozen=True, slots=True)
class LogOut:
    """Free the handset of the line that is logged in there, by the engine's own stored keys, and
    tell the caller. `own`: the line that owns it, "" for none. Ends DONE or GONE."""

    handset: str
    line: str
    own: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """Release the call. The last step of every path that is not answered."""

    cause: Cause


Step = (
    Ring
    | Voicemail
    | Play
    | Flip
    | Collect
    | OpenMailbox
    | Authorise
    | PickUp
    | LastCaller
    | LogIn
    | LogOut
    | Hangup
)

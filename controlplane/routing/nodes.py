"""Nodes: the closed set of what a routine is made of.

An edge is an index into the routine; a value may be an argument of the flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from controlplane.model.group import Strategy
from controlplane.routing.steps import Cause, Greeting, Prompt


@dataclass(frozen=True, slots=True)
class Arg:
    """The flow's argument at `index`, from 0."""

    index: int


Value = str | Arg


class Occasion(StrEnum):
    """When a forward applies."""

    ALWAYS = "always"
    BUSY = "busy"
    UNANSWERED = "unanswered"
    OFFLINE = "offline"


class Own(StrEnum):
    """What a person turns on and off for the own line, from a phone."""

    DO_NOT_DISTURB = "do-not-disturb"
    FORWARD_ALWAYS = "forward-always"
    FORWARD_BUSY = "forward-busy"
    FORWARD_UNANSWERED = "forward-unanswered"
    FORWARD_OFFLINE = "forward-offline"


class LegKind(StrEnum):
    """TRUNK: out."""

    HANDSET = "handset"
    TRUNK = "trunk"


@dataclass(frozen=True, slots=True)
class MemberTerms:
    """On what terms members are rung. `idle_only`: not where they are in a call.
    `follow`: a member who always forwards is rung there."""

    idle_only: bool = False
    follow: bool = False
    wrap_up: int = 0
    """Seconds after a member's last call; a dialplan alone does not know them."""


@dataclass(frozen=True, slots=True)
class LegRef:
    """`key` is a handset's or trunk's name; `number` what a trunk is to dial."""

    kind: LegKind
    key: Value
    number: Value = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Mark `place` as visited; a call that has been there already, or at MOST_PLACES others,
    goes to `again`."""

    place: Value
    then: int
    again: int


@dataclass(frozen=True, slots=True)
class CheckCaller:
    """Look the caller up in what the line allows and blocks.

    Who is allowed goes to `then` and is trusted there; so does, untrusted, who is in neither.
    Who is blocked goes to `fast_busy` or to `message`.
    """

    line: Value
    fast_busy: int
    message: int
    then: int


@dataclass(frozen=True, slots=True)
class PickRule:
    """Find the active answering rule of the line. The nodes behind it go by that rule."""

    line: Value
    then: int


@dataclass(frozen=True, slots=True)
class IfDoNotDisturb:
    """Of the line, or of its active rule; a trusted caller goes to `no`."""

    line: Value
    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the call to the forward of the line's active rule for `occasion`.

    One target takes the call over for good. Several ring together for as long as the rule
    rings, and the call goes to `failed` when none answers. No target: `unset`.
    """

    line: Value
    occasion: Occasion
    unset: int
    failed: int


@dataclass(frozen=True, slots=True)
class RingLine:
    """Ring the line's phones and whom its active rule rings besides, if the line has a call path
    left. Nobody to ring at all is `offline`."""

    line: Value
    busy: int
    no_answer: int
    offline: int


@dataclass(frozen=True, slots=True)
class RingLegs:
    legs: tuple[LegRef, ...]
    seconds: Value
    busy: int
    no_answer: int
    offline: int


@dataclass(frozen=True, slots=True)
class RingMembers:
    """Ring the phones of all members of the group together, its prefix before the caller's name.

    Nobody to ring at all is `offline`.
    """

    group: Value
    terms: MemberTerms
    seconds: Value
    busy: int
    no_answer: int
    offline: int


@dataclass(frozen=True, slots=True)
class OrderMembers:
    """Put the members of the group in the order in which they are to be tried."""

    group: Value
    strategy: Strategy
    then: int


@dataclass(frozen=True, slots=True)
class RingNext:
    """Ring the first member of those in order who has a phone to ring, and take all up to that
    one out of the order. Nobody is left: `exhausted`. Not answered: this node again."""

    group: Value
    terms: MemberTerms
    seconds: Value
    exhausted: int


@dataclass(frozen=True, slots=True)
class FlipOwn:
    """Turn a setting of a line on, or off where `value` is empty, then `then`. `line`: the caller's
    own, where it is None; any other only behind that line's PIN.

    What the line may not do goes to `refused`: a forward while it asks for authorisation codes, to
    itself, or when busy while a second call waits.
    """

    own: Own
    value: Value
    then: int
    refused: int
    line: Value | None = None


@dataclass(frozen=True, slots=True)
class FlipMember:
    """Log the caller's own line in to a group, or out of it, then `then`. `group` is a destination;
    where it is none whose member the line is: `refused`."""

    group: Value
    on: bool
    then: int
    refused: int


@dataclass(frozen=True, slots=True)
class PickUpCall:
    """Take over a call that rings at the destination `of`, a line or group; None: anywhere in the
    tenant. Any other destination is `refused`."""

    of: Value | None
    nothing: int
    refused: int


@dataclass(frozen=True, slots=True)
class CallBack:
    """On to whoever called the caller's own line last, as if that number were dialled.

    `unknown`: somebody without a number that can be called."""

    nobody: int
    unknown: int


@dataclass(frozen=True, slots=True)
class BindHandset:
    """Log the line in to the handset. Only somebody whose PIN was right comes here, and hence no
    dialplan on its own. `taken`: another line is; `elsewhere`: the line is, at another handset;
    `refused`: it may not log in anywhere."""

    line: Value
    handset: Value
    then: int
    taken: int
    elsewhere: int
    refused: int
    away: int


@dataclass(frozen=True, slots=True)
class FreeHandset:
    """Log the line out that is logged in to the handset, then `then`; `refused` where none is."""

    handset: Value
    then: int
    refused: int


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    mailbox: Value
    greeting: Greeting
    then: int


@dataclass(frozen=True, slots=True)
class Announce:
    prompt: Prompt
    then: int


@dataclass(frozen=True, slots=True)
class TakeOwn:
    """The line that calls becomes the argument."""

    then: int


@dataclass(frozen=True, slots=True)
class AskPin:
    """Ask for the PIN of a line. `change`: it is the default one. Who looks at PINs is not there:
    `away`, also where a dialplan decides alone."""

    line: Value
    right: int
    change: int
    wrong: int
    locked: int
    away: int
    told: Prompt | None = None
    """What the caller hears before."""


@dataclass(frozen=True, slots=True)
class ChoosePin:
    """Ask twice for a new PIN of the line: `right` where it could be chosen."""

    line: Value
    right: int
    wrong: int
    away: int
    told: Prompt | None = None


@dataclass(frozen=True, slots=True)
class AskLine:
    """Ask for the extension of a line, which becomes one argument more, the last."""

    then: int
    nothing: int
    away: int


@dataclass(frozen=True, slots=True)
class AskTarget:
    """Ask for an extension or number to forward to, which as a destination becomes the argument
    behind the first. `unknown`: what was pressed is neither."""

    then: int
    nothing: int
    unknown: int
    away: int


@dataclass(frozen=True, slots=True)
class Menu:
    """Ask for one digit: on to where it leads; `other` for any other, `nothing` for none."""

    prompt: Prompt
    choices: tuple[tuple[str, int], ...]
    other: int
    nothing: int
    away: int


@dataclass(frozen=True, slots=True)
class OpenBox:
    """The messages of a mailbox. Only somebody whose PIN was right comes here, and hence no
    dialplan on its own. `without`: there is no such mailbox."""

    mailbox: Value
    then: int
    without: int
    away: int


@dataclass(frozen=True, slots=True)
class AskCode:
    """Ask for an authorisation code."""

    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Jump:
    """On to another destination, as written in the model (`line/101`, `+442071838750`)."""

    to: Value


@dataclass(frozen=True, slots=True)
class Release:
    cause: Cause


RingNode = RingLine | RingLegs | RingMembers | RingNext
"""Where phones ring."""

CodeNode = FlipOwn | FlipMember | PickUpCall | CallBack | FreeHandset
"""What a dialled code does that needs nobody's PIN."""

Node = (
    Visit
    | CheckCaller
    | PickRule
    | IfDoNotDisturb
    | Forward
    | RingNode
    | OrderMembers
    | CodeNode
    | BindHandset
    | LeaveMessage
    | Announce
    | TakeOwn
    | AskPin
    | ChoosePin
    | AskLine
    | AskTarget
    | Menu
    | OpenBox
    | AskCode
    | Jump
    | Release
)

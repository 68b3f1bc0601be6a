"""Ending: how a call ended, as every reader reports it, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controlplane.calls.simulator import Journey, met
from controlplane.calls.world import Behaviour
from controlplane.routing.steps import (
    Authorise,
    CallerId,
    Cause,
    Flip,
    Leg,
    LogOut,
    PhoneLeg,
    Play,
    Ring,
)
from tests.conformance.scenario import Expected, Numbered

WITHHELD = "withheld"
ANY = "any"
"""The carrier puts a number of its own: what it is told is not compared."""

ANSWERED, CANCELLED = 200, 487
STATUS = {
    Cause.UNALLOCATED: 404,
    Cause.BUSY: 486,
    Cause.NO_ANSWER: 480,
    Cause.ABSENT: 480,
    Cause.REJECTED: 403,
    Cause.ROUTING_ERROR: 603,
    Cause.CONGESTION: 503,
}
"""The SIP status of a call that is released unanswered: RFC 3398, 8.2.6.1.

ROUTING_ERROR is not listed there; Asterisk makes 603 of every cause it has no status for.
"""


@dataclass(frozen=True)
class Ending:
    """`status` and `cause` (Q.850) as the caller got them; `cause` None where none was told.

    `answered` may name several where more than one answers at once: each is right. `shown` is
    what each leg that was reached displayed.
    """

    rang: frozenset[str]
    answered: frozenset[str]
    mailbox: str
    status: int | None
    cause: int | None
    told: bool
    shown: Mapping[str, str]
    screened: bool = False
    """The caller was asked for a name or a code, and the call answered for that."""
    confirmed: bool = False
    """A feature code was taken, and the call answered to say so."""
    recorded: bool = False
    """There is one recording more."""
    picked_up: bool = False
    """The caller is joined with who called somebody else, whose phone rang."""

    def __str__(self) -> str:
        parts = [str(self.status)]
        parts += [f"cause {self.cause}"] if self.cause else []
        parts += [f"by {_names(self.answered)}"] if self.answered else []
        parts += [f"mailbox {self.mailbox}"] if self.mailbox else []
        parts += ["confirmed"] if self.confirmed else []
        parts += ["picked up"] if self.picked_up else []
        parts += ["told"] if self.told else []
        parts += ["recorded"] if self.recorded else []
        parts += [f"rang {_names(self.rang)}"] if self.rang else []
        return ", ".join(parts)


def differences(wanted: Ending, seen: Ending) -> Iterator[str]:
    """What of `seen` is not as `wanted`, in words."""
    if wanted.rang != seen.rang:
        yield f"rang {_names(seen.rang)}, not {_names(wanted.rang)}"
    if not (seen.answered <= wanted.answered and bool(seen.answered) == bool(wanted.answered)):
        yield f"answered by {_names(seen.answered)}, not {_names(wanted.answered)}"
    if wanted.mailbox != seen.mailbox:
        yield f"message in {seen.mailbox or 'no mailbox'}, not {wanted.mailbox or 'in any'}"
    if wanted.status != seen.status:
        yield f"status {seen.status}, not {wanted.status}"
    if None not in (wanted.cause, seen.cause) and wanted.cause != seen.cause:
        yield f"cause {seen.cause}, not {wanted.cause}"
    if wanted.screened != seen.screened:
        yield f"{'' if seen.screened else 'not '}asked for a name"
    if wanted.confirmed != seen.confirmed:
        yield f"{'' if seen.confirmed else 'not '}confirmed"
    if wanted.picked_up != seen.picked_up:
        yield f"{'' if seen.picked_up else 'not '}picked up"
    if wanted.recorded != seen.recorded:
        yield f"{'' if seen.recorded else 'not '}recorded"
    if wanted.told != seen.told:
        yield "an announcement" if seen.told else "no announcement"
    for leg in sorted({*wanted.shown, *seen.shown}):
        was, should = seen.shown.get(leg, "nothing"), wanted.shown.get(leg, "nothing")
        if was != should and ANY not in (was, should):
            yield f"{leg} shows {was}, not {should}"


def of_expected(expected: Expected) -> Ending:
    joined = expected.answered or expected.picked_up
    taken = joined or expected.mailbox or expected.screened or expected.confirmed
    cause = None if taken else expected.cause
    return Ending(
        rang=frozenset(expected.rang),
        answered=frozenset({expected.answered} - {""}),
        mailbox=expected.mailbox,
        status=_status(expected.left, cause),
        cause=cause,
        told=expected.told,
        shown=expected.shown,
        screened=expected.screened,
        confirmed=expected.confirmed,
        recorded=expected.recorded,
        picked_up=expected.picked_up,
    )


def of_journey(numbered: Numbered, journey: Journey) -> Ending:
    steps = [stage.decision.step for stage in journey.stages]
    screened = any(
        (isinstance(step, Ring) and step.screen) or isinstance(step, Authorise) for step in steps
    )
    confirmed = any(isinstance(step, Flip | LogOut) for step in steps)
    cause = None if journey.mailbox or screened or confirmed else journey.cause
    return Ending(
        rang=frozenset(map(leg_name, journey.rang)),
        answered=frozenset(_who_may_answer(numbered, journey)),
        mailbox=journey.mailbox or "",
        status=_status(journey.gone, cause),
        cause=cause,
        told=any(isinstance(step, Play) for step in steps) and not screened,
        shown={leg_name(leg): shown_text(leg, who) for leg, who in journey.shown.items()},
        screened=screened,
        confirmed=confirmed,
        recorded=journey.recorded,
        picked_up=journey.picked_up,
    )


def leg_name(leg: Leg) -> str:
    return leg.handset if isinstance(leg, PhoneLeg) else leg.number


def shown_text(leg: Leg, caller: CallerId) -> str:
    """`Name <number>`, `withheld`, or the number alone on a leg outside."""
    if isinstance(leg, PhoneLeg):
        return display(caller.name, caller.number)
    return display("", caller.number) if leg.cli else ANY


def display(name: str, number: str) -> str:
    """As a phone displays it; a withheld number has no name either."""
    if number in ("", "anonymous"):
        return WITHHELD
    return f"{name} <{number}>" if name else number


def _who_may_answer(numbered: Numbered, journey: Journey) -> Iterable[str]:
    step = journey.stages[-1].decision.step
    if not isinstance(step, Ring) or journey.answered is None:
        return ()
    world = numbered.world
    delay = step.terms_of(journey.answered).delay
    return (
        leg_name(leg)
        for leg in step.legs
        if met(leg, step, world) is Behaviour.ANSWERS and step.terms_of(leg).delay == delay
    )


def _status(left: bool, cause: Cause | None) -> int:
    if left:
        return CANCELLED
    return ANSWERED if cause is None else STATUS[cause]


def _names(names: Iterable[str]) -> str:
    return " ".join(sorted(names)) or "nobody"

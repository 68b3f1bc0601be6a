"""Simulator: drives the walk with a made-up world, and says how the call went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from controlplane.calls.call import Call, Decision, FromHandset
from controlplane.calls.facts import Facts
from controlplane.calls.walk import walk
from controlplane.calls.world import Behaviour, World, can_be_called
from controlplane.routing.hotdesk import login_outcome
from controlplane.routing.plan import Plan
from controlplane.routing.recording import is_recorded
from controlplane.routing.state import State, serves_key
from controlplane.routing.steps import (
    Authorise,
    CallerId,
    Cause,
    Collect,
    Flip,
    Hangup,
    LastCaller,
    Leg,
    LogIn,
    LogOut,
    OpenMailbox,
    Outcome,
    PhoneLeg,
    PickUp,
    Play,
    Prompt,
    Ring,
    Voicemail,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One decision and how its step ended. `at`: seconds of ringing before it.

    `shown`: the caller ID each leg that was reached was given; `rang`: those of them that rang.
    """

    decision: Decision
    outcome: Outcome
    at: int
    shown: Mapping[Leg, CallerId]
    rang: tuple[Leg, ...]
    answered: Leg | None = None
    digits: str = ""
    """What the caller pressed, where it is no secret."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A call from its entry to its end.

    `cause` is that of the release: None where the call was answered or the caller left.
    """

    call: Call
    stages: tuple[Stage, ...]
    recorded: bool = False
    """What the two say who talk."""

    @property
    def rang(self) -> tuple[Leg, ...]:
        """Who rang, in order, each once."""
        return tuple(dict.fromkeys(leg for stage in self.stages for leg in stage.rang))

    @property
    def shown(self) -> Mapping[Leg, CallerId]:
        """The caller ID that each leg showed when it was reached last."""
        return {leg: caller for stage in self.stages for leg, caller in stage.shown.items()}

    @property
    def answered(self) -> Leg | None:
        return self.stages[-1].answered

    @property
    def mailbox(self) -> str | None:
        """The mailbox where a message could be left."""
        steps = (stage.decision.step for stage in self.stages)
        return next((step.mailbox for step in steps if isinstance(step, Voicemail)), None)

    @property
    def opened(self) -> str | None:
        """The mailbox whose messages the caller came to."""
        steps = (stage.decision.step for stage in self.stages)
        return next((step.mailbox for step in steps if isinstance(step, OpenMailbox)), None)

    @property
    def picked_up(self) -> bool:
        """The caller took over a call that rang elsewhere."""
        last = self.stages[-1]
        return isinstance(last.decision.step, PickUp) and last.outcome is Outcome.ANSWERED

    @property
    def cause(self) -> Cause | None:
        step = self.stages[-1].decision.step
        return step.cause if isinstance(step, Hangup) else None

    @property
    def gone(self) -> bool:
        """The caller hung up before anybody answered."""
        return self.stages[-1].outcome is Outcome.GONE


def simulate(plan: Plan, state: State, call: Call, world: World, facts: Facts) -> Journey:
    """Ends for every plan: no step is decided twice but those that ask the caller for something,
    and who is asked has only so much to say."""
    world = _in_this_call(world, state, call)
    decisions = walk(plan, state, call, facts)
    stages: list[Stage] = []
    decision, elapsed, said = next(decisions), 0, _Said(world, state)
    while True:
        stage, elapsed = _live_through(decision, world, elapsed, said)
        stages.append(stage)
        try:
            decision = decisions.send((stage.outcome, stage.digits))
        except StopIteration:
            return Journey(call, tuple(stages), _is_recorded(state, call, stages[-1]))


def _in_this_call(world: World, state: State, call: Call) -> World:
    """The phone that calls is in a call, and its line in one more: it may come back to it."""
    if not isinstance(call.source, FromHandset):
        return world
    handset = call.source.handset
    line = state.get(serves_key(handset), "")
    calls = {**world.calls, line: world.calls.get(line, 0) + 1} if line else world.calls
    return replace(world, calls=calls, in_call=world.in_call | {handset})


def _is_recorded(state: State, call: Call, last: Stage) -> bool:
    answered, step = last.answered, last.decision.step
    if answered is None or not isinstance(step, Ring):
        return False
    by = answered.handset if isinstance(answered, PhoneLeg) else None
    source = call.source
    from_own = isinstance(source, FromHandset) and is_recorded(state, source.handset)
    return from_own or is_recorded(state, by, step.line)


_SECRET = (Prompt.ENTER_PIN, Prompt.NEW_PIN)
_MOST_SECRETS = 100


class _Said:
    """What the caller has not pressed yet."""

    def __init__(self, world: World, state: State) -> None:
        self.state = state
        self._pins = iter((*world.pins, *(world.pins[-1:] * _MOST_SECRETS)))
        self._presses = iter(world.presses)

    def secret(self) -> Outcome:
        return next(self._pins, Outcome.NOTHING)

    def digits(self) -> str:
        return next(self._presses, "")


def _live_through(decision: Decision, world: World, at: int, said: _Said) -> tuple[Stage, int]:
    """The step as this world lets it end, and the seconds of ringing until then."""
    step = decision.step
    match step:
        case Ring():
            return _ring(decision, step, world, at)
        case LogIn(handset, line):
            return Stage(decision, login_outcome(said.state, line, handset), at, {}, ()), at
        case Voicemail() | Play() | Flip() | LogOut() | OpenMailbox() | Hangup():
            return Stage(decision, Outcome.DONE, at, {}, ()), at
        case Authorise():
            return Stage(decision, said.secret(), at, {}, ()), at
        case PickUp():
            taken = world.ringing and (not step.lines or world.ringing.intersection(step.lines))
            return Stage(decision, Outcome.ANSWERED if taken else Outcome.NOTHING, at, {}, ()), at
        case LastCaller():
            return _last_caller(decision, world, at), at
        case Collect(prompt) if prompt in _SECRET:
            outcome = said.secret()
            if prompt is Prompt.NEW_PIN and outcome is Outcome.CHANGE:
                outcome = Outcome.RIGHT
            return Stage(decision, outcome, at, {}, ()), at
        case Collect():
            digits = said.digits()
            outcome = Outcome.DIGITS if digits else Outcome.NOTHING
            return Stage(decision, outcome, at, {}, (), digits=digits), at
        case _ as never:
            assert_never(never)


def _last_caller(decision: Decision, world: World, at: int) -> Stage:
    if not (last := world.last_caller):
        return Stage(decision, Outcome.NOTHING, at, {}, ())
    if not can_be_called(last):
        return Stage(decision, Outcome.WITHHELD, at, {}, ())
    return Stage(decision, Outcome.DIGITS, at, {}, (), digits=last)


def _ring(decision: Decision, step: Ring, world: World, at: int) -> tuple[Stage, int]:
    if step.paths and world.calls.get(step.line, 0) >= step.paths:
        return Stage(decision, Outcome.BUSY, at, {}, ()), at
    does = {leg: met(leg, step, world) for leg in step.legs}
    outcome, answered, seconds = ring_outcome(step, does)
    if world.patience is not None and world.patience < at + seconds:
        outcome, answered, seconds = Outcome.GONE, None, world.patience - at
    # Who is to ring later is not reached where the ringing ends before.
    begun = [leg for leg in step.legs if step.terms_of(leg).delay <= min(seconds, step.seconds - 1)]
    shown = {leg: shown_to(leg, step) for leg in begun if does[leg].reached}
    rang = tuple(leg for leg in begun if does[leg].rings)
    return Stage(decision, outcome, at, shown, rang, answered), at + seconds


def met(leg: Leg, step: Ring, world: World) -> Behaviour:
    """What the leg does on the terms it is rung on."""
    terms, does = step.terms_of(leg), world.behaviour(leg)
    if terms.idle_only and isinstance(leg, PhoneLeg) and leg.handset in world.in_call:
        return Behaviour.IN_CALL
    asked = terms.confirm or step.screen
    return Behaviour.ANSWERS if does is Behaviour.REFUSES and not asked else does


def ring_outcome(step: Ring, does: Mapping[Leg, Behaviour]) -> tuple[Outcome, Leg | None, int]:
    """How the ringing ends, who answered, and after how many seconds.

    As Asterisk's Dial and FreeSWITCH's bridge have it: the first answer wins; while one rings, or
    is still to ring, the time runs; a leg that is busy or declines makes it busy; else nobody was
    there to ring. Phones answer and decline as soon as they ring.
    """
    by_delay = sorted(does, key=lambda leg: step.terms_of(leg).delay)
    last = 0
    for leg in by_delay:
        delay = step.terms_of(leg).delay
        if delay and delay >= step.seconds:
            last = step.seconds
            break
        last = max(last, delay)
        if does[leg] is Behaviour.ANSWERS:
            return Outcome.ANSWERED, leg, delay
        if step.screen and does[leg] is Behaviour.REFUSES:
            # Who answers ends the ringing of the others before being asked.
            return Outcome.BUSY, None, delay
    found = {does[leg] for leg in does if (step.terms_of(leg).delay or 0) < step.seconds}
    if Behaviour.RINGS_OUT in found or last == step.seconds:
        return Outcome.NO_ANSWER, None, step.seconds
    if any(behaviour.is_busy for behaviour in found):
        return Outcome.BUSY, None, last
    return Outcome.OFFLINE, None, last


def shown_to(leg: Leg, step: Ring) -> CallerId:
    """A phone sees who calls; outside only the number set on the leg is seen."""
    return step.caller if isinstance(leg, PhoneLeg) else CallerId(leg.cli)

"""Simulator: drives the walk with a made-up world, and says how the call went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from controlplane.calls.call import Call, Decision
from controlplane.calls.walk import walk
from controlplane.calls.world import Behaviour, World
from controlplane.routing.plan import Plan
from controlplane.routing.state import State
from controlplane.routing.steps import (
    CallerId,
    Cause,
    Hangup,
    Leg,
    Outcome,
    PhoneLeg,
    Play,
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


@dataclass(frozen=True, slots=True)
class Journey:
    """A call from its entry to its end.

    `cause` is that of the release: None where the call was answered or the caller left.
    """

    call: Call
    stages: tuple[Stage, ...]

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
    def cause(self) -> Cause | None:
        step = self.stages[-1].decision.step
        return step.cause if isinstance(step, Hangup) else None

    @property
    def gone(self) -> bool:
        """The caller hung up before anybody answered."""
        return self.stages[-1].outcome is Outcome.GONE


def simulate(plan: Plan, state: State, call: Call, world: World) -> Journey:
    """Ends for every plan: no step is decided twice."""
    decisions = walk(plan, state, call)
    stages: list[Stage] = []
    decision, elapsed = next(decisions), 0
    while True:
        stage, elapsed = _live_through(decision, world, elapsed)
        stages.append(stage)
        try:
            decision = decisions.send(stage.outcome)
        except StopIteration:
            return Journey(call, tuple(stages))


def _live_through(decision: Decision, world: World, at: int) -> tuple[Stage, int]:
    """The step as this world lets it end, and the seconds of ringing until then."""
    step = decision.step
    match step:
        case Ring():
            return _ring(decision, step, world, at)
        case Voicemail() | Play() | Hangup():
            return Stage(decision, Outcome.DONE, at, {}, ()), at
        case _ as never:
            assert_never(never)


def _ring(decision: Decision, step: Ring, world: World, at: int) -> tuple[Stage, int]:
    does = {leg: world.behaviour(leg) for leg in step.legs}
    shown = {leg: shown_to(leg, step) for leg in step.legs if does[leg].reached}
    rang = tuple(leg for leg in step.legs if does[leg].rings)
    outcome, answered = ring_outcome(does)
    ends = at + step.seconds if outcome is Outcome.NO_ANSWER else at
    if world.patience is not None and world.patience < ends:
        outcome, ends = Outcome.GONE, world.patience
    return Stage(decision, outcome, at, shown, rang, answered), ends


def ring_outcome(does: Mapping[Leg, Behaviour]) -> tuple[Outcome, Leg | None]:
    """How ringing several legs together ends, and who answered.

    As Asterisk's Dial and FreeSWITCH's bridge have it: an answer wins; while one rings the time
    runs out; a leg that is busy or declines makes it busy; else nobody was there to ring.
    """
    for leg, behaviour in does.items():
        if behaviour is Behaviour.ANSWERS:
            return Outcome.ANSWERED, leg
    found = set(does.values())
    if Behaviour.RINGS_OUT in found:
        return Outcome.NO_ANSWER, None
    if found & {Behaviour.BUSY, Behaviour.DECLINES}:
        return Outcome.BUSY, None
    return Outcome.OFFLINE, None


def shown_to(leg: Leg, step: Ring) -> CallerId:
    """A phone sees who calls; outside only the number set on the leg is seen."""
    return step.caller if isinstance(leg, PhoneLeg) else CallerId(leg.cli)

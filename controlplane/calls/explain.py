"""Explanation: a journey as plain data, each step with its reasons, for tables and JSON."""

from __future__ import annotations

from typing import Any, assert_never

from controlplane.calls.call import FromHandset, FromTrunk
from controlplane.calls.simulator import Journey, Stage
from controlplane.routing.state import WITHHELD
from controlplane.routing.steps import (
    Authorise,
    CallerId,
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
    Ring,
    Step,
    Terms,
    TrunkLeg,
    Voicemail,
)


def explanation(journey: Journey) -> dict[str, Any]:
    """`call`, `steps` (at, step, text, outcome, reasons by address) and `result`.

    Strings, numbers, lists and mappings only. `at` is in seconds of ringing.
    """
    return {
        "call": _call(journey),
        "steps": [_stage(stage) for stage in journey.stages],
        "result": {
            "text": result_text(journey),
            "rang": [leg_name(leg) for leg in journey.rang],
            "answered_by": leg_name(journey.answered) if journey.answered else None,
            "recorded": journey.recorded,
            "mailbox": journey.mailbox,
            "cause": int(journey.cause) if journey.cause is not None else None,
            "caller_left": journey.gone,
            "shown": {leg_name(leg): caller_text(who) for leg, who in journey.shown.items()},
        },
    }


def result_text(journey: Journey) -> str:
    """The end of the call in one sentence."""
    if journey.answered:
        recorded = ", and the call is recorded" if journey.recorded else ""
        return f"{leg_name(journey.answered)} answers{recorded}"
    if journey.gone:
        return "the caller hangs up"
    if journey.mailbox:
        return f"a message is left in mailbox {journey.mailbox}"
    if journey.opened:
        return f"the messages of mailbox {journey.opened} are heard"
    if journey.picked_up:
        return "a call that rang elsewhere is taken over"
    cause = journey.cause
    return f"released: {_words(cause.name)} ({cause.value})" if cause else "released"


def leg_name(leg: Leg) -> str:
    """`LDN-07`, or `+447700900123 by uplink`."""
    match leg:
        case PhoneLeg():
            return leg.handset
        case TrunkLeg():
            return f"{leg.number} by {leg.trunk}"
        case _ as never:
            assert_never(never)


def caller_text(caller: CallerId) -> str:
    """`Ada Byron <101>`, `+447700900123`, or `withheld`."""
    number = "withheld" if caller.number in ("", WITHHELD) else caller.number
    return f"{caller.name} <{number}>" if caller.name else number


def _call(journey: Journey) -> dict[str, Any]:
    call = journey.call
    match call.source:
        case FromHandset(handset):
            source = {"handset": handset}
        case FromTrunk(trunk, caller):
            source = {"trunk": trunk, "caller": caller_text(caller)}
        case _ as never:
            assert_never(never)
    return {"from": source, "called": call.called}


def _stage(stage: Stage) -> dict[str, Any]:
    step = stage.decision.step
    return {
        "at": stage.at,
        "step": type(step).__name__.lower(),
        "text": step_text(step),
        "outcome": _outcome_text(stage),
        "reasons": [{"text": it.text, "address": it.address} for it in stage.decision.notes],
    }


def step_text(step: Step) -> str:
    match step:
        case Ring():
            legs = ", ".join(leg_name(leg) + _terms(step.terms_of(leg)) for leg in step.legs)
            asked = ", screened" if step.screen else ""
            return f"ring {legs} for {step.seconds} s as {caller_text(step.caller)}{asked}"
        case Voicemail():
            return f"voicemail {step.mailbox} with the {step.greeting} greeting"
        case Play():
            return f"tell the caller: {_words(step.prompt)}"
        case Collect():
            told = f"{_words(step.told)}; " if step.told else ""
            return f"ask the caller: {told}{_words(step.prompt)}"
        case OpenMailbox():
            return f"open mailbox {step.mailbox}"
        case Authorise():
            return "ask the caller: enter code"
        case PickUp():
            at = ", ".join(step.lines) or "any phone"
            return f"take over a call that rings at {at}"
        case LastCaller():
            return f"look up who called {step.line} last"
        case Flip():
            return f"write {step.key}: {step.value or 'off'}, and confirm it"
        case LogIn():
            return f"log line {step.line} in to handset {step.handset}"
        case LogOut():
            return f"log line {step.line} out of handset {step.handset}, and confirm it"
        case Hangup():
            return f"release: {_words(step.cause.name)} ({step.cause.value})"
        case _ as never:
            assert_never(never)


def _terms(terms: Terms) -> str:
    said = [f"after {terms.delay} s"] if terms.delay else []
    said += ["to confirm"] if terms.confirm else []
    said += ["if idle"] if terms.idle_only else []
    return f" ({', '.join(said)})" if said else ""


def _outcome_text(stage: Stage) -> str:
    if stage.outcome is Outcome.ANSWERED and stage.answered:
        return f"answered by {leg_name(stage.answered)}"
    return _words(stage.outcome)


def _words(name: str) -> str:
    return name.lower().replace("-", " ").replace("_", " ")

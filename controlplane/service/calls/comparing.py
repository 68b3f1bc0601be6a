"""Comparing: which of some calls a change alters, how they go before and after, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controlplane.calls.call import Note
from controlplane.calls.explain import caller_text, leg_name, result_text, step_text
from controlplane.calls.simulator import Journey, Stage
from controlplane.diagnostics import Faults
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.steps import Hangup, TrunkLeg
from controlplane.service.calls.asking import Asked, answer


@dataclass(frozen=True, slots=True)
class Told:
    """How a call goes: `text` is every step and the end, `reasons` why."""

    text: str
    reasons: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Altered:
    """A call that a change would alter. `had`: only had those it rings first been so, as `busy`."""

    asked: Asked
    before: Told
    after: Told
    had: str = ""

    def data(self) -> dict[str, Any]:
        """As JSON and YAML have it."""
        return {
            "call": str(self.asked),
            "before": self.before.text,
            "after": self.after.text,
            "reasons": {
                name: [{"text": it.text, "address": it.address} for it in told.reasons]
                for name, told in (("before", self.before), ("after", self.after))
            },
        }


def altered(
    before: PhoneSystem, after: PhoneSystem, asked: Sequence[Asked], now: dt.datetime
) -> tuple[Altered, ...]:
    """Those of the calls that go otherwise after a change; of those that do not, what would have
    gone otherwise had nobody answered as asked."""
    return tuple(it for one in asked for it in _altered(before, after, one, now))


def _altered(
    before: PhoneSystem, after: PhoneSystem, asked: Asked, now: dt.datetime
) -> Iterator[Altered]:
    was, becomes = _ways(before, asked, now), _ways(after, asked, now)
    if was.itself.text != becomes.itself.text:
        yield Altered(asked, was.itself, becomes.itself)
        return
    for had, told in becomes.others.items():
        if had in was.others and was.others[had].text != told.text:
            yield Altered(asked, was.others[had], told, had)


@dataclass(frozen=True, slots=True)
class _Ways:
    """A call as it is asked, and had those it rings first been busy, not answered or offline."""

    itself: Told
    others: Mapping[str, Told] = field(default_factory=dict)


def _ways(system: PhoneSystem, asked: Asked, now: dt.datetime) -> _Ways:
    """In words where the call cannot be made."""
    try:
        found = answer(system, asked, now)
    except Faults as faults:
        return _Ways(Told(faults.diagnostics[0].message))
    others = {had: _told(journey) for had, journey in found.others.items()}
    return _Ways(_told(found.journey), others)


def _told(journey: Journey) -> Told:
    steps = [_step(stage) for stage in journey.stages]
    notes = [note for stage in journey.stages for note in stage.decision.notes]
    return Told("; ".join([*filter(None, steps), result_text(journey)]), tuple(notes))


def _step(stage: Stage) -> str:
    """What is done, and the number shown outside; a release is told as the call's end."""
    step = stage.decision.step
    if isinstance(step, Hangup):
        return ""
    outside = (
        f", {leg_name(leg)} sees {caller_text(who)}"
        for leg, who in stage.shown.items()
        if isinstance(leg, TrunkLeg)
    )
    return step_text(step) + "".join(outside)

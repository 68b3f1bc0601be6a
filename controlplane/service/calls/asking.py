"""Asking what would happen to a call: who calls whom, when, and what everybody does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import ConfigDict, Field, ValidationError

from controlplane.calls.call import Call, FromHandset, FromTrunk
from controlplane.calls.explain import result_text
from controlplane.calls.facts import Facts
from controlplane.calls.rules import left_out, pick
from controlplane.calls.simulator import Journey, Stage, simulate
from controlplane.calls.world import Behaviour, World, world_from
from controlplane.diagnostics import Diagnostic, Faults, Source, fault
from controlplane.model.checks.words import faults_of
from controlplane.model.feature_codes import Feature, codes_of
from controlplane.model.group import Strategy
from controlplane.model.part import OneOrMore, Part, Text
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.frames import zone
from controlplane.routing.plan import Plan
from controlplane.routing.state import State, phones_of
from controlplane.routing.steps import CallerId, Outcome, Ring
from controlplane.routing.stored import state_of
from controlplane.store.yaml.syntax import unreadable

_FROM = "write an extension, a handset, or an outside number as +447700900123"


class Pressed(StrEnum):
    """CHANGE: the default PIN. LOCKED: whatever it is."""

    RIGHT = "right"
    CHANGE = "change"
    WRONG = "wrong"
    LOCKED = "locked"
    NOTHING = "nothing"


class Asked(Part):
    """One call. `at`: in the tenant's time zone; now where it is empty. `when`: what a line, a
    handset, a trunk or an outside number does; who is not named answers. `patience`: the caller
    hangs up after so many seconds. `pins`: what each PIN or code is that the caller presses, the
    last one also for all that follow; `presses`: what else. `last_caller`: who called
    the caller's line last."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    caller: Annotated[Text, Field(alias="from")]
    called: Annotated[Text, Field(alias="to")]
    at: Text = ""
    when: dict[Text, Text] = Field(default_factory=dict)
    handset: Text = ""
    trunk: Text = ""
    patience: Annotated[int, Field(ge=0)] | None = None
    pins: Annotated[tuple[Pressed, ...], OneOrMore] = (Pressed.RIGHT,)
    presses: Annotated[tuple[Text, ...], OneOrMore] = ()
    last_caller: Text = ""

    def __str__(self) -> str:
        return f"{self.caller} calls {self.called}" + (f" at {self.at}" if self.at else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """`at` is aware, in the tenant's time zone. `others`: the call had those it rang first been
    busy, not answered or been offline; empty where nobody was rung."""

    at: dt.datetime
    journey: Journey
    others: Mapping[str, Journey]

    @property
    def otherwise(self) -> dict[str, str]:
        """How it would have ended then."""
        return {does: result_text(journey) for does, journey in self.others.items()}


def answer(system: PhoneSystem, asked: Asked, now: dt.datetime) -> Answer:
    """Faults where somebody is named whom the tenant does not have."""
    plan, state = compile_plan(system), state_of(system)
    at = moment(asked.at, system.settings.timezone, now)
    call = _call(system, plan, state, asked)
    world = replace(
        world_from(plan, state, asked.when, asked.patience),
        pins=tuple(Outcome(it.value) for it in asked.pins),
        presses=asked.presses,
        last_caller=plan.rules.to_e164(asked.last_caller) or asked.last_caller,
    )

    def told(world: World) -> Journey:
        journey = simulate(plan, state, call, world, Facts(at))
        return replace(journey, stages=tuple(_with_rules(system, plan, state, journey, at)))

    journey = told(world)
    others = {str(does): told(other) for does, other in _other_worlds(journey, world)}
    return Answer(at, journey, others)


def _with_rules(
    system: PhoneSystem, plan: Plan, state: State, journey: Journey, at: dt.datetime
) -> Iterator[Stage]:
    """Each stage, with why those rules are not active that the walk never looks at."""
    told: set[str] = set()
    for stage in journey.stages:
        decision = stage.decision
        blocked = {it.address for it in decision.notes if it.address.endswith("/blocked")}
        for place in decision.point.seen:
            line = place.removeprefix("line/")
            if line == place or line in told or line not in system.lines:
                continue
            told.add(line)
            if f"{system.tenant}/lines/{line}/blocked" not in blocked:
                more = tuple(left_out(system, line, pick(plan, state, line, at).name))
                decision = decision._replace(reasons=(*decision.reasons, *more))
        yield replace(stage, decision=decision)


def read_asked(path: Path) -> tuple[Asked, ...]:
    """The calls of a YAML file, a list of them. Faults name every wrong one with its line."""
    text = path.read_text("utf-8")
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        items = yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        found = unreadable(error, text)
        raise Faults([_located(found.message, str(path), found.line, found.mend)]) from None
    if not isinstance(items, list) or not isinstance(node, yaml.SequenceNode):
        raise fault("is no list of calls", str(path), "write - {from: 101, to: 102} for each")
    made: list[Asked] = []
    faults: list[Diagnostic] = []
    for index, (item, at) in enumerate(zip(items, node.value, strict=True), 1):
        try:
            made.append(Asked.model_validate(item))
        except ValidationError as error:
            wrong = faults_of(error, Asked, f"calls/{index}", item)
            source = Source(str(path), at.start_mark.line + 1, at.start_mark.column + 1)
            faults += [replace(it, source=source) for it in wrong]
    if faults:
        raise Faults(faults)
    return tuple(made)


def _located(message: str, file: str, line: int, mend: str) -> Diagnostic:
    return replace(Diagnostic(message, "", mend), source=Source(file, line, 1))


def _other_worlds(journey: Journey, world: World) -> Iterator[tuple[Behaviour, World]]:
    steps = (stage.decision.step for stage in journey.stages)
    ring = next((step for step in steps if isinstance(step, Ring)), None)
    if ring is None:
        return
    for does in (Behaviour.BUSY, Behaviour.RINGS_OUT, Behaviour.OFFLINE):
        handsets, numbers = dict(world.handsets), dict(world.numbers)
        for leg in ring.legs:
            if name := getattr(leg, "handset", ""):
                handsets[name] = does
            else:
                numbers[getattr(leg, "number", "")] = does
        yield does, replace(world, handsets=handsets, numbers=numbers)


def moment(text: str, timezone: str, now: dt.datetime) -> dt.datetime:
    """A time by the clock of a zone, aware; `now` where it is empty. Raises Faults."""
    here = zone(timezone)
    if not text:
        return now.astimezone(here).replace(microsecond=0)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise fault(f"{text!r} is no time", "at", "write it as 2026-12-25 10:00") from None
    return moment.astimezone(here) if moment.tzinfo else moment.replace(tzinfo=here)


def _call(system: PhoneSystem, plan: Plan, state: State, asked: Asked) -> Call:
    if asked.caller in system.handsets:
        return Call(asked.called, FromHandset(asked.caller))
    if asked.caller in system.lines:
        return Call(asked.called, FromHandset(_phone(system, state, asked)))
    e164 = plan.rules.to_e164(asked.caller)
    if e164 is None and asked.caller != "anonymous":
        raise fault(f"there is no extension or handset {asked.caller!r}", "from", _FROM)
    first = asked.trunk or plan.first_trunk or ""
    if first not in system.trunks:
        known = ", ".join(system.trunks) or "none"
        what = f"there is no trunk {first!r}" if first else "no trunk for the call to come in by"
        raise fault(what, "trunk", f"there are: {known}")
    return Call(asked.called, FromTrunk(first, CallerId(e164 or asked.caller)))


def _phone(system: PhoneSystem, state: State, asked: Asked) -> str:
    line = asked.caller
    phones = phones_of(state, line)
    if asked.handset and asked.handset not in phones:
        on = ", ".join(phones) or "none"
        raise fault(f"line {line} is not on handset {asked.handset!r}", "handset", f"it is on {on}")
    if not phones:
        mend = "give it a handset, or call from another"
        raise fault(f"line {line} is on no handset", f"{system.tenant}/lines/{line}", mend)
    return asked.handset or phones[0]


def approximations(system: PhoneSystem) -> Iterator[Any]:
    """What the dialplan alone does otherwise than a controller, one a setting."""
    for key, group in system.groups.items():
        address = f"{system.tenant}/groups/{key}"
        if group.strategy in _AS_ROUND_ROBIN:
            yield f"{address}/strategy", f"{group.strategy} is round-robin"
        if group.strategy is Strategy.RANDOM:
            yield f"{address}/strategy", "on a FreeSWITCH only who is first is random"
        if group.wrap_up:
            yield f"{address}/wrap_up", "members ring again at once"
    there = codes_of(system.settings.feature_codes).values()
    for feature, text in _NOT_ALONE.items():
        if feature in there:
            yield f"{system.tenant}/settings/feature_codes/{feature}", text


_AS_ROUND_ROBIN = (Strategy.LONGEST_IDLE, Strategy.FEWEST_CALLS)
_NOT_ALONE = {
    Feature.VOICEMAIL: "nobody gets in: the caller hears that it is not available",
    Feature.VOICE_PORTAL: "nobody gets in: the caller hears that it is not available",
    Feature.HANDSET_LOGIN: "nobody logs in: the caller hears that it is not available",
}
"""What only a controller opens: it looks at PINs."""

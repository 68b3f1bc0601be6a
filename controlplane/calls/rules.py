"""Which answering rule of a line is active, and why the others are not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from controlplane.calls.call import Active, Note
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.frames import holds, zone
from controlplane.routing.plan import Plan
from controlplane.routing.state import RuleRef, State, answering_of, prefix_of, zone_key


class Picked(NamedTuple):
    active: Active
    name: str
    """"" for the default rule."""
    notes: tuple[Note, ...]


def pick(plan: Plan, state: State, line: str, at: dt.datetime) -> Picked:
    """The first rule of the line whose time frame holds at `at`; the default rule always does."""
    paths, rules = answering_of(state, line)
    notes: list[Note] = []
    local = None
    for rule in rules:
        if rule.frame and local is None:
            local = at.astimezone(zone(state.get(zone_key(line)) or plan.timezone))
        if not rule.frame or (local and holds(plan.frames.get(rule.frame, ()), local)):
            active = Active(prefix_of(line, rule.name), rule.seconds, paths)
            if rule.name:
                notes.append(_note(plan, line, rule, f"active, as {rule.frame} holds now"))
            notes += (
                _note(plan, line, it, f"not active: {rule.name} comes before it")
                for it in rules
                if it.name
            )
            return Picked(active, rule.name, tuple(notes))
        notes.append(_note(plan, line, rule, f"not active: {rule.frame} does not hold now"))
    raise ValueError(f"line {line} has no default rule")


def _note(plan: Plan, line: str, rule: RuleRef, text: str) -> Note:
    return Note(f"{plan.tenant}/lines/{line}/rules/{rule.name}", text)


DISABLED = "not active: it is disabled"


def left_out(system: PhoneSystem, line: str, active: str) -> Iterator[Note]:
    """What `pick` says nothing about, as calls do not wait for it: the disabled rules of a line,
    and the default one. `active`: the name of the rule that is, "" for the default one."""
    address = f"{system.tenant}/lines/{line}"
    rules = system.lines[line].rules
    for rule in rules:
        if not rule.enabled:
            yield Note(f"{address}/rules/{rule.name}", DISABLED)
    if rules:
        why = f"not active: {active} comes before it" if active else "active, as no other rule is"
        yield Note(address, f"the default rule is {why}")

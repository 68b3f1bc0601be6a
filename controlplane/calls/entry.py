"""Entry: which flow a call starts in, who it says is calling, and what it shows outside."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from controlplane.calls.call import Call, FromHandset, FromTrunk, Note, Reason
from controlplane.model.destination import parse
from controlplane.routing.plan import AUTHORISED, BARRED, EMERGENCY, EXTERNAL, UNKNOWN, Plan
from controlplane.routing.state import (
    ON,
    WITHHELD,
    State,
    cli_key,
    coded_key,
    emergency_key,
    flow_of,
    name_key,
    serves_key,
)
from controlplane.routing.steps import CallerId

_FEATURES = frozenset("*#")
"""What a feature code begins with."""


class Entry(NamedTuple):
    """`argument` is for a flow that takes one ("" otherwise)."""

    flow: str
    argument: str
    caller: CallerId
    cli: str
    reason: Reason


def enter(plan: Plan, state: State, call: Call) -> Entry:
    match call.source:
        case FromHandset(handset):
            return _from_handset(plan, state, call.called, handset)
        case FromTrunk(trunk, caller):
            return _from_trunk(plan, call.called, trunk, caller)
        case _ as never:
            assert_never(never)


def _from_handset(plan: Plan, state: State, called: str, handset: str) -> Entry:
    line = state.get(serves_key(handset), "")
    caller = CallerId(line, state.get(name_key(line), "") if line else "")
    address = f"{plan.tenant}/handsets/{handset}"
    hidden = False
    while plan.hide and called.startswith(plan.hide) and called != plan.hide:
        called, hidden = called.removeprefix(plan.hide), True
    if called in plan.emergency_numbers:
        known = plan.handsets.get(handset)
        note = Note(f"{plan.tenant}/settings/emergency_numbers", f"{called} is an emergency number")
        cli = state.get(emergency_key(handset), "") or (known.emergency_cli if known else "")
        return Entry(EMERGENCY, called, caller, cli, note)
    cli = WITHHELD if hidden else state.get(cli_key(line), "") if line else ""
    if not (line or _is_open(plan, called)):
        return Entry(BARRED, "", caller, "", Note(f"{address}/login", "no line is logged in here"))
    if not line and called in plan.extensions:
        caller = CallerId(WITHHELD)
    flow, argument, reason = _dialled(plan, called, handset)
    if flow == EXTERNAL and state.get(coded_key(line)) == ON:
        flow = AUTHORISED
        reason = Note(f"{plan.tenant}/lines/{line}/authorisation_code", "calls out take a code")
    return Entry(flow, argument, caller, cli, reason)


def _is_open(plan: Plan, called: str) -> bool:
    """Whether it may be dialled where nobody is logged in."""
    feature = plan.features.get(called)
    return (plan.open_inside and called in plan.extensions) or (
        feature is not None and feature.open
    )


def _dialled(plan: Plan, called: str, handset: str) -> tuple[str, str, Reason]:
    """An extension, a number of the tenant's own, a number outside, or nothing known."""
    if destination := plan.extensions.get(called):
        flow, argument = _flow(plan, destination)
        return flow, argument, lambda: _extension_dialled(plan, destination, called)
    if called[:1] in _FEATURES and (feature := _feature(plan, called, handset)):
        return feature
    e164 = plan.rules.to_e164(called)
    if e164 and (destination := plan.numbers.get(e164)):
        flow, argument = _flow(plan, destination)
        return flow, argument, Note(f"{plan.tenant}/numbers/{e164}/to", f"goes to {destination}")
    if e164:
        return EXTERNAL, e164, Note(f"{plan.tenant}/trunks", f"{e164} is outside: by trunk")
    return UNKNOWN, "", Note(plan.tenant, f"{called} is neither an extension nor a number")


def _extension_dialled(plan: Plan, destination: str, called: str) -> Note:
    return Note(f"{plan.tenant}/{_address(destination)}", f"{called} dialled")


def _feature(plan: Plan, called: str, handset: str) -> tuple[str, str, Note] | None:
    """The longest code that it begins with, and what is dialled behind it."""
    for length in range(len(called), 1, -1):
        code, behind = called[:length], called[length:]
        found = plan.features.get(code)
        if found is None or found.takes is not bool(behind):
            continue
        note = Note(f"{plan.tenant}/{plan.address(found.flow)}", f"{code} dialled")
        if not found.takes:
            return found.flow, handset if found.of_handset else "", note
        if target := destination_dialled(plan, behind):
            return found.flow, target, note
        return UNKNOWN, "", Note(note.address, f"{behind} is neither an extension nor a number")
    return None


def destination_dialled(plan: Plan, dialled: str) -> str:
    """As the state has a destination; "" for what is none."""
    if dialled in plan.emergency_numbers:
        return ""
    return plan.extensions.get(dialled) or plan.rules.to_e164(dialled) or ""


def _from_trunk(plan: Plan, called: str, trunk: str, caller: CallerId) -> Entry:
    shown = CallerId(plan.rules.to_e164(caller.number) or caller.number, caller.name)
    e164 = plan.rules.to_e164(called)
    if e164 and (destination := plan.numbers.get(e164)):
        flow, argument = _flow(plan, destination)
        note = Note(f"{plan.tenant}/numbers/{e164}/to", f"goes to {destination}")
        return Entry(flow, argument, shown, "", note)
    note = Note(f"{plan.tenant}/numbers", f"{called} by trunk {trunk} is no active number")
    return Entry(UNKNOWN, "", shown, "", note)


def _flow(plan: Plan, destination: str) -> tuple[str, str]:
    """The flow and its argument. Most destinations are a flow's own name."""
    return (destination, "") if destination in plan.flows else flow_of(parse(destination))


def _address(destination: str) -> str:
    kind, _, key = destination.partition("/")
    return f"{'mailboxe' if kind == 'mailbox' else kind}s/{key}"

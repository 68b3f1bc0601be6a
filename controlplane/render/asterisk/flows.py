"""A tenant's contexts: its flows by destination, its numbers, emergency numbers and hints."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.render.asterisk.escape import word
from controlplane.render.asterisk.features import features_dialplan, target_service
from controlplane.render.asterisk.frames import frames_dialplan
from controlplane.render.asterisk.history import ENDED_CONTEXT
from controlplane.render.asterisk.names import (
    emergency_context,
    group_extension,
    hints_context,
    key,
    line_device,
    numbers_context,
    routine_context,
    tenant_context,
    trunk_account,
)
from controlplane.render.asterisk.record import join_args
from controlplane.routing.plan import Flow, Plan
from controlplane.routing.state import phones_key


def tenant_dialplan(plan: Plan) -> str:
    # Asterisk looks for the place of each extension from the lowest on: 10,000 in ascending
    # order take it seconds, in descending order no time.
    lines = [
        f"[{tenant_context(plan.tenant)}]",
        f"include => {ENDED_CONTEXT}",
        *_services(plan),
        *sorted((*_flows(plan), *_other_extensions(plan)), reverse=True),
        "",
        f"[{numbers_context(plan.tenant)}]",
        f"include => {ENDED_CONTEXT}",
        *sorted(_numbers(plan), reverse=True),
        "",
        f"[{emergency_context(plan.tenant)}]",
        *(f"exten => {word(number)},1,NoOp()" for number in sorted(plan.emergency_numbers)),
        "",
        *features_dialplan(plan, _enter),
        f"[{hints_context(plan.tenant)}]",
        *_hints(plan.tenant),
        "",
        *frames_dialplan(plan.tenant, plan.frames),
    ]
    return "\n".join(lines) + "\n"


def _services(plan: Plan) -> Iterator[str]:
    """Subroutines with this tenant's own arguments; nobody can dial letters."""
    rules = plan.rules
    prefixes = ",".join(map(word, (rules.country_code, rules.international, rules.national)))
    yield f"exten => e164,1,Gosub(cp-e164,s,1({prefixes}))"
    yield " same => n,Return()"
    # A number that is rung beside others is rung by the first trunk.
    first = plan.first_trunk
    leg = f"PJSIP/${{ARG1}}@{trunk_account(plan.tenant, first)}" if first else ""
    yield f"exten => outside,1,Return({leg})"
    yield from target_service(plan.tenant)


def _extension(flow: str) -> str:
    """Where a flow is: a line at its extension, which people dial, all others at a name."""
    kind, _, name = flow.partition("/")
    match kind:
        case "line":
            return word(name)
        case "group":
            return group_extension(name)
        case _:
            return word(flow)


def _enter(flow: Flow) -> str:
    args = tuple(map(word, flow.args))
    if flow.takes:
        args = (*args, "${CP_KEY}")
    return f"Gosub({routine_context(flow.routine)},s,1({join_args(args)}))"


def _flows(plan: Plan) -> Iterator[str]:
    return (f"exten => {_extension(name)},1,{_enter(flow)}" for name, flow in plan.flows.items())


def _numbers(plan: Plan) -> Iterator[str]:
    return (f"exten => {word(e164)},1,{_jump(to)}" for e164, to in plan.numbers.items())


def _other_extensions(plan: Plan) -> Iterator[str]:
    """Extensions of groups and shared mailboxes; those of lines are flows themselves."""
    for extension, destination in plan.extensions.items():
        if destination != f"line/{extension}":
            yield f"exten => {word(extension)},1,{_jump(destination)}"


def _jump(destination: str) -> str:
    return f"Gosub(cp-jump,s,1({word(destination)}))"


def _hints(tenant: str) -> Iterator[str]:
    """What a lamp key watches. `controlplane.live.asterisk.lamps` sees to what changes."""
    # Also by the name a line has on every engine: 102 or acme.102.
    extension = "${CUT(EXTEN,.,${FIELDQTY(EXTEN,.)})}"
    yield f"exten => _[A-Za-z0-9]!,hint,{watched_devices(tenant, extension)}"


def watched_devices(tenant: str, extension: str) -> str:
    """Of a hint; `extension` may be an expression."""
    phones = key(tenant, phones_key(extension))
    return f"{line_device(tenant, extension)}&${{DB({phones})}}"

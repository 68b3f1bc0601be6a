"""A tenant's contexts: entry, its flows by destination, extensions and numbers.

In each, the first extension is for what is not found: FreeSWITCH goes to the one that is named,
and to the first where there is none of that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.model.destination import Destination, Kind, parse
from controlplane.render.freeswitch.elements import (
    action,
    always,
    context,
    either,
    extension,
    set_now,
    transfer,
    when,
)
from controlplane.render.freeswitch.escape import pattern, word
from controlplane.render.freeswitch.names import (
    CALLS,
    REALM,
    extensions_context,
    numbers_context,
    routine_context,
    tenant_context,
)
from controlplane.render.freeswitch.numbers import e164_patterns
from controlplane.render.freeswitch.record import join_args
from controlplane.routing.plan import BARRED, EMERGENCY, EXTERNAL, UNKNOWN, Plan

_OTHERWISE = "otherwise"
_EMPTY = "^$"
_LINE = "line/"
_RAW_NUMBER = "cp_number=${url_encode(${uuid_getvar(${uuid} caller_id_number)})}"
# Named in an expression, a display name would be expanded; a result of `uuid_getvar` is not.
_SENT = "${uuid_getvar(${uuid} sip_from_display)}"
# FreeSWITCH holds no display name with `${` in it, but keeps it here with `%` for the `$`.
_KEPT = "${url_encode(${uuid_getvar(${uuid} caller_id_name)})}"
_CLEANED = f"cp_name=${{replace(${{replace({_KEPT}|%5C|%20)}}|%25%7B|%24%5C%7B)}}"
# `url_encode` leaves alone what looks encoded already, and that would be decoded with the rest.
_ENCODED = "%[0-9A-F]{2}"
_ONCE = r"^([^%\x5c\x27$]*)%([^%\x5c\x27$]*)$"
_BOTH = "cp_name=${url_encode(${cp_one})}%25${url_encode(${cp_more})}"


def tenant_dialplan(plan: Plan) -> str:
    tenant = plan.tenant
    lines = [name for name in plan.flows if name.startswith(_LINE)]
    others = [name for name in plan.flows if not name.startswith(_LINE)]
    contexts = (
        context(
            tenant_context(tenant),
            (*_services(plan), *(_flow(plan, name, name.replace("/", ".")) for name in others)),
        ),
        context(
            extensions_context(tenant),
            (
                extension(_OTHERWISE, always(transfer("number", tenant_context(tenant)))),
                *(_flow(plan, name, name.removeprefix(_LINE)) for name in lines),
                *_other_extensions(plan),
            ),
        ),
        context(numbers_context(tenant), _numbers(plan)),
    )
    return "\n".join(contexts) + "\n"


def _services(plan: Plan) -> Iterator[str]:
    """Entry, and what has this tenant's own values. Nobody can dial letters."""
    here = tenant_context(plan.tenant)
    yield extension(_OTHERWISE, always(transfer(UNKNOWN, here)))
    yield extension("from-handset", *_from_handset(plan, here))
    # The next three go on, each into the one behind it.
    yield extension("from-trunk", *_from_trunk(), goes_on=True)
    yield extension("caller", *_e164(plan, "caller_id_number", "cp_number"), goes_on=True)
    number = (always(set_now("cp_key=")), *_e164(plan, "${cp_dialled}", "cp_key"))
    yield extension("number", *number, goes_on=True)
    yield extension(
        "routed",
        when("${cp_key}", _EMPTY, transfer(UNKNOWN, here)),
        always(transfer("${cp_key}", numbers_context(plan.tenant))),
    )
    yield extension("outside", *_outside(plan))


def _from_handset(plan: Plan, here: str) -> Iterator[str]:
    line = f"${{db(select/{REALM}/${{cp_tenant}}.handset.${{cp_handset}}.line)}}"
    yield always(action("sched_cancel"), set_now(f"cp_number={line}"))
    yield always(set_now(f"cp_name={_of_line('name')}"))
    if plan.emergency_numbers:
        numbers = "|".join(map(pattern, sorted(plan.emergency_numbers)))
        data = "cp_cli=${cp_ecli} cp_key=${cp_dialled}"
        call = (action("multiset", data, inline=True), transfer(EMERGENCY, here))
        yield when("${cp_dialled}", f"^(?:{numbers})$", *call)
    yield when("${cp_number}", _EMPTY, transfer(BARRED, here))
    yield always(
        set_now(f"cp_cli={_of_line('cli')}"),
        transfer("${cp_dialled}", extensions_context(plan.tenant)),
    )


def _from_trunk() -> Iterator[str]:
    yield always(action("sched_cancel"), set_now("cp_cli="), set_now(_RAW_NUMBER))
    yield always(set_now(f"cp_name=${{url_encode({_SENT})}}"))
    cleaned = either("caller_id_name", "[{]", set_now(_CLEANED))
    yield either("${cp_name}", "^_undef_$", set_now("cp_name="), cleaned)
    parts = map(set_now, ("cp_one=$1", "cp_more=$2", _BOTH))
    yield either(_SENT, _ENCODED, set_now("cp_name="), either(_SENT, _ONCE, *parts))


def _e164(plan: Plan, field: str, variable: str) -> Iterator[str]:
    """Sets the variable where the field has the form of a public number."""
    for expression, made in e164_patterns(plan.rules):
        yield when(field, expression, *((set_now(f"{variable}={made}"),) if made else ()))


def _outside(plan: Plan) -> Iterator[str]:
    """Adds cp_one, digits of a number outside, to the legs that ring together."""
    back = transfer("targets", CALLS)
    if plan.first_trunk is not None:
        trunk = word(plan.first_trunk)
        yield when("${cp_out}&", f"&{trunk}/[+]${{cp_one}}&", back)
        yield always(set_now(f"cp_out=${{cp_out}}&{trunk}/+${{cp_one}}"))
    yield always(back)


def _flow(plan: Plan, name: str, at: str) -> str:
    flow = plan.flows[name]
    args = tuple(map(word, flow.args))
    if flow.takes:
        args = (*args, "${cp_key}")
    data = f"cp_flow={word(name)} cp_routine={word(flow.routine)} cp_args={join_args(args)}"
    first = len(plan.routines[flow.routine].nodes) - 1
    start = transfer(f"n{first}", routine_context(flow.routine))
    return extension(word(at), always(action("multiset", data, inline=True), start))


def _other_extensions(plan: Plan) -> Iterator[str]:
    """Extensions of groups and shared mailboxes; those of lines are flows themselves."""
    for name, destination in plan.extensions.items():
        if parse(destination) != Destination(Kind.LINE, name):
            yield extension(word(name), _jump(destination))


def _numbers(plan: Plan) -> Iterator[str]:
    here = tenant_context(plan.tenant)
    yield extension(
        _OTHERWISE,
        when("${cp_outward}", _EMPTY, transfer(UNKNOWN, here)),
        always(transfer(EXTERNAL, here)),
    )
    for e164, destination in plan.numbers.items():
        yield extension(word(e164), _jump(destination))


def _jump(destination: str) -> str:
    return always(set_now(f"cp_to={word(destination)}"), transfer("jump", CALLS))


def _of_line(field: str) -> str:
    return f"${{db(select/{REALM}/${{cp_tenant}}.line.${{cp_number}}.{field})}}"

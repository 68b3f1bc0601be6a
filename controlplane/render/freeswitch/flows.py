"""A tenant's contexts: entry, its flows by destination, extensions and numbers.

In each, the first extension is for what is not found: FreeSWITCH goes to the one that is named,
and to the first where there is none of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from controlplane.render.freeswitch.elements import (
    EMPTY,
    action,
    always,
    context,
    either,
    extension,
    set_now,
    state,
    transfer,
    when,
)
from controlplane.render.freeswitch.escape import pattern, word
from controlplane.render.freeswitch.features import FEATURES, features_dialplan
from controlplane.render.freeswitch.frames import frames_dialplan
from controlplane.render.freeswitch.names import (
    CALLS,
    FEW,
    drawer,
    extensions_context,
    numbers_context,
    routine_context,
    tenant_context,
)
from controlplane.render.freeswitch.numbers import e164_patterns
from controlplane.render.freeswitch.record import join_args
from controlplane.routing.plan import AUTHORISED, BARRED, EMERGENCY, EXTERNAL, UNKNOWN, Plan
from controlplane.routing.state import WITHHELD, emergency_key, serves_key

_OTHERWISE = "otherwise"
_LINE = "line/"
_RAW_NUMBER = "cp_number=${url_encode(${uuid_getvar(${uuid} caller_id_number)})}"
# Named in an expression, a display name would be expanded; a result of `uuid_getvar` is not.
_SENT = "${uuid_getvar(${uuid} sip_from_display)}"
# FreeSWITCH holds no display name with `${` in it, but keeps it here with `%` for the `$`.
_KEPT = "${url_encode(${uuid_getvar(${uuid} caller_id_name)})}"
_PLAIN = f"${{replace(${{replace({_KEPT}|%5C|%20)}}|%22|%27)}}"
_CLEANED = f"cp_name=${{replace({_PLAIN}|%25%7B|%24%5C%7B)}}"
# `url_encode` leaves alone what looks encoded already, and that would be decoded with the rest.
_ENCODED = "%[0-9A-F]{2}"
_ONCE = r"^([^%\x5c\x27$]*)%([^%\x5c\x27$]*)$"
# The inside of a quoted string, packed: no control character, no quote without a backslash.
_QUOTABLE = (
    "^(?:%5C(?:%[2-6][0-9A-F]|%7[0-9A-E]|[^%])|(?!%5C|%22|%[01]|%7F)(?:%[0-9A-F]{2}|[^%]))*$"
)
_QUOTE = r"\x27"
_APOSTROPHE = r"^([^\x27]*)\x27(.*)$"
_APOSTROPHES = 6
"""In one name."""
_BOTH = "cp_name=${url_encode(${cp_one})}%25${url_encode(${cp_more})}"


_ALONE = (
    action("sched_cancel"),
    action("multiset", "cp_asked= socket_resume=", inline=True),
)
"""Nobody is asked any more."""


def tenant_dialplan(plan: Plan) -> str:
    tenant = plan.tenant
    others = (name for name in plan.flows if not name.startswith(_LINE))
    flows = (_flow(plan, name, name.replace("/", ".")) for name in others)
    contexts = (
        context(tenant_context(tenant), (*_services(plan), *flows)),
        *_drawers(extensions_context(tenant), dict(_extensions(plan))),
        *_drawers(numbers_context(tenant), dict(_numbers(plan))),
        frames_dialplan(plan),
    )
    return "\n".join(contexts) + "\n"


def _drawers(name: str, extensions: Mapping[str, str]) -> Iterator[str]:
    """Extensions by number, in as many contexts as it takes."""
    otherwise = extension(_OTHERWISE, always(transfer(_OTHERWISE, CALLS)))
    many = len(extensions) > FEW
    drawers: dict[str, list[str]] = {}
    for number, written in extensions.items():
        drawers.setdefault(drawer(name, number, many=many), []).append(written)
    for one, inside in drawers.items():
        yield context(one, (otherwise, *inside))


def _services(plan: Plan) -> Iterator[str]:
    """Entry, and what has this tenant's own values. Nobody can dial letters."""
    here = tenant_context(plan.tenant)
    yield extension(_OTHERWISE, always(transfer(UNKNOWN, here)))
    yield extension("from-handset", *_from_handset(plan, here))
    # The next three go on, each into the one behind it.
    yield extension("from-trunk", always(*_ALONE), goes_on=True)
    yield extension("caller", *_e164(plan, "caller_id_number", "cp_number"), goes_on=True)
    number = (always(set_now("cp_key=")), *_e164(plan, "${cp_dialled}", "cp_key"))
    yield extension("number", *number, goes_on=True)
    yield extension("own-number", *_own_number(plan, here))
    yield extension("out", *_out(here))
    yield extension("line", _dial(plan, "${cp_key}", UNKNOWN))
    yield extension("outside", *_outside(plan))
    yield from features_dialplan(plan, here, partial(_e164, plan))


def _own_number(plan: Plan, here: str) -> Iterator[str]:
    """On with cp_key: one of the tenant's own, or out where the call may go out."""
    context = drawer(numbers_context(plan.tenant), "${cp_key}", many=len(plan.numbers) > FEW)
    yield when("${cp_key}", EMPTY, transfer(UNKNOWN, here))
    yield either(
        "${cp_outward}",
        EMPTY,
        set_now(f"cp_else={UNKNOWN}"),
        set_now(f"cp_else={EXTERNAL}", unless=True),
    )
    yield either("${cp_outward}", "^yes$", set_now("cp_else=out"))
    yield always(transfer("${cp_key}", context))


def _out(here: str) -> Iterator[str]:
    """Where a handset calls out, which may take a code."""
    yield when(_of_line("coded"), "^1$", transfer(AUTHORISED, here))
    yield always(transfer(EXTERNAL, here))


def _dial(plan: Plan, number: str, otherwise: str) -> str:
    """To an extension, or else to an extension of the tenant's context."""
    return always(*_dialling(plan, number, otherwise))


def _dialling(plan: Plan, number: str, otherwise: str) -> tuple[str, ...]:
    many = len(plan.extensions) > FEW
    context = drawer(extensions_context(plan.tenant), number, many=many)
    return set_now(f"cp_else={otherwise}"), transfer(number, context)


def _from_handset(plan: Plan, here: str) -> Iterator[str]:
    line = state(serves_key("${cp_handset}"))
    yield always(*_ALONE, set_now(f"cp_number={line}"))
    yield always(set_now(f"cp_name={_of_line('name')}"))
    if plan.emergency_numbers:
        numbers = "|".join(map(pattern, sorted(plan.emergency_numbers)))
        known = state(emergency_key("${cp_handset}"))
        yield either("${cp_dialled}", f"^(?:{numbers})$", set_now(f"cp_cli={known}"))
        yield either("${cp_cli}|${cp_dialled}", f"^[|](?:{numbers})$", set_now("cp_cli=${cp_ecli}"))
        call = (set_now("cp_key=${cp_dialled}"), transfer(EMERGENCY, here))
        yield when("${cp_dialled}", f"^(?:{numbers})$", *call)
    yield when("${cp_dialled}", "^[*#]", transfer(FEATURES, here))
    yield either(
        "${cp_hides}",
        EMPTY,
        set_now(f"cp_cli={_of_line('cli')}"),
        set_now("cp_cli=anonymous", unless=True),
    )
    inside = (set_now(f"cp_number={WITHHELD}"), *_dialling(plan, "${cp_dialled}", BARRED))
    nobody = inside if plan.open_inside else (transfer(BARRED, here),)
    yield when("${cp_number}", EMPTY, *nobody)
    yield _dial(plan, "${cp_dialled}", "number")


def outside_caller() -> str:
    """Conditions that make cp_number and cp_name of what a carrier sent, for the entry."""
    return "".join(_outside_caller())


def _outside_caller() -> Iterator[str]:
    yield always(set_now("cp_cli="), set_now(_RAW_NUMBER))
    yield always(set_now(f"cp_name=${{url_encode({_SENT})}}"))
    cleaned = either("caller_id_name", "[{]", set_now(_CLEANED))
    yield either("${cp_name}", "^_undef_$", set_now("cp_name="), cleaned)
    parts = map(set_now, ("cp_one=$1", "cp_more=$2", _BOTH))
    yield either(_SENT, _ENCODED, set_now("cp_name="), either(_SENT, _ONCE, *parts))
    yield from _without_apostrophes()
    yield either("${cp_name}", _QUOTABLE, set_now("cp_name=", unless=True))


def _without_apostrophes() -> Iterator[str]:
    """`url_encode` leaves them as they are, and where several variables are set together one of
    them would begin a quoted text: what is behind it would be lost. Too many leave no name, and
    no number has one."""
    name = "${cp_name}"
    once = either(name, _APOSTROPHE, set_now("cp_name=$1%27$2"))
    rest = either(name, _QUOTE, set_now("cp_name="))
    yield either(name, _QUOTE, *[once] * _APOSTROPHES, rest)
    yield either("${cp_number}", _QUOTE, set_now("cp_number="))


def _e164(plan: Plan, field: str, variable: str) -> Iterator[str]:
    """Sets the variable where the field has the form of a public number."""
    for expression, made in e164_patterns(plan.rules):
        yield when(field, expression, *((set_now(f"{variable}={made}"),) if made else ()))


def _outside(plan: Plan) -> Iterator[str]:
    """Adds cp_one, digits of a number outside, to the legs that ring together."""
    back = transfer("targets", CALLS)
    if plan.first_trunk is not None:
        trunk = word(plan.first_trunk)
        yield when("${cp_out}&${cp_terms}&", f"[&:]{trunk}/[+]${{cp_one}}&", back)
        yield either(
            "${cp_on}",
            EMPTY,
            set_now(f"cp_out=${{cp_out}}&{trunk}/+${{cp_one}}"),
            set_now(
                f"cp_terms=${{cp_terms}}&${{cp_on}}:${{cp_shows}}:{trunk}/+${{cp_one}}",
                unless=True,
            ),
        )
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


def _extensions(plan: Plan) -> Iterator[tuple[str, str]]:
    """Lines are flows themselves; groups and shared mailboxes are jumped to."""
    for name, destination in plan.extensions.items():
        if destination == f"{_LINE}{name}":
            yield name, _flow(plan, destination, name)
        else:
            yield name, extension(word(name), _jump(destination))


def _numbers(plan: Plan) -> Iterator[tuple[str, str]]:
    return (
        (e164, extension(word(e164), _jump(destination)))
        for e164, destination in plan.numbers.items()
    )


def _jump(destination: str) -> str:
    return always(set_now(f"cp_to={word(destination)}"), transfer("jump", CALLS))


def _of_line(field: str) -> str:
    return state(f"line/${{cp_number}}/{field}")

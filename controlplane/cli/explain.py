"""`ctl explain`: what would happen to a call, each decision with its reason and its setting."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import Diagnostic, Faults, fault, printable

if TYPE_CHECKING:
    from controlplane.calls.call import Call
    from controlplane.model.phone_system import PhoneSystem
    from controlplane.routing.plan import Plan
    from controlplane.routing.state import State

_FROM = "write an extension, a handset, or an outside number as +447700900123"


@click.command("explain")
@click.option("--tenant", default="", help="Whose phone system; not needed where there is one.")
@click.option("--file", type=click.Path(path_type=Path), help="Of this file, not what is stored.")
@click.option("--from", "caller", required=True, help="Extension, handset or outside number.")
@click.option("--to", "called", required=True, help="As dialled, or as the carrier sends it.")
@click.option("--handset", default="", help="The phone it is dialled on, where a line has many.")
@click.option("--trunk", default="", help="The trunk an outside call comes in by.")
@click.option("--at", default="", help="When, in the tenant's time zone.  [default: now]")
@click.option("--when", multiple=True, metavar="NAME=WHAT", help="101=busy, +44…=rings-out, …")
@click.option("--patience", type=click.IntRange(0), help="The caller hangs up after this; seconds.")
@common
def verb(
    session: Session,
    tenant: str,
    file: Path | None,
    caller: str,
    called: str,
    handset: str,
    trunk: str,
    at: str,
    when: tuple[str, ...],
    patience: int | None,
) -> None:
    """Say what would happen to a call: each decision, its reason, and the setting behind it.

    Every phone answers unless --when says otherwise: answers, busy, declines, rings-out,
    offline, unreachable or fails; for a line, a handset, a trunk or an outside number.
    """
    from controlplane.calls.explain import explanation
    from controlplane.calls.facts import Facts
    from controlplane.calls.simulator import simulate
    from controlplane.calls.world import world_from
    from controlplane.routing.compiler import compile_plan
    from controlplane.routing.stored import state_of

    system = _system(session, tenant, file)
    moment = _moment(at, system.settings.timezone)
    plan, state = compile_plan(system), state_of(system)
    call = _call(system, plan, state, caller, called, handset, trunk)
    world = world_from(plan, state, _behaviours(when), patience)
    journey = simulate(plan, state, call, world, Facts(moment))
    told = {"tenant": system.tenant, "time": moment.isoformat(), **explanation(journey)}
    if session.output is Format.TABLE:
        _show(told)
    else:
        print_data(told, session.output)


def _system(session: Session, tenant: str, file: Path | None) -> PhoneSystem:
    if file is not None:
        from controlplane.store.yaml_reader import read_file

        return read_file(file).system
    with session.store() as store:
        tenants = store.tenants()
        if not tenant and len(tenants) == 1:
            tenant = tenants[0]
        if not tenant:
            known = ", ".join(tenants) or "none, `ctl apply` a file first"
            raise fault("say which tenant", "--tenant", f"there are: {known}")
        return store.system(tenant)


def _moment(text: str, timezone: str) -> dt.datetime:
    zone = ZoneInfo(timezone)
    if not text:
        return dt.datetime.now(zone).replace(microsecond=0)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise fault(f"{text!r} is no time", "--at", "write it as 2026-12-25 10:00") from None
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _behaviours(when: tuple[str, ...]) -> dict[str, str]:
    bad = [item for item in when if "=" not in item]
    if bad:
        mend = "write NAME=WHAT, as 101=busy"
        raise Faults(Diagnostic(f"{item!r} says nothing", "--when", mend) for item in bad)
    pairs = (item.partition("=") for item in when)
    return {name.strip(): what.strip().lower().replace("_", "-") for name, _, what in pairs}


def _call(
    system: PhoneSystem,
    plan: Plan,
    state: State,
    caller: str,
    called: str,
    handset: str,
    trunk: str,
) -> Call:
    from controlplane.calls.call import Call, FromHandset, FromTrunk
    from controlplane.routing.state import phones_of
    from controlplane.routing.steps import CallerId

    if caller in system.handsets:
        return Call(called, FromHandset(caller))
    if caller in system.lines:
        phones = phones_of(state, caller)
        if handset and handset not in phones:
            on = ", ".join(phones) or "none"
            raise fault(
                f"line {caller} is not on handset {handset!r}", "--handset", f"it is on {on}"
            )
        if not phones:
            mend = "give it a handset, or call from another"
            raise fault(f"line {caller} is on no handset", f"{system.tenant}/lines/{caller}", mend)
        return Call(called, FromHandset(handset or phones[0]))
    e164 = plan.rules.to_e164(caller)
    if e164 is None:
        raise fault(f"there is no extension or handset {caller!r}", "--from", _FROM)
    first = trunk or plan.first_trunk or ""
    if first not in system.trunks:
        known = ", ".join(system.trunks) or "none"
        what = f"there is no trunk {first!r}" if first else "no trunk for the call to come in by"
        raise fault(what, "--trunk", f"there are: {known}")
    return Call(called, FromTrunk(first, CallerId(e164)))


def _show(told: dict[str, Any]) -> None:
    source = told["call"]["from"]
    origin = ", ".join(f"{name} {value}" for name, value in source.items())
    click.echo(printable(f"{origin} calls {told['call']['called']} at {told['time']}"))
    rows: list[tuple[str, str, str, str]] = []
    for step in told["steps"]:
        reasons = step["reasons"] or [{"text": "", "address": ""}]
        first, *others = ((it["text"], it["address"]) for it in reasons)
        rows.append((f"{step['at']} s", f"{step['text']}: {step['outcome']}", *first))
        rows += [(" ", " ", *other) for other in others]
    print_table(("AT", "DECISION", "BECAUSE", "SETTING"), rows)
    result = told["result"]
    for name in ("rang", "shown"):
        if result[name]:
            click.echo(f"{name}: {printable(_joined(result[name]))}")
    click.echo(f"result: {printable(result['text'])}")


def _joined(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{who} sees {what}" for who, what in value.items())
    return ", ".join(value)

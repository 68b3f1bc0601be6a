"""`ctl explain`: what would happen to a call, each decision with its reason and its setting."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import Diagnostic, Faults, fault, printable

if TYPE_CHECKING:
    from controlplane.model.phone_system import PhoneSystem


PRESSED = ("right", "change", "wrong", "locked", "nothing")


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
@click.option(
    "--pin",
    "pins",
    multiple=True,
    type=click.Choice(PRESSED),
    help="What each PIN or code is that the caller presses; the last also for those that follow.",
)
@click.option("--presses", multiple=True, metavar="DIGITS", help="What else, when asked.")
@click.option("--last-caller", default="", help="Who called the line last, for a call back.")
@click.option("--static", is_flag=True, help="Also what differs while no controller is there.")
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
    pins: tuple[str, ...],
    presses: tuple[str, ...],
    last_caller: str,
    static: bool,
) -> None:
    """Say what would happen to a call: each decision, its reason, and the setting behind it.

    Every phone answers unless --when says otherwise: answers, busy, declines, refuses,
    rings-out, offline, unreachable or fails; for a line, a handset, a trunk or an outside number.
    A line may be in-call, or in so many: 2-calls; or ringing: a call rings there already.
    """
    from controlplane.calls.explain import explanation
    from controlplane.service.calls.asking import Asked, Pressed, answer, approximations

    system = _system(session, tenant, file)
    asked = Asked(
        caller=caller,
        called=called,
        at=at,
        when=_behaviours(when),
        handset=handset,
        trunk=trunk,
        patience=patience,
        pins=tuple(map(Pressed, pins)) or (Pressed.RIGHT,),
        presses=presses,
        last_caller=last_caller,
    )
    found = answer(system, asked, dt.datetime.now(dt.UTC))
    told = {
        "tenant": system.tenant,
        "time": found.at.isoformat(),
        **explanation(found.journey),
        "otherwise": found.otherwise,
    }
    if static:
        told["static"] = dict(approximations(system))
    if session.output is Format.TABLE:
        _show(told)
    else:
        print_data(told, session.output)


def _system(session: Session, tenant: str, file: Path | None) -> PhoneSystem:
    if file is not None:
        from controlplane.store.yaml.reader import read_file

        return read_file(file).system
    with session.store() as store:
        tenants = store.tenants()
        if not tenant and len(tenants) == 1:
            tenant = tenants[0]
        if not tenant:
            known = ", ".join(tenants) or "none, `ctl apply` a file first"
            raise fault("say which tenant", "--tenant", f"there are: {known}")
        return store.system(tenant)


def _behaviours(when: tuple[str, ...]) -> dict[str, str]:
    bad = [item for item in when if "=" not in item]
    if bad:
        mend = "write NAME=WHAT, as 101=busy"
        raise Faults(Diagnostic(f"{item!r} says nothing", "--when", mend) for item in bad)
    pairs = (item.partition("=") for item in when)
    return {name.strip(): what.strip().lower().replace("_", "-") for name, _, what in pairs}


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
    for does, text in told["otherwise"].items():
        click.echo(f"had they been {does}: {printable(text)}")
    for address, text in told.get("static", {}).items():
        click.echo(f"without a controller: {text} ({address})")


def _joined(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{who} sees {what}" for who, what in value.items())
    return ", ".join(value)

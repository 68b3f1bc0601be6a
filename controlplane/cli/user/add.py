"""`ctl user add`: one more person."""

from __future__ import annotations

import click

from controlplane.cli.editing import settings
from controlplane.cli.outcome import tell_outcome
from controlplane.cli.printing import Progress
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import fault, printable


@click.command("add")
@click.argument("user")
@click.argument("values", nargs=-1, metavar="SETTING=VALUE")
@click.option("--line", default="", help="Their line: made where there is none.")
@click.option("--mac", help="Add a phone with this MAC address.")
@click.option("--model", help="Add a phone of this model.")
@click.option("--phone-id", default="", help="Its Phone ID; else the line's next: 111a, 111b …")
@click.option("--reason", default="", help="Why, for the audit.")
@common
def verb(
    session: Session,
    user: str,
    values: tuple[str, ...],
    line: str,
    mac: str | None,
    model: str | None,
    phone_id: str,
    reason: str,
) -> None:
    """Add USER, with their line and the first phone, at once.

    More phones of the line are added by `ctl handset add acme/111b line=111`: all of them ring.

    \b
      ctl user add acme/ada first=Ada last=Byron email=ada@acme.example
      ctl user add acme/ada first=Ada --line 111 --mac 00:15:65:aa:bb:01 --model yealink/T54W
    """  # fmt: skip
    from controlplane.service.changes.newcomer import FirstPhone, added_user

    at = _address(user)
    edits = settings(at, values)
    wants = mac is not None or model is not None or bool(phone_id)
    phone = FirstPhone(phone_id, mac, model) if wants else None
    tenant, _, name = at.split("/")
    text = reason or f"add user {name}"
    with session.store() as store:
        tell = Progress()
        door = session.door(store, tell)
        with tell:
            made = added_user(store, at, edits, session.author, text, line=line, phone=phone)
            outcome = door.change(made.change_set)
    if session.output is Format.TABLE:
        has = [f"line {made.line}"] * bool(made.line) + [f"phone {made.phone}"] * bool(made.phone)
        click.echo(printable(f"user {tenant}/{name} has {' and '.join(has) or 'no line yet'}"))
    tell_outcome(session, outcome, [made.change_set])


def _address(user: str) -> str:
    """Raises Faults."""
    match user.strip("/").split("/"):
        case [tenant, name] | [tenant, "users", name] if tenant and name:
            return f"{tenant}/users/{name}"
    raise fault("is no user", user, "write TENANT/NAME, as acme/ada")

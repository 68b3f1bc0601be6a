"""`ctl handset login`: a line works at a handset."""

from __future__ import annotations

import click

from controlplane.cli.completing import complete_line
from controlplane.cli.handset import handset_argument
from controlplane.cli.outcome import tell_outcome
from controlplane.cli.printing import Progress
from controlplane.cli.session import Format, Session, common


@click.command("login")
@handset_argument
@click.argument("number", shell_complete=complete_line)
@click.option("--move", is_flag=True, help="Take both from where they are now.")
@click.option("--reason", default="", help="Why, for the audit.")
@common
def verb(session: Session, handset: str, number: str, move: bool, reason: str) -> None:
    """Log NUMBER in to HANDSET: an extension, or an active public number of a line.

    The handset answers and calls for that line from the next call on; calls under way go on. It is
    refused, and nothing changes, where another line is logged in there, or this one elsewhere.
    """
    from controlplane.service.handsets.hotdesk import HotDesk, line_of
    from controlplane.service.handsets.listing import address_of

    tenant, _, phone = address_of(handset).split("/")
    with session.store() as store:
        tell = Progress()
        desk = HotDesk(store, session.door(store, tell))
        line = line_of(store, tenant, number.removeprefix(f"{tenant}/"))
        with tell:
            outcome = desk.login(tenant, line, phone, session.author, reason=reason, move=move)
    if session.output is Format.TABLE:
        was = "" if outcome.committed else "already "
        click.echo(f"line {tenant}/{line} is {was}logged in to {phone}")
    tell_outcome(session, outcome, [])

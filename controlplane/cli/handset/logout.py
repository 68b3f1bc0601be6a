"""`ctl handset logout`: nobody works at a handset any more."""

from __future__ import annotations

import click

from controlplane.cli.handset import handset_argument
from controlplane.cli.outcome import tell_outcome
from controlplane.cli.printing import Progress
from controlplane.cli.session import Format, Session, common


@click.command("logout")
@handset_argument
@click.option("--reason", default="", help="Why, for the audit.")
@common
def verb(session: Session, handset: str, reason: str) -> None:
    """Log out whoever is logged in to HANDSET; it is its own line's again, if it has one."""
    from controlplane.service.handsets.hotdesk import HotDesk
    from controlplane.service.handsets.listing import address_of

    tenant, _, phone = address_of(handset).split("/")
    with session.store() as store:
        tell = Progress()
        desk = HotDesk(store, session.door(store, tell))
        with tell:
            outcome = desk.logout(tenant, phone, session.author, reason=reason)
    if session.output is Format.TABLE:
        done = "is logged out" if outcome.committed else "had nobody logged in"
        click.echo(f"{tenant}/{phone} {done}")
    tell_outcome(session, outcome, [])

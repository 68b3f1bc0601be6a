"""`ctl handset revoke`: no token of a handset opens anything any more."""

from __future__ import annotations

import click

from controlplane.cli.handset import handset_argument
from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session, common


@click.command("revoke")
@handset_argument
@common
def verb(session: Session, handset: str) -> None:
    """Serve HANDSET nothing any more, until it is enrolled again.

    It keeps what it has fetched, its SIP account included: delete the handset, or give it another
    `sip_password`, where that is not to be trusted either.
    """
    from controlplane.service.handsets.enrolment import Enrolment
    from controlplane.service.handsets.listing import address_of

    tenant, _, phone = address_of(handset).split("/")
    with session.store() as store:
        ended = Enrolment(store).revoke(tenant, phone, session.author)
    if session.output is not Format.TABLE:
        print_data({"handset": f"{tenant}/{phone}", "ended": ended}, session.output)
        return
    had = f"{ended} of its tokens ended" if ended else "it had no token"
    click.echo(f"{tenant}/{phone} is served nothing any more: {had}")

"""`ctl handset revoke`: what a handset has opens nothing any more, and registers nowhere."""

from __future__ import annotations

import click

from controlplane.cli.handset import handset_argument, reason_option
from controlplane.cli.outcome import tell_outcome
from controlplane.cli.printing import Progress, print_data
from controlplane.cli.session import Format, Session, common


@click.command("revoke")
@handset_argument
@click.option("--files-only", is_flag=True, help="It may go on calling with what it has fetched.")
@reason_option
@common
def verb(session: Session, handset: str, files_only: bool, reason: str) -> None:
    """Trust HANDSET no more, as one that is lost, until it is enrolled again.

    It is served nothing, and gets another SIP password: what it has registered ends, and is
    refused at once. A call that it is in goes on to its end.
    """
    from controlplane.service.changes.setting import Put, changed_settings
    from controlplane.service.data import outcome_data
    from controlplane.service.handsets.enrolment import Enrolment, new_token
    from controlplane.service.handsets.listing import address_of

    address = address_of(handset)
    tenant, _, phone = address.split("/")
    with session.store() as store:
        # First, so that it does not fetch the new password.
        ended = Enrolment(store).revoke(tenant, phone, session.author)
        if session.output is Format.TABLE:
            had = f"{ended} of its tokens ended" if ended else "it had no token"
            click.echo(f"{tenant}/{phone} is served nothing any more: {had}")
        if files_only or store.object_at(address)[1] is None:
            if session.output is not Format.TABLE:
                print_data({"handset": f"{tenant}/{phone}", "ended": ended}, session.output)
            return
        tell = Progress()
        door = session.door(store, tell)
        another = {"sip_password": Put(new_token())}
        text = reason or f"revoke handset {phone}"
        with tell:
            outcome = door.change(changed_settings(store, address, another, session.author, text))
    if session.output is Format.TABLE:
        tell_outcome(session, outcome, [])
    else:
        data = {"handset": f"{tenant}/{phone}", "ended": ended}
        print_data({**data, **outcome_data(outcome, [])}, session.output)

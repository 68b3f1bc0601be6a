"""`ctl handset delete`: a handset that is no more."""

from __future__ import annotations

import click

from controlplane.cli.editing import commit, seen_option
from controlplane.cli.handset import handset_argument, reason_option
from controlplane.cli.outcome import sure
from controlplane.cli.session import Session, common


@click.command("delete")
@handset_argument
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@seen_option
@reason_option
@common
def verb(session: Session, handset: str, yes: bool, seen: int | None, reason: str) -> None:
    """Delete HANDSET: its registration ends, its SIP account and its tokens are refused at once.

    A call that it is in goes on to its end.
    """
    from controlplane.service.changes.setting import removed_object
    from controlplane.service.handsets.listing import shown

    with session.store() as store:
        phone = shown(store, handset)
    serves = f", which serves line {phone.handset.serves}" if phone.handset.serves else ""
    sure(f"Delete handset {phone.tenant}/{phone.id}{serves}?", yes)
    # What was asked about is what is deleted.
    based_on = phone.revision if seen is None else seen
    text = reason or f"delete handset {phone.id}"
    commit(
        session,
        lambda store: removed_object(store, phone.address, session.author, text, based_on),
    )

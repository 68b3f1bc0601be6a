"""`ctl handset add`: one more handset."""

from __future__ import annotations

import click

from controlplane.cli.editing import commit, settings
from controlplane.cli.handset import handset_argument, reason_option, settings_argument
from controlplane.cli.session import Session, common


@click.command("add")
@handset_argument
@settings_argument
@reason_option
@common
def verb(session: Session, handset: str, values: tuple[str, ...], reason: str) -> None:
    """Add HANDSET, and bring the engines to it. Its SIP password is made where none is given.

    \b
      ctl handset add acme/LDN-09 mac=00:15:65:aa:bb:01 model=yealink/T54W site=london line=103
    """  # fmt: skip
    from controlplane.service.changes.setting import added_object
    from controlplane.service.handsets.listing import address_of

    at = address_of(handset)
    edits = settings(at, values)
    text = reason or f"add handset {at.rpartition('/')[2]}"
    commit(session, lambda store: added_object(store, at, edits, session.author, text))

"""`ctl handset edit`: settings of one handset, changed at once."""

from __future__ import annotations

import click

from controlplane.cli.editing import commit, seen_option, settings
from controlplane.cli.handset import handset_argument, reason_option, settings_argument
from controlplane.cli.session import Session, common


@click.command("edit")
@handset_argument
@settings_argument
@seen_option
@reason_option
@common
def verb(
    session: Session, handset: str, values: tuple[str, ...], seen: int | None, reason: str
) -> None:
    """Change settings of HANDSET; null puts one back to its default.

    Another sip_password ends its registration: the old one is refused at once.

    \b
      ctl handset edit acme/LDN-09 name="Reception" record_calls=yes
    """  # fmt: skip
    from controlplane.service.changes.setting import changed_settings
    from controlplane.service.handsets.listing import address_of

    if not values:
        raise click.UsageError("Missing SETTING=VALUE.")
    at = address_of(handset)
    edits = settings(at, values)
    commit(session, lambda store: changed_settings(store, at, edits, session.author, reason, seen))

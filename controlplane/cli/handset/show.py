"""`ctl handset show`: everything about one handset."""

from __future__ import annotations

import click

from controlplane.cli.handset import handset_argument
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.cli.text import in_words


@click.command("show")
@handset_argument
@click.option("--reveal", is_flag=True, help="Show passwords instead of hiding them.")
@common
def verb(session: Session, handset: str, reveal: bool) -> None:
    """Show every setting of HANDSET, the line it serves, and its SIP account."""
    from controlplane.service.handsets.listing import phone_data, shown

    with session.store() as store:
        phone = shown(store, handset)
    data = phone_data(phone, reveal=reveal)
    if session.output is not Format.TABLE:
        print_data(data, session.output)
        return
    print_table(("SETTING", "VALUE"), ((name, in_words(it)) for name, it in data.items()))

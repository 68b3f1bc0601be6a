"""`ctl drift`: what the engines really have, against what is stored."""

from __future__ import annotations

import click

from controlplane.cli.exits import Exit
from controlplane.cli.printing import print_data, working
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import printable
from controlplane.service.data import diagnostic_data


@click.command("drift")
@common
def verb(session: Session) -> int:
    """Compare every file and key of the engines with what is stored; nothing is changed.

    Exits with 0 where there is no difference, 2 where there are some, 1 where an engine
    could not be asked. `ctl apply` without a file mends what differs of engines, `ctl handset
    sync --stale` what handsets have.
    """
    from controlplane.service.handsets.fleet import HANDSETS

    with session.store() as store, working("comparing"):
        found = session.door(store).drift()
    if session.output is not Format.TABLE:
        print_data(
            {name: [diagnostic_data(it) for it in items] for name, items in found.items()},
            session.output,
        )
    else:
        for name, items in found.items():
            whose = name if name == HANDSETS else f"engine {name}"
            for item in items:
                where = f"{item.address}: " if item.address else ""
                mend = f" ({item.mend})" if item.mend else ""
                click.echo(printable(f"{whose}: {where}{item.message}{mend}"))
            if not items:
                click.echo(f"{whose}: no difference")
    return Exit.CHANGES if any(found.values()) else Exit.OK

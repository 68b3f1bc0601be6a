"""`ctl handset list`: the handsets of a tenant, or of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controlplane.cli.handset import among, among_options
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common

if TYPE_CHECKING:
    from controlplane.service.handsets.listing import Phone


@click.command("list")
@click.argument("tenant", default="")
@among_options
@common
def verb(session: Session, tenant: str, site: str, line: str, model: str) -> None:
    """List the handsets of TENANT; without it, those of all tenants."""
    from controlplane.service.handsets.listing import listed, phone_data

    with session.store() as store:
        phones = among(listed(store, tenant), site, line, model)
    if session.output is not Format.TABLE:
        print_data([phone_data(it) for it in phones], session.output)
        return
    columns = ("HANDSET", "MAC", "MODEL", "SITE", "SERVES", "NAME")
    print_table(columns, map(_row, phones), empty="there are no handsets")


def _row(phone: Phone) -> tuple[str, ...]:
    it = phone.handset
    serves = f"{it.login} (login)" if it.login else it.line or "-"
    cells = (it.mac or "-", it.model or "-", it.site or "-", serves, it.name)
    return (f"{phone.tenant}/{phone.id}", *cells)

"""`ctl handset fleet`: how handsets stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controlplane.cli.handset import among, among_options
from controlplane.cli.printing import print_data, print_table, working
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import printable

if TYPE_CHECKING:
    from controlplane.service.handsets.fleet import Standing


@click.command("fleet")
@click.argument("tenant", default="")
@among_options
@click.option("--stale", is_flag=True, help="Only those that have other files than they would get.")
@common
def verb(session: Session, tenant: str, site: str, line: str, model: str, stale: bool) -> None:
    """Say how the handsets of TENANT stand, or those of all tenants.

    SEEN: when it fetched last, and from where. FILES: the revision that its configuration was
    made from, and whether it is what it would get now. REGISTERED: at which engines.
    """
    from controlplane.service.handsets.fleet import registrations, standing, standing_data
    from controlplane.service.handsets.listing import listed

    deployment = session.configured.deployment
    with session.store() as store, working("asking the engines"):
        registered, wrong = registrations(deployment)
        phones = among(listed(store, tenant), site, line, model)
        found = list(standing(deployment, store, phones, registered))
    if stale:
        found = [it for it in found if it.current is False]
    if session.output is not Format.TABLE:
        print_data([standing_data(it) for it in found], session.output)
    else:
        columns = ("HANDSET", "MODEL", "FIRMWARE", "SEEN", "FROM", "FILES", "REGISTERED")
        print_table(columns, map(_row, found), empty="there are no handsets")
    for item in wrong:
        click.echo(printable(f"warning: {item}"), err=True)


def _row(it: Standing) -> tuple[str, ...]:
    from controlplane.service.handsets.fleet import standing_data

    data = standing_data(it)
    seen = it.seen
    at = seen.at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if seen else "never"
    files = {None: "-", True: f"{data['revision']}, current", False: f"{data['revision']}, old"}
    places = (
        f"{name} ({here.address or '?'}{'' if here.reachable is not False else ', silent'})"
        for name, here in it.registered.items()
    )
    return (
        f"{it.phone.tenant}/{it.phone.id}",
        data["model"] or "-",
        data["firmware"] or "-",
        at,
        data["address"] or "-",
        files[it.current],
        ", ".join(places) or "nowhere",
    )

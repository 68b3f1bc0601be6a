"""`ctl ingest`: read what the engines have written about ended calls, by hand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from controlplane.cli.printing import print_data, working
from controlplane.cli.session import Format, Session, common

if TYPE_CHECKING:
    from controlplane.history.ingest import Ingested
    from controlplane.store.store import Store


@click.command("ingest")
@common
def verb(session: Session) -> None:
    """Store the calls that ended since; `ctl run` does so by itself."""
    with session.store() as store:
        done = ingest(session, store, dt.datetime.now(dt.UTC))
    if session.output is not Format.TABLE:
        print_data({"calls": done.calls, "faults": done.faults}, session.output)
        return
    click.echo(f"{done.calls} calls" + (f", {done.faults} lines are none" if done.faults else ""))
    for call, trouble in done.unrecorded:
        click.echo(f"the recording of call {call} is {trouble}", err=True)


def ingest(session: Session, store: Store, now: dt.datetime) -> Ingested:
    from controlplane.history.ingest import Ingester
    from controlplane.service.calls.call_history import spool_folders
    from controlplane.service.following import read_mind

    folders = spool_folders(session.configured.deployment)
    with working("reading ended calls"):
        mind = read_mind(store)
        return Ingester(store, folders, lambda: mind.tenants).ingest(now)

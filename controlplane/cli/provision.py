"""`ctl provision`: serve handsets their files, alone; `ctl run` does so as well."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import TYPE_CHECKING

import click

from controlplane.cli.session import Session, config_option, pass_session

if TYPE_CHECKING:
    from controlplane.model.deployment import Deployment
    from controlplane.store.store import Store


@click.command("provision")
@click.option("--verbose", "-v", is_flag=True, help="Log more.")
@config_option
@pass_session
def verb(session: Session, verbose: bool) -> None:
    """Serve handsets their files until SIGTERM or SIGINT, as `provisioning:` of the configuration
    says. Several may run on one database, each on a machine or at a port of its own.
    """
    import uvloop

    from controlplane.cli import logs

    gc.enable()
    with session.store() as store:
        logs.configure(verbose)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(session.configured.deployment, store))


async def _serve(deployment: Deployment, store: Store) -> None:
    from controlplane.web.provisioning.counts import Counts
    from controlplane.web.provisioning.serving import served

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with served(deployment, store, Counts()):
        # What was read is there to stay: the collector need not walk through it again and again.
        gc.freeze()
        await stop.wait()

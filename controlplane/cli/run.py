"""`ctl run`: the controller — decides live calls, follows the store, serves handsets and health."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.session import Session, config_option, pass_session

if TYPE_CHECKING:
    from controlplane.engines import LiveEngine
    from controlplane.live.driver import Driver
    from controlplane.model.deployment import Deployment
    from controlplane.service.following import Follower
    from controlplane.service.mailboxes.notifying import Beside
    from controlplane.store.store import Store
    from controlplane.web.metrics import Metrics
    from controlplane.web.provisioning.beside import Beside as PhonesBeside

_SWITCH_SECONDS = 0.0005
"""How long a thread that compiles may keep a call waiting; Python's own is ten times that."""

_GARBAGE = 20_000
"""Objects made and kept before Python looks for cycles; its own 700 is a few calls."""

_PAST_SECONDS = 5.0
"""How long calls are left to the engines while many years of past calls are summed up."""


@click.command("run")
@click.option("--verbose", "-v", is_flag=True, help="Log more.")
@config_option
@pass_session
def verb(session: Session, verbose: bool) -> None:
    """Run the controller until SIGTERM or SIGINT, which end it in order.

    Calls are decided from memory; without a controller the engines go on by the same rules.
    """
    from controlplane.cli import logs

    gc.enable()
    gc.set_threshold(_GARBAGE, 20, 20)
    sys.setswitchinterval(_SWITCH_SECONDS)
    with session.store() as store:
        logs.configure(verbose)
        asyncio.run(_run(session.configured.deployment, store))


async def _run(deployment: Deployment, store: Store) -> None:
    """Raises Faults and LiveError where it cannot go on."""
    import structlog

    from controlplane.live.driver import Driver
    from controlplane.service.calls.call_history import CallHistory
    from controlplane.service.calls.past_calls import PastCalls
    from controlplane.service.changes.door import Door
    from controlplane.service.dialled.doors import DoorKeeper
    from controlplane.service.dialled.phone_flips import PhoneFlips, catch_up
    from controlplane.service.following import Follower, read_mind
    from controlplane.service.handsets.auto_logout import AutoLogout
    from controlplane.service.handsets.hotdesk import HotDesk
    from controlplane.web.health import Status, application, served
    from controlplane.web.metrics import Metrics

    log = structlog.get_logger(__name__)
    stop = _stopped_by_signals()
    door, metrics = Door(deployment, store), Metrics()

    def catching_up() -> None:
        catch_up(deployment, store, door, log.warning, driver.known)

    desk = HotDesk(store, door, catching_up)
    doors = DoorKeeper(store, desk)
    driver = Driver(doors=doors)
    follower = Follower(store, driver, metrics.failed)
    follower.take(await asyncio.to_thread(read_mind, store))
    phones = await _phones(deployment, store, metrics)
    live = _live_engines(deployment, driver, metrics, follower, phones)

    def look() -> Status:
        engines = {name: it.down for name, it in live.items()}
        revisions = (follower.revision, follower.stored)
        reason = follower.reason() or (phones.reason() if phones else "")
        return Status(*revisions, engines, stop.is_set(), reason)

    run = deployment.run
    async with served(application(look, metrics), run.address, run.port):
        gc.freeze()
        log.info("running", address=run.address, port=run.port, engines=sorted(live))
        following = asyncio.create_task(follower.run())
        past = PastCalls(store, driver)
        flips = PhoneFlips(store, door, log.warning, driver.flip, driver.kept)
        due = AutoLogout(store, desk, log.warning)
        history = CallHistory(
            store, deployment, driver.known, metrics.failed,
            past=past, flips=flips.take_in, due=due.look,
        )  # fmt: skip
        listening = asyncio.create_task(history.run())
        await history.told(_PAST_SECONDS)
        mails, refreshing = _mails(deployment, store), _refreshing(deployment, store)
        serving = [asyncio.create_task(it.serve(stop, run.drain_seconds)) for it in live.values()]
        try:
            await _first_end([*serving, following, listening])
            stop.set()
            await asyncio.gather(*serving)
        finally:
            following.cancel()
            listening.cancel()
            doors.close()
            for beside in (mails, refreshing, phones):
                if beside is not None:
                    await asyncio.to_thread(beside.stop)
            log.info("ended", revision=follower.revision)


async def _phones(deployment: Deployment, store: Store, metrics: Metrics) -> PhonesBeside | None:
    """Served, where the configuration says where. Raises Faults where they cannot be."""
    if deployment.provisioning is None:
        return None
    from controlplane.web.provisioning.beside import Beside
    from controlplane.web.provisioning.counts import Counts

    counts = Counts()
    metrics.registry.register(counts)
    beside = Beside(deployment, store, counts)
    await asyncio.to_thread(beside.start)
    return beside


def _mails(deployment: Deployment, store: Store) -> Beside | None:
    """Under way, where there is a server that takes mails."""
    if deployment.mail is None:
        return None
    from controlplane.service.mailboxes.notifying import Beside, Notifier

    beside = Beside(Notifier(deployment, deployment.mail, store).run)
    beside.start()
    return beside


def _refreshing(deployment: Deployment, store: Store) -> Beside | None:
    """Under way, where handsets are served their files."""
    if deployment.provisioning is None:
        return None
    from controlplane.service.handsets.refreshing import Refresher
    from controlplane.service.mailboxes.notifying import Beside

    beside = Beside(Refresher(deployment, store).run, "refreshing")
    beside.start()
    return beside


def _live_engines(
    deployment: Deployment,
    driver: Driver,
    metrics: Metrics,
    follower: Follower,
    phones: PhonesBeside | None,
) -> dict[str, LiveEngine]:
    """Not yet connected; each passes announcements of revisions on to those who follow them."""
    from controlplane.apply.news import EVENT
    from controlplane.engines import ENGINES

    def on_news(event: str, variables: Mapping[str, Any]) -> None:
        if event == EVENT:
            follower.announced(variables)
            if phones is not None:
                phones.hurry()

    return {
        name: ENGINES[engine.kind].live(name, engine, driver, metrics, on_news, Random())
        for name, engine in deployment.engines.items()
    }


async def _first_end(tasks: list[asyncio.Task[None]]) -> None:
    """Waits for the first to end; raises what ended it."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def _stopped_by_signals() -> asyncio.Event:
    """Set by SIGTERM and SIGINT; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask, number)
    return stop

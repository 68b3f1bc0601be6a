"""`ctl handset sync`: have handsets fetch their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controlplane.cli.completing import complete_handset
from controlplane.cli.exits import Exit
from controlplane.cli.handset import among, among_options
from controlplane.cli.printing import Progress, print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from controlplane.service.handsets.listing import Phone
    from controlplane.service.handsets.syncing import Synced
    from controlplane.service.handsets.telling import Course
    from controlplane.store.store import Store


@click.command("sync")
@click.argument("handsets", nargs=-1, metavar="[HANDSET]...", shell_complete=complete_handset)
@click.option("--tenant", default="", help="All of this tenant's.")
@among_options
@click.option("--all", "everybody", is_flag=True, help="All of all tenants.")
@click.option("--stale", is_flag=True, help="Only those that have other files than they would get.")
@click.option("--restart", is_flag=True, help="Have them start anew instead, which ends calls.")
@click.option("--rate", type=click.FloatRange(0.1, 1000), default=50, show_default=True,
              help="NOTIFYs a second and engine, at most.")  # fmt: skip
@click.option("--patience", type=click.FloatRange(1, 3600), default=30, show_default=True,
              help="Seconds that a handset has to fetch.")  # fmt: skip
@click.option("--attempts", type=click.IntRange(1, 10), default=3, show_default=True,
              help="How often it is told.")  # fmt: skip
@click.option("--stop-at", type=click.FloatRange(1, 100), default=30, show_default=True,
              help="Per cent of NOTIFYs lost at which nobody more is told.")  # fmt: skip
@common
def verb(
    session: Session,
    handsets: tuple[str, ...],
    tenant: str,
    site: str,
    line: str,
    model: str,
    everybody: bool,
    stale: bool,
    restart: bool,
    rate: float,
    patience: float,
    attempts: int,
    stop_at: float,
) -> int:
    """Tell each HANDSET to fetch its files, and wait until it has them as they are now.

    A handset that does not fetch in time is told again. Who is registered nowhere fetches as it
    starts. Exits with 1 where one that was told did not fetch, or a named one could not be told.

    \b
      ctl handset sync acme/LDN-07
      ctl handset sync --tenant acme --site london --stale
    """  # fmt: skip
    from controlplane.service.handsets.fleet import registrations, standing
    from controlplane.service.handsets.pace import Limits
    from controlplane.service.handsets.syncing import sync
    from controlplane.service.handsets.telling import Manner

    if sum((bool(handsets), bool(tenant), everybody)) != 1:
        raise click.UsageError("Either HANDSETs, or --tenant, or --all.")
    deployment, progress = session.configured.deployment, Progress()
    manner = Manner(Limits(rate, stop_at / 100), patience, attempts)
    with session.store() as store, progress:
        phones = among(_named(store, handsets, tenant), site, line, model)
        progress("asking the engines")
        registered, wrong = registrations(deployment)
        if stale:
            every = standing(deployment, store, phones, registered)
            phones = [it.phone for it in every if it.current is False]
        done = sync(
            deployment, store, phones, registered, manner, _teller(progress), restart=restart
        )
    for item in wrong:
        click.echo(printable(f"warning: {item}"), err=True)
    _tell(session, done)
    return _exit(done, named=bool(handsets))


def _named(store: Store, handsets: tuple[str, ...], tenant: str) -> list[Phone]:
    from controlplane.service.handsets.listing import listed, shown

    if handsets:
        return [shown(store, it) for it in dict.fromkeys(handsets)]
    return list(listed(store, tenant))


def _teller(progress: Progress) -> Callable[[Course], None]:
    def tell(course: Course) -> None:
        from controlplane.service.handsets.telling import Result

        counts = course.counted()
        lost = f", {course.lost} NOTIFYs lost" if course.lost else ""
        fetched = counts[Result.FETCHED]
        progress(f"{fetched} of {course.count} fetched{lost}, {course.rate:.0f} a second")

    return tell


def _tell(session: Session, done: Synced) -> None:
    data = done.data()
    if session.output is not Format.TABLE:
        print_data(data, session.output)
        return
    rows = [(it["handset"], it["result"], it["reason"]) for it in data["not_fetched"]]
    print_table(("HANDSET", "RESULT", "WHY"), rows)
    words = [f"{data[name]} {name}" for name in _COUNTED if data[name] or name == "fetched"]
    lost = f", {data['notifies_lost']} of {data['notifies']} NOTIFYs lost"
    click.echo(f"{', '.join(words)}{lost if data['notifies_lost'] else ''}, in {data['seconds']} s")


_COUNTED = ("fetched", "lost", "stopped", "offline", "untold")


def _exit(done: Synced, *, named: bool) -> int:
    data = done.data()
    bad = data["lost"] + data["stopped"]
    if named:
        bad += data["offline"] + data["untold"]
    return Exit.ERROR if bad else Exit.OK

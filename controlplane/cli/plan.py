"""`ctl plan`: what applying files would change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from controlplane.cli.exits import Exit
from controlplane.cli.printing import print_data, working
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import Diagnostic, Faults
from controlplane.service.data import change_set_data
from controlplane.service.files import write_whole

if TYPE_CHECKING:
    from controlplane.model.change_set import ChangeSet
    from controlplane.service.calls.asking import Asked
    from controlplane.service.calls.comparing import Altered
    from controlplane.service.changes.door import Door
    from controlplane.service.changes.planned import Planned
    from controlplane.store.store import Store


@click.command("plan")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep it for apply.")
@click.option("--prefer-file", is_flag=True, help="Settle every conflict in favour of the file.")
@click.option("--calls", type=click.Path(path_type=Path), help="Which of these calls it alters.")
@click.option("--reason", default="", help="Why, for the audit.")
@common
def verb(
    session: Session,
    files: tuple[Path, ...],
    out: Path | None,
    prefer_file: bool,
    calls: Path | None,
    reason: str,
) -> int:
    """Show what applying FILES, one a tenant, would change; nothing is changed.

    Without a file: the stored revisions that the engines do not run yet.

    Exits with 0 where there is no change, 2 where there are changes, 1 on an error.
    """
    from controlplane.service.calls.asking import read_asked
    from controlplane.service.changes.door import Door

    if out is not None and len(files) != 1:
        raise click.UsageError("--out takes the change set of exactly one file.")
    if calls is not None and len(files) != 1:
        raise click.UsageError("--calls looks at the change of exactly one file.")
    asked = read_asked(calls) if calls else ()
    with session.store() as store:
        if not files:
            return _unapplied(session, store)
        door = Door(session.configured.deployment, store)
        planned = _planned(session, door, files, prefer_file, reason)
    change_sets = [it.change_set for it in planned]
    if out is not None:
        write_whole(out, change_sets[0].to_json(), secret=True)
    tell(session, change_sets, [_alterations(it, asked) for it in planned] if calls else None)
    return Exit.CHANGES if any(change_sets) else Exit.OK


def _alterations(planned: Planned, asked: Sequence[Asked]) -> tuple[Altered, ...]:
    from controlplane.model.documents import from_documents
    from controlplane.service.calls.comparing import altered

    before = from_documents(planned.system.tenant, planned.before.documents)
    return altered(before, planned.system, asked, dt.datetime.now(dt.UTC))


def tell(
    session: Session,
    change_sets: list[ChangeSet],
    alterations: list[tuple[Altered, ...]] | None = None,
) -> None:
    """One as itself, several as a list; beside each, where asked, the calls that it alters."""
    from controlplane.cli.changes import show, show_altered

    if session.output is not Format.TABLE:
        data = [change_set_data(it) for it in change_sets]
        for one, calls in zip(data, alterations or (), strict=False):
            one["calls"] = [it.data() for it in calls if not it.had]
            one["otherwise"] = [{"had": it.had, **it.data()} for it in calls if it.had]
        print_data(data[0] if len(data) == 1 else data, session.output)
        return
    for change_set in change_sets:
        show(change_set, session)
    for calls in alterations or ():
        show_altered(calls)


def source_of(path: Path) -> str:
    """How a file is known to the store: by where it really is."""
    return str(path.resolve())


def _planned(
    session: Session, door: Door, files: tuple[Path, ...], prefer_file: bool, reason: str
) -> list[Planned]:
    """All of them, or the faults of all of them."""
    from controlplane.cli.reading import read_tenant

    made: list[Planned] = []
    faults: list[Diagnostic] = []
    with ExitStack() as read, working("comparing"):
        for path in files:
            try:
                reading = read.enter_context(read_tenant(session, path))
                planned = door.plan(
                    reading.system,
                    source_of(path),
                    documents=reading.documents,
                    author=session.author,
                    reason=reason,
                    prefer_wanted=prefer_file,
                )
            except Faults as found:
                faults += found.diagnostics
            else:
                made.append(planned)
        tenants = [it.change_set.tenant for it in made]
        twice = {it for it in tenants if tenants.count(it) > 1}
        faults += [Diagnostic("two files are of this tenant", it, "plan one") for it in twice]
    if faults:
        raise Faults(faults)
    return made


def _unapplied(session: Session, store: Store) -> int:
    """What is stored and not yet on an engine, by what was last brought there."""
    stored = store.latest_revision()
    behind = {}
    for name in session.configured.deployment.engines:
        last = store.last_applied(name, "applied")
        if (runs := last.revision if last else 0) != stored:
            behind[name] = runs
    if session.output is not Format.TABLE:
        engines = {name: {"runs": runs, "stored": stored} for name, runs in behind.items()}
        print_data({"engines": engines}, session.output)
    for name, runs in behind.items():
        if session.output is Format.TABLE:
            click.echo(f"engine {name}: was brought to revision {runs}, {stored} is stored")
    if not behind and session.output is Format.TABLE:
        click.echo(f"every engine was brought to revision {stored}: no change")
    return Exit.CHANGES if behind else Exit.OK

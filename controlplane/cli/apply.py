"""`ctl apply`: commits a change set, and brings the engines to it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from controlplane.cli.exits import Exit
from controlplane.cli.outcome import agreed, tell_outcome
from controlplane.cli.plan import source_of
from controlplane.cli.printing import Progress
from controlplane.cli.session import Session, common
from controlplane.diagnostics import fault

if TYPE_CHECKING:
    from controlplane.model.change_set import ChangeSet
    from controlplane.service.changes.door import Door
    from controlplane.service.changes.planned import Planned

_SAVED = b'"controlplane change set"'


@click.command("apply")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--reason", default="", help="Why, for the audit.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--prefer-file", is_flag=True, help="Settle every conflict in favour of the file.")
@common
def verb(session: Session, file: Path | None, reason: str, yes: bool, prefer_file: bool) -> int:
    """Execute the change set of FILE: a tenant's YAML, or what `ctl plan --out` saved.

    A saved change set is executed exactly, and refused where what it changes was changed
    since. Without FILE: bring the engines to what is stored.
    """
    from controlplane.service.changes.planned import Planned

    with session.store() as store, ExitStack() as read:
        tell = Progress()
        door = session.door(store, tell)
        if file is None:
            with tell:
                outcome = door.converge()
            tell_outcome(session, outcome, [])
            return Exit.OK
        with tell:
            tell(f"reading {file}")
            planned = _planned(session, door, file, read, reason, prefer_file)
        change_set = planned.change_set if isinstance(planned, Planned) else planned
        question = f"Apply this to {change_set.tenant}?"
        if change_set.changes and not agreed(session, [change_set], question, yes):
            click.echo("nothing was changed", err=True)
            return Exit.ERROR
        with tell:
            outcome = door.apply(planned)
        tell_outcome(session, outcome, [change_set])
    return Exit.OK


def _planned(
    session: Session,
    door: Door,
    file: Path,
    read: ExitStack,
    reason: str,
    prefer_file: bool,
) -> Planned | ChangeSet:
    try:
        with file.open("rb") as opened:
            saved = _SAVED in opened.read(1000)
    except OSError:
        saved = False  # the reader of YAML says what is wrong
    if saved:
        if prefer_file:
            raise fault("is a saved change set: it is executed as it is", str(file))
        return _saved(session, file, reason)
    from controlplane.cli.reading import read_tenant

    reading = read.enter_context(read_tenant(session, file))
    return door.plan(
        reading.system,
        source_of(file),
        documents=reading.documents,
        author=session.author,
        reason=reason,
        prefer_wanted=prefer_file,
    )


def _saved(session: Session, file: Path, reason: str) -> ChangeSet:
    """Whoever applies is the author; the reason may be given anew."""
    from controlplane.model.change_set import ChangeSet

    change_set = ChangeSet.from_json(file.read_bytes(), str(file))
    return replace(change_set, author=session.author, reason=reason or change_set.reason)

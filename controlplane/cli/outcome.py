"""What a change did: the revision, and what was read back from each engine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.changes import show, summary
from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session
from controlplane.diagnostics import fault, printable
from controlplane.service.data import outcome_data

if TYPE_CHECKING:
    from controlplane.apply.applier import Applied
    from controlplane.model.change_set import ChangeSet
    from controlplane.service.changes.door import Outcome


def agreed(session: Session, change_sets: list[ChangeSet], question: str, yes: bool) -> bool:
    """Show them and ask, where a person sits at a terminal; else, or with `yes`, it is agreed."""
    if yes or session.output is not Format.TABLE or not sys.stdin.isatty():
        return True
    for change_set in change_sets:
        show(change_set, session)
    return click.confirm(question, err=True)


def sure(question: str, yes: bool) -> None:
    """Ends the verb unless whoever called it is sure."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise fault("nothing was deleted: nobody could be asked", "", "add --yes")
    click.confirm(question, abort=True)


def said(session: Session, text: str, **data: Any) -> None:
    """What was done: a line for a person, data for a program."""
    if session.output is Format.TABLE:
        click.echo(text)
    else:
        print_data(data, session.output)


def tell_outcome(session: Session, outcome: Outcome, change_sets: list[ChangeSet]) -> None:
    """`change_sets` are those that were executed."""
    if session.output is not Format.TABLE:
        print_data(outcome_data(outcome, change_sets), session.output)
        return
    for change_set in change_sets:
        click.echo(f"{printable(change_set.tenant)}: {summary(change_set)}")
    click.echo(f"revision {outcome.revision}" if outcome.committed else "no new revision")
    for name, applied in outcome.engines.items():
        click.echo(f"engine {name}: {_words(applied)}")
        if applied.needs_restart:
            files = ", ".join(applied.needs_restart)
            click.echo(f"engine {name}: restart it, it reads {files} only then", err=True)


def _words(applied: Applied) -> str:
    done = [
        f"{count} {what if count == 1 else f'{what}s'} changed"
        for count, what in ((applied.files_changed, "file"), (applied.keys_changed, "key"))
        if count
    ]
    done += [f"{', '.join(applied.reloads)} reloaded"] if applied.reloads else []
    return f"runs revision {applied.revision} ({', '.join(done) or 'nothing to do'})"

"""`ctl rollback`: undoes commits, by a new commit."""

from __future__ import annotations

import click

from controlplane.cli.exits import Exit
from controlplane.cli.outcome import agreed, tell_outcome
from controlplane.cli.printing import Progress
from controlplane.cli.session import Session, common


@click.command("rollback")
@click.option(
    "--to", "revision", type=click.IntRange(0), help="Undo what came after this revision."
)
@click.option("--tenant", default="", help="Only of this tenant.")
@click.option("--reason", default="", help="Why, for the audit.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@common
def verb(session: Session, revision: int | None, tenant: str, reason: str, yes: bool) -> int:
    """Undo the last commit, or with --to every commit after a revision.

    Nothing is removed from the history: what is undone is committed as a change of its own.
    """

    with session.store() as store:
        if revision is None:
            last = store.history(tenant, 1)
            revision = last[0].revision - 1 if last else 0
        tell = Progress()
        door = session.door(store, tell)
        author = session.author
        change_sets = list(door.backwards(revision, tenant=tenant, author=author, reason=reason))
        question = f"Go back to revision {revision}?"
        if change_sets and not agreed(session, change_sets, question, yes):
            click.echo("nothing was changed", err=True)
            return Exit.ERROR
        with tell:
            outcome = door.rollback(revision, tenant=tenant, author=author, reason=reason)
        tell_outcome(session, outcome, change_sets)
    return Exit.OK

"""`ctl set`: changes one setting."""

from __future__ import annotations

from typing import Any

import click

from controlplane.cli.completing import complete
from controlplane.cli.exits import Exit
from controlplane.cli.outcome import tell_outcome
from controlplane.cli.printing import Progress
from controlplane.cli.session import Session, common
from controlplane.diagnostics import fault


@click.command("set")
@click.argument("address", shell_complete=complete)
@click.argument("value")
@click.option("--reason", default="", help="Why, for the audit.")
@common
def verb(session: Session, address: str, value: str, reason: str) -> int:
    """Change the setting at ADDRESS to VALUE, and bring the engines to it.

    VALUE is written as in a tenant's file: yes, 20s, line/102, [line/102, "+447700900123"];
    null puts the setting back to its default.
    """
    from controlplane.service.door import Door

    wanted = _value(address, value)
    with session.store() as store:
        tell = Progress()
        door = Door(session.configured.deployment, store, tell=tell)
        with tell:
            outcome = door.set(address.strip("/"), wanted, author=session.author, reason=reason)
        tell_outcome(session, outcome, [])
    return Exit.OK


def _value(address: str, text: str) -> Any:
    from controlplane.store.yaml_syntax import ProblemError
    from controlplane.store.yaml_text import load

    if not text:
        return ""
    try:
        loaded = load(text)
    except ProblemError as problem:
        raise fault(problem.message, address, problem.mend) from None
    if loaded.problems:
        raise fault(loaded.problems[0].message, address, loaded.problems[0].mend)
    return loaded.value

"""`ctl doctor`: whether everything a controller stands on is in order, and how to mend it."""

from __future__ import annotations

import asyncio
from collections import Counter

import click

from controlplane.cli.exits import Exit
from controlplane.cli.printing import print_data, print_table, working
from controlplane.cli.session import Format, Session, common


@click.command("doctor")
@common
def verb(session: Session) -> int:
    """Check configuration, store, templates, engines, controller and clock.

    Exits with 0 unless a check failed; warnings do not count.
    """
    from controlplane.cli.checkup import State, checkup

    with working("looking"):
        findings = asyncio.run(checkup(session))
    if session.output is Format.TABLE:
        rows = [(it.state.value, it.what, it.detail, it.mend) for it in findings]
        print_table(("STATE", "WHAT", "FOUND", "HOW TO MEND"), rows)
    else:
        names = ("what", "detail", "mend")
        print_data(
            [
                {"state": it.state.value, **{name: getattr(it, name) for name in names}}
                for it in findings
            ],
            session.output,
        )
    states = Counter(it.state for it in findings)
    return Exit.ERROR if states[State.FAIL] else Exit.OK

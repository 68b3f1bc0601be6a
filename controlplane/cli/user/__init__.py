"""`ctl user`: the people of a tenant; one file a verb."""

from __future__ import annotations

import click

from controlplane.cli.lazy import LazyGroup

VERBS = {
    "add": "Add one, with a line and the first phone.",
}
"""Verb -> one line of help, in the order of the help. Its code is the module of the same name."""


@click.group(
    "user",
    cls=LazyGroup,
    verbs=VERBS,
    package="controlplane.cli.user",
    subcommand_metavar="VERB [ARGS]...",
)
def verb() -> None:
    """Users: people, each assigned to one line at most.

    USER is TENANT/NAME, as acme/ada. `ctl get acme/users` lists them, `ctl set` changes them.
    """

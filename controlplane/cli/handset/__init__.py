"""`ctl handset`: the handsets of a tenant; one file a verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from controlplane.cli.completing import complete_handset
from controlplane.cli.lazy import LazyGroup

VERBS = {
    "list": "List them.",
    "show": "Show everything about one.",
}
"""Verb -> one line of help, in the order of the help. Its code is the module of the same name."""


@click.group(
    "handset",
    cls=LazyGroup,
    verbs=VERBS,
    package="controlplane.cli.handset",
    subcommand_metavar="VERB [ARGS]...",
)
def verb() -> None:
    """Handsets: phones, each with one permanent SIP account of its own.

    HANDSET is TENANT/PHONE-ID, as acme/LDN-07; the Phone ID is what stands on its screen.
    """


def handset_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument HANDSET, as `handset`."""
    return click.argument("handset", shell_complete=complete_handset)(command)

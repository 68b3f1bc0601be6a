"""`ctl handset`: the handsets of a tenant; one file a verb."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.completing import complete_handset, complete_handset_settings
from controlplane.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from controlplane.service.handsets.listing import Phone

VERBS = {
    "list": "List them.",
    "show": "Show everything about one.",
    "fleet": "Say how they stand: seen when, with which files, registered where.",
    "add": "Add one.",
    "edit": "Change settings of one, all at once.",
    "delete": "Delete one, and end its registration; asks first.",
    "sync": "Tell them to fetch their files, and see that they have.",
    "render": "Print what one would get.",
    "login": "Log a line in to one.",
    "logout": "Log out whoever is logged in to one.",
    "enrol": "Print the URL from which one fetches its files first.",
    "revoke": "Serve one nothing any more.",
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


def settings_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments SETTING=VALUE, as `values`."""
    complete = complete_handset_settings
    metavar = "SETTING=VALUE"
    return click.argument("values", nargs=-1, metavar=metavar, shell_complete=complete)(command)


def reason_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--reason", default="", help="Why, for the audit.")(command)


def among_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which of them are meant, as `site`, `line` and `model`."""
    texts = {
        "model": "Only those of this model, or of this vendor.",
        "line": "Only those that serve this line now.",
        "site": "Only those at this site.",
    }
    for name, text in texts.items():
        command = click.option(f"--{name}", default="", help=text)(command)
    return command


def among(phones: Iterable[Phone], site: str, line: str, model: str) -> list[Phone]:
    """Those that are meant."""
    return [
        it
        for it in phones
        if site in ("", it.handset.site)
        and line in ("", it.handset.serves)
        and model in ("", it.handset.model, (it.handset.model or "").partition("/")[0])
    ]

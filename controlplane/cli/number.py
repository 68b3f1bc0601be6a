"""`ctl number`: public numbers of a tenant — how they stand, and where their calls go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from controlplane.cli.completing import complete_number, complete_target
from controlplane.cli.editing import commit, seen_option, value
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common


@click.group("number")
def verb() -> None:
    """Public numbers: list them, enable and disable them, and say where their calls go.

    NUMBER is TENANT/NUMBER, as acme/+442071838751. Only an active number that is no site's main
    number can be acted on; of a main number only where it leads.
    """


def _number(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("number", shell_complete=complete_number)(command)


def _changes(command: Callable[..., Any]) -> Callable[..., Any]:
    reason = click.option("--reason", default="", help="Why, for the audit.")
    return seen_option(reason(common(command)))


@verb.command("list", short_help="List the numbers of a tenant.")
@click.argument("tenant")
@common
def list_numbers(session: Session, tenant: str) -> None:
    """List the numbers of TENANT: where they lead, and whether they can be acted on."""
    from controlplane.service.changes.numbers import rows

    with session.store() as store:
        found = list(rows(store.system(tenant)))
    if session.output is not Format.TABLE:
        print_data([asdict(row) for row in found], session.output)
        return
    columns = ["NUMBER", "SITE", "STATUS", "ENABLED", "TO", "ASSIGNED_TO", "LOGGED_IN", "FORWARD"]
    print_table(
        [name.replace("_", " ") for name in columns],
        (
            (
                row.number,
                row.site,
                "Main Number" if row.main else row.status.capitalize(),
                row.enabled,
                row.to,
                row.assigned_to,
                ", ".join(row.logged_in) or "N/A",
                row.forward,
            )
            for row in found
        ),
        empty=f"{tenant} has no number",
    )


@verb.command("enable", short_help="Let calls come in.")
@_number
@_changes
def enable(session: Session, number: str, seen: int | None, reason: str) -> None:
    """Let calls to NUMBER come in."""
    _change(session, number, {"enabled": True}, reason or "enable number", seen)


@verb.command("disable", short_help="Let no calls come in.")
@_number
@_changes
def disable(session: Session, number: str, seen: int | None, reason: str) -> None:
    """Let no calls to NUMBER come in: callers hear that it is not in service."""
    _change(session, number, {"enabled": False}, reason or "disable number", seen)


@verb.command("route", short_help="Say where its calls go.")
@_number
@click.argument("destination", shell_complete=complete_target)
@_changes
def route(session: Session, number: str, destination: str, seen: int | None, reason: str) -> None:
    """Send calls to NUMBER to DESTINATION: line/101, group/sales, or null for nowhere."""
    to = value(f"{number}/to", destination)
    _change(session, number, {"to": to}, reason or f"route to {destination}", seen)


def _change(
    session: Session, number: str, settings: dict[str, Any], reason: str, seen: int | None
) -> None:
    from controlplane.service.changes.numbers import changed_number
    from controlplane.service.changes.setting import Put

    edits = {name: Put(it) for name, it in settings.items()}
    commit(
        session,
        lambda store: changed_number(
            store, number, edits, session.author, reason, seen, administrator=True
        ),
    )

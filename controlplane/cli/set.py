"""`ctl set`: changes settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controlplane.cli.completing import complete, complete_values
from controlplane.cli.editing import commit, seen_option, settings, value
from controlplane.cli.session import Session, common

if TYPE_CHECKING:
    from controlplane.service.changes.setting import Edit


@click.command("set")
@click.argument("address", shell_complete=complete)
@click.argument("values", nargs=-1, metavar="VALUE", shell_complete=complete_values)
@click.option(
    "--add",
    multiple=True,
    metavar="ITEM",
    help="Add to a list; repeat it.",
    shell_complete=complete_values,
)
@click.option(
    "--remove",
    multiple=True,
    metavar="ITEM",
    help="Remove from a list; repeat it.",
    shell_complete=complete_values,
)
@seen_option
@click.option("--reason", default="", help="Why, for the audit.")
@common
def verb(
    session: Session,
    address: str,
    values: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    seen: int | None,
    reason: str,
) -> None:
    """Change the setting at ADDRESS to VALUE, and bring the engines to it.

    VALUE is written as in a tenant's file: yes, 20s, line/102, [line/102, "+447700900123"];
    null puts the setting back to its default. Where ADDRESS is a whole object, or a rule of a
    line, each VALUE is SETTING=VALUE, and all of them change at once:

    \b
      ctl set acme/lines/101/ring "4 rings"
      ctl set acme/lines/101 call_waiting=no forward/busy=line/102
      ctl set acme/lines/101/blocked --add +447700900999 --remove list/nuisance
    """  # fmt: skip
    from controlplane.service.changes.setting import changed_settings, split

    address = address.strip("/")
    place, path = split(address)
    if add or remove:
        base, edits = place, _items(address, "/".join(path), values, add, remove)
    elif not path or (len(path) == 2 and path[0] == "rules"):
        if not values:
            raise click.UsageError("Missing SETTING=VALUE.")
        base, edits = address, settings(address, values)
    elif len(values) == 1:
        base, edits = place, _put("/".join(path), address, values[0])
    else:
        raise click.UsageError(f"{address} takes one value; write a list as [one, two].")
    commit(
        session,
        lambda store: changed_settings(store, base, edits, session.author, reason, seen),
    )


def _put(path: str, address: str, text: str) -> dict[str, Edit]:
    from controlplane.service.changes.setting import Put

    return {path: Put(value(address, text))}


def _items(
    address: str, path: str, values: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...]
) -> dict[str, Edit]:
    from controlplane.service.changes.setting import Items

    if values or not path:
        raise click.UsageError("Either VALUE, or --add and --remove, of one setting.")
    added, removed = (tuple(value(address, it) for it in items) for items in (add, remove))
    return {path: Items(added, removed)}

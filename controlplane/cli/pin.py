"""`ctl pin`: the PIN of a line — its state, its default, and back to that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from controlplane.cli.completing import complete_line
from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import fault

if TYPE_CHECKING:
    from controlplane.service.dialled.pins import PinService


@click.group("pin")
def verb() -> None:
    """The PIN of a line opens its mailbox, the voice portal and its sign-in at a handset.

    LINE is TENANT/EXTENSION, as acme/101. A PIN that somebody chose is never shown: only its hash
    is stored. What happens to PINs is in `ctl log`.
    """


@verb.command("show", short_help="Say which PIN a line has, and whether it is locked.")
@click.argument("line", shell_complete=complete_line)
@common
def show(session: Session, line: str) -> None:
    """Say whether LINE has its default PIN, or one of its own, and whether it is locked."""
    with _service(session, line) as (pins, tenant, extension):
        default, stored = pins.default(tenant, extension), pins.status(tenant, extension)
    changed = stored.changed_at
    found = {
        "line": f"{tenant}/{extension}",
        "default": default,
        "own": stored.hash is not None,
        "changed": changed.astimezone().isoformat(timespec="seconds") if changed else None,
        "failures": stored.failures,
        "locked": stored.locked,
    }
    if session.output is not Format.TABLE:
        print_data(found, session.output)
        return
    which = f"a PIN of its own, since {found['changed']}" if found["own"] else "its default PIN"
    click.echo(f"line {found['line']} has {which}; the default is {default}")
    if stored.locked:
        click.echo("it is locked after three wrong attempts; `ctl pin reset` unlocks it")


@verb.command("reset", short_help="Put the default PIN back, and unlock.")
@click.argument("line", shell_complete=complete_line)
@click.option("--reason", default="", help="Why, for the audit.")
@common
def reset(session: Session, line: str, reason: str) -> None:
    """Put the default PIN of LINE back, and unlock it."""
    with _service(session, line) as (pins, tenant, extension):
        default = pins.default(tenant, extension)
        pins.reset(tenant, extension, session.author, reason)
        locked = pins.status(tenant, extension).locked
    if session.output is not Format.TABLE:
        print_data({"line": f"{tenant}/{extension}", "default": default, "locked": locked},
                   session.output)  # fmt: skip
        return
    click.echo(f"line {tenant}/{extension} has its default PIN {default} again, and is not locked")


@contextmanager
def _service(session: Session, line: str) -> Iterator[tuple[PinService, str, str]]:
    """Raises Faults where there is no such line."""
    from controlplane.service.dialled.pins import pin_service

    tenant, _, extension = line.strip("/").replace("/lines/", "/").partition("/")
    with session.store() as store:
        if extension not in store.keys(tenant, "lines"):
            raise fault(f"there is no line {line!r}", line, "write TENANT/EXTENSION, as acme/101")
        yield pin_service(store), tenant, extension

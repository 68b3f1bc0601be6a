"""`ctl get`: what is stored at an address."""

from __future__ import annotations

from typing import Any

import click

from controlplane.cli.completing import complete
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.cli.text import in_words
from controlplane.diagnostics import fault
from controlplane.model.change import masked
from controlplane.service.changes.addresses import value_at


@click.command("get", short_help="Print what is stored at an address.")
@click.argument("address", default="", shell_complete=complete)
@click.option("--defaults", is_flag=True, help="Also the settings that are at their defaults.")
@click.option("--reveal", is_flag=True, help="Show passwords and PINs instead of hiding them.")
@common
def verb(session: Session, address: str, defaults: bool, reveal: bool) -> None:
    """Print what is stored at ADDRESS: a tenant (acme), a collection (acme/lines), an object
    (acme/lines/101) or a setting of any depth (acme/lines/101/forward/busy).

    Without an address, the tenants.
    """
    with session.store() as store:
        tenant = address.strip("/").split("/")[0]
        if not tenant:
            _show(list(store.tenants()), session)
            return
        snapshot = store.load(tenant)
    if not snapshot.documents:
        raise fault(f"there is no tenant {tenant!r}", address, "`ctl get` lists them")
    value = value_at(address, tenant, snapshot.with_secrets(), defaults)
    _show(value if reveal else masked(value, address), session)


def _show(value: Any, session: Session) -> None:
    match value:
        case _ if session.output is not Format.TABLE:
            print_data(value, session.output)
        case dict() if value and all(isinstance(inner, dict) for inner in value.values()):
            print_table(("KEY", "SETTINGS"), ((key, _settings(it)) for key, it in value.items()))
        case dict():
            print_table(("SETTING", "VALUE"), ((key, in_words(it)) for key, it in value.items()))
        case list():
            for item in value:
                click.echo(in_words(item))
        case _:
            click.echo(in_words(value))


def _settings(document: dict[str, Any]) -> str:
    return ", ".join(f"{in_words(key)}: {in_words(value)}" for key, value in document.items())

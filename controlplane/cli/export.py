"""`ctl export`: a tenant as the YAML file that `ctl plan` takes back with no change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from controlplane.cli.printing import as_yaml, print_data
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import fault
from controlplane.model.change import HIDDEN, masked
from controlplane.model.documents import SETTINGS
from controlplane.service.changes.addresses import value_at
from controlplane.service.files import write_whole


@click.command("export")
@click.argument("tenant", default="")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--reveal", is_flag=True, help="With passwords and PINs, which are left out else.")
@common
def verb(session: Session, tenant: str, out: Path | None, reveal: bool) -> None:
    """Write TENANT as YAML (the only tenant, where none is named).

    Passwords and PINs are left out; what a file does not say about them stays as stored.
    """
    with session.store() as store:
        tenants = store.tenants()
        if not tenant and len(tenants) == 1:
            tenant = tenants[0]
        if tenant not in tenants:
            known = ", ".join(tenants) or "none"
            what = f"there is no tenant {tenant!r}" if tenant else "say which tenant"
            raise fault(what, tenant, f"there are: {known}")
        documents = store.documents(tenant)
    whole = value_at(tenant, tenant, documents)
    file = {"tenant": tenant, **whole.pop(SETTINGS), **whole}
    if not reveal:
        file = _without_hidden(masked(file))
    if out is not None:
        write_whole(out, as_yaml(file), secret=reveal)
    elif session.output is Format.JSON:
        print_data(file, Format.JSON)
    else:
        click.echo(as_yaml(file), nl=False)


def _without_hidden(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_hidden(it) for key, it in value.items() if it != HIDDEN}
        case list():
            return [_without_hidden(it) for it in value]
    return value

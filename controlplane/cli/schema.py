"""`ctl schema`: the JSON Schema of a tenant's file, which editors complete from."""

from __future__ import annotations

import click

from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session, common


@click.command("schema")
@common
def verb(session: Session) -> None:
    """Print the JSON Schema of a tenant's YAML file."""
    from controlplane.model.schema import json_schema

    print_data(json_schema(), Format.JSON if session.output is Format.TABLE else session.output)

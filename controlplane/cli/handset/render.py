"""`ctl handset render`: what a handset would get."""

from __future__ import annotations

import click

from controlplane.cli.handset import handset_argument
from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import printable


@click.command("render")
@handset_argument
@click.argument("name", default="", metavar="[FILE]")
@click.option("--names", is_flag=True, help="Instead: the names of the files that there are.")
@click.option("--reveal", is_flag=True, help="Show passwords instead of hiding them.")
@common
def verb(session: Session, handset: str, name: str, names: bool, reveal: bool) -> None:
    """Print FILE as HANDSET would get it; without FILE, its own configuration.

    The token in URLs is never shown: it is known to the handset alone.
    """
    from controlplane.service.handsets.current_files import CurrentFiles
    from controlplane.service.handsets.listing import shown

    with session.store() as store:
        phone = shown(store, handset)
        files = CurrentFiles(session.configured.deployment, store)
        if names:
            _tell_names(session, files.names(phone))
            return
        file = files.file(phone, name, reveal=reveal)
    text = file.body.decode("utf-8", "replace")
    if session.output is not Format.TABLE:
        print_data({"content_type": file.content_type, "body": text}, session.output)
        return
    for line in text.splitlines():
        click.echo(printable(line))


def _tell_names(session: Session, names: tuple[str, ...]) -> None:
    if session.output is not Format.TABLE:
        print_data(list(names), session.output)
    else:
        click.echo("\n".join(names))

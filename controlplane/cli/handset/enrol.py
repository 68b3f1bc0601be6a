"""`ctl handset enrol`: let a handset fetch its files, by a URL that serves once."""

from __future__ import annotations

import click

from controlplane.cli.handset import handset_argument
from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import fault


@click.command("enrol")
@handset_argument
@click.option("--minutes", type=int, default=60, show_default=True, help="How long it is open.")
@click.option("--rotate", is_flag=True, help="Instead: give it another token as it fetches next.")
@common
def verb(session: Session, handset: str, minutes: int, rotate: bool) -> None:
    """Print the URL from which HANDSET fetches its files for the first time.

    Enter it as its provisioning server. It is dead once the handset has fetched its configuration,
    in which it finds a URL of its own, and the one it had before is dead then, too. The URL is a
    secret; it is not shown again.
    """
    from controlplane.service.enrolment import Enrolment, token_url
    from controlplane.service.handsets import address_of

    served = session.configured.deployment.provisioning
    if served is None:
        raise fault(
            "nothing is served to handsets",
            f"{session.configured.path}: provisioning",
            "say there where they fetch their files, see docs/provisioning-server.md",
        )
    tenant, _, phone = address_of(handset).split("/")
    with session.store() as store:
        enrolment = Enrolment(store)
        if rotate:
            enrolment.rotate(tenant, phone)
            _tell(session, {"handset": f"{tenant}/{phone}", "rotating": True},
                  f"{tenant}/{phone} is given another token as it fetches next")  # fmt: skip
            return
        made = enrolment.enrol(tenant, phone, session.author, minutes)
    until = made.expires.astimezone().isoformat(timespec="seconds")
    url = token_url(served.public_url, made.token)
    _tell(session, {"handset": f"{tenant}/{phone}", "url": url, "until": until},
          f"{url}\nserves {tenant}/{phone} once, until {until}")  # fmt: skip


def _tell(session: Session, data: dict[str, object], text: str) -> None:
    if session.output is Format.TABLE:
        click.echo(text)
    else:
        print_data(data, session.output)

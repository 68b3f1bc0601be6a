"""`ctl handset enrol`: let a handset fetch its files, by a URL that serves once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from controlplane.cli.handset import handset_argument
from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import fault

if TYPE_CHECKING:
    from controlplane.render.phones.vendor import Model
    from controlplane.store.store import Store


@click.command("enrol")
@handset_argument
@click.option("--minutes", type=int, default=60, show_default=True, help="How long it is open.")
@click.option("--rotate", is_flag=True, help="Instead: give it another token as it fetches next.")
@click.option(
    "--svg", type=click.Path(path_type=Path), help="Of an app: its QR code, written here."
)
@common
def verb(session: Session, handset: str, minutes: int, rotate: bool, svg: Path | None) -> None:
    """Print the URL from which HANDSET fetches its files for the first time.

    Enter it as its provisioning server. It is dead once the handset has fetched its configuration,
    in which it finds a URL of its own, and the one it had before is dead then, too. The URL is a
    secret; it is not shown again. An app (linphone/Linphone, softphone/generic) scans it as a QR
    code.
    """
    from controlplane.render.phones.qr import as_svg, as_text, setup_url
    from controlplane.service.files import write_whole
    from controlplane.service.handsets.enrolment import Enrolment, token_url
    from controlplane.service.handsets.listing import address_of

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
        model = _model(store, address_of(handset))
        if svg is not None and (model is None or setup_url(model, "") is None):
            mend = "leave --svg out: phones are told the URL as their provisioning server"
            raise fault("is no app that scans a QR code", f"{tenant}/handsets/{phone}", mend)
        made = enrolment.enrol(tenant, phone, session.author, minutes)
    until = made.expires.astimezone().isoformat(timespec="seconds")
    folder = token_url(served.public_url, made.token)
    app = setup_url(model, folder) if model else None
    url = app or folder
    if svg is not None:
        write_whole(svg, as_svg(url).encode(), secret=True)
    code = as_text(url) if app else ""
    _tell(session, {"handset": f"{tenant}/{phone}", "url": url, "until": until},
          f"{code}{url}\nserves {tenant}/{phone} once, until {until}")  # fmt: skip


def _model(store: Store, address: str) -> Model | None:
    """Of a handset; None where it says none, or there is no such handset."""
    from controlplane.render.phones.catalogue import catalogue

    _, document = store.object_at(address)
    return catalogue().models.get((document or {}).get("model") or "")


def _tell(session: Session, data: dict[str, object], text: str) -> None:
    if session.output is Format.TABLE:
        click.echo(text)
    else:
        print_data(data, session.output)

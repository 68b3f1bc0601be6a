"""`ctl voicemail greetings`: what callers hear of a mailbox."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from controlplane.cli.outcome import said
from controlplane.cli.printing import print_data, print_table, working
from controlplane.cli.session import Format, Session, common
from controlplane.cli.voicemail.at_handset import handset_option, recorded
from controlplane.cli.voicemail.mailbox import engine_option, opened
from controlplane.diagnostics import fault

if TYPE_CHECKING:
    from controlplane.service.mailboxes.voicemail import Voicemail
    from controlplane.voicemail.mailboxes import Box

_OCCASIONS = ("unavailable", "busy", "temporary")
STANDARD = "standard"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")

_use = click.option(
    "--use", "occasion", type=click.Choice(_OCCASIONS), help="And have it heard then."
)


@click.group("greetings")
def greetings() -> None:
    """Greetings of a mailbox, by name; one of them is heard on each occasion."""


@greetings.command("list", short_help="List greetings, and when they are heard.")
@click.argument("box")
@engine_option
@common
def list_greetings(session: Session, box: str, engine: str) -> None:
    """List the greetings of BOX, and on what occasion each is heard."""
    with opened(session, box, engine) as (voicemail, at):
        found = voicemail.greetings(at)
    rows: list[tuple[str, float, list[str], str]] = []
    for engine_name, it in found.items():
        for one in it.known:
            rows.append((one.name, one.seconds, [o.value for o in one.active], engine_name))
        if it.unnamed:
            heard = [o.value for o in it.unnamed]
            rows.append(("(recorded at a phone)", 0.0, heard, engine_name))
    if session.output is not Format.TABLE:
        keys = ("name", "seconds", "heard", "engine")
        data = [dict(zip(keys, row, strict=True)) for row in rows]
        names = {name: it.recorded_name for name, it in found.items()}
        print_data({"greetings": data, "recorded_name_seconds": names}, session.output)
        return
    shown = ((a, f"{b:g} s" if b else "", ", ".join(c), d) for a, b, c, d in rows)
    print_table(("NAME", "LENGTH", "HEARD", "ENGINE"), shown, empty="only the engine's own")


@greetings.command("use", short_help="Choose what is heard on an occasion.")
@click.argument("box")
@click.argument("occasion", type=click.Choice(_OCCASIONS))
@click.argument("greeting")
@engine_option
@common
def use(session: Session, box: str, occasion: str, greeting: str, engine: str) -> None:
    """Have GREETING heard on OCCASION; `standard` is the engine's own. While a greeting is
    chosen for `temporary`, it is heard on all occasions."""
    from controlplane.voicemail.mailboxes import Occasion

    with opened(session, box, engine) as (voicemail, at):
        chosen = None if greeting == STANDARD else _checked(greeting)
        voicemail.use_greeting(at, Occasion(occasion), chosen)
    said(session, f"{occasion}: {greeting}", occasion=occasion, greeting=greeting)


@greetings.command("upload", short_help="Keep a WAV or MP3 file as a greeting.")
@click.argument("box")
@click.argument("greeting")
@click.argument("file", type=click.Path(path_type=Path))
@_use
@engine_option
@common
def upload(
    session: Session, box: str, greeting: str, file: Path, occasion: str | None, engine: str
) -> None:
    """Keep a WAV or MP3 FILE under the name GREETING."""
    from controlplane.voicemail.sound import converted

    with opened(session, box, engine) as (voicemail, at):
        _keep(voicemail, at, _checked(greeting), converted(file), occasion)
    said(session, f"greeting {greeting} is kept", greeting=greeting, heard=occasion)


@greetings.command("download", short_help="Write a greeting to a WAV file.")
@click.argument("box")
@click.argument("greeting")
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="A new file.")
@engine_option
@common
def download(session: Session, box: str, greeting: str, file: Path, engine: str) -> None:
    """Write GREETING to a WAV file, to be heard or kept."""
    with opened(session, box, engine) as (voicemail, at):
        size = voicemail.save_greeting(at, _checked(greeting), file)
    said(session, f"{size} bytes written to {file}", file=str(file), bytes=size)


@greetings.command("delete", short_help="Delete a greeting.")
@click.argument("box")
@click.argument("greeting")
@engine_option
@common
def delete(session: Session, box: str, greeting: str, engine: str) -> None:
    """Delete GREETING; where it was heard, the engine's own is heard instead."""
    with opened(session, box, engine) as (voicemail, at):
        voicemail.delete_greeting(at, _checked(greeting))
    said(session, f"greeting {greeting} is deleted", deleted=greeting)


@greetings.command("record", short_help="Record a greeting at a handset, which is called.")
@click.argument("box")
@click.argument("greeting")
@handset_option
@_use
@engine_option
@common
def record(
    session: Session, box: str, greeting: str, handset: str, occasion: str | None, engine: str
) -> None:
    """Call a handset, and keep what is said after the tone as GREETING; # ends it."""
    with opened(session, box, engine) as (voicemail, at):
        checked = _checked(greeting)
        with working("calling"):
            wav = recorded(voicemail, at, handset)
        _keep(voicemail, at, checked, wav, occasion)
    said(session, f"greeting {greeting} is kept", greeting=greeting, heard=occasion)


def _keep(voicemail: Voicemail, box: Box, greeting: str, wav: bytes, occasion: str | None) -> None:
    from controlplane.voicemail.mailboxes import Occasion

    voicemail.put_greeting(box, greeting, wav)
    if occasion:
        voicemail.use_greeting(box, Occasion(occasion), greeting)


def _checked(greeting: str) -> str:
    if not _NAME.fullmatch(greeting) or greeting == STANDARD:
        mend = "write up to 40 letters, digits, - and _, and not standard"
        raise fault(f"{greeting[:40]!r} is not a greeting's name", "", mend)
    return greeting

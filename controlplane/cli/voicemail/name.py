"""`ctl voicemail name`: the recorded name of a mailbox's owner."""

from __future__ import annotations

from pathlib import Path

import click

from controlplane.cli.outcome import said
from controlplane.cli.printing import working
from controlplane.cli.session import Session, common
from controlplane.cli.voicemail.at_handset import handset_option, recorded
from controlplane.cli.voicemail.mailbox import engine_option, opened


@click.group("name")
def name() -> None:
    """The recorded name of a mailbox's owner."""


@name.command("upload", short_help="Keep a WAV or MP3 file as the recorded name.")
@click.argument("box")
@click.argument("file", type=click.Path(path_type=Path))
@engine_option
@common
def upload(session: Session, box: str, file: Path, engine: str) -> None:
    """Keep a WAV or MP3 FILE as the recorded name."""
    from controlplane.voicemail.sound import converted

    with opened(session, box, engine) as (voicemail, at):
        voicemail.put_name(at, converted(file))
    said(session, "the name is kept", box=str(at))


@name.command("download", short_help="Write the recorded name to a WAV file.")
@click.argument("box")
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="A new file.")
@engine_option
@common
def download(session: Session, box: str, file: Path, engine: str) -> None:
    """Write the recorded name to a WAV file."""
    with opened(session, box, engine) as (voicemail, at):
        size = voicemail.save_name(at, file)
    said(session, f"{size} bytes written to {file}", file=str(file), bytes=size)


@name.command("record", short_help="Record the name at a handset, which is called.")
@click.argument("box")
@handset_option
@engine_option
@common
def record(session: Session, box: str, handset: str, engine: str) -> None:
    """Call a handset, and keep what is said after the tone as the name; # ends it."""
    with opened(session, box, engine) as (voicemail, at):
        with working("calling"):
            wav = recorded(voicemail, at, handset)
        voicemail.put_name(at, wav)
    said(session, "the name is kept", box=str(at))


@name.command("delete", short_help="Delete the recorded name.")
@click.argument("box")
@engine_option
@common
def delete(session: Session, box: str, engine: str) -> None:
    """Delete the recorded name."""
    with opened(session, box, engine) as (voicemail, at):
        voicemail.put_name(at, None)
    said(session, "the name is deleted", box=str(at))

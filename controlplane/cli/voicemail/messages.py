"""Verbs of `ctl voicemail` about messages, and how much a mailbox holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.outcome import said, sure
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.cli.voicemail.mailbox import engine_option, opened

if TYPE_CHECKING:
    from controlplane.service.mailboxes.voicemail import Held

_FOLDERS = ("new", "saved", "trash")


@click.command("list", short_help="List messages, newest first.")
@click.argument("box")
@click.option("--folder", type=click.Choice(_FOLDERS), help="Only these.  [all]")
@engine_option
@common
def list_messages(session: Session, box: str, folder: str | None, engine: str) -> None:
    """List the messages of BOX, newest first."""
    with opened(session, box, engine) as (voicemail, at):
        held = voicemail.messages(at)
    rows = [as_data(one) for one in held if folder in (None, one.message.folder.value)]
    if session.output is not Format.TABLE:
        print_data(rows, session.output)
        return
    shown = (
        (
            row["folder"],
            row["received"],
            row["name"] or "",
            row["number"] or "unknown",
            f"{row['seconds']} s",
            row["id"],
            row["engine"],
        )
        for row in rows
    )
    columns = ("FOLDER", "RECEIVED", "NAME", "NUMBER", "LENGTH", "ID", "ENGINE")
    print_table(columns, shown, empty=f"{at} has no message")


def as_data(held: Held) -> dict[str, Any]:
    message = held.message
    return {
        "id": message.id,
        "folder": message.folder.value,
        "received": message.received.isoformat(),
        "number": message.number,
        "name": message.name,
        "seconds": message.seconds,
        "bytes": message.size,
        "urgent": message.urgent,
        "engine": held.engine,
    }


@click.command("play", short_help="Write the sound of a message to a file.")
@click.argument("box")
@click.argument("message")
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="A new file.")
@engine_option
@common
def play(session: Session, box: str, message: str, file: Path, engine: str) -> None:
    """Write the sound of MESSAGE to a WAV file."""
    with opened(session, box, engine) as (voicemail, at):
        size = voicemail.save(at, message, file)
    said(session, f"{size} bytes written to {file}", file=str(file), bytes=size)


@click.command("move", short_help="Move a message to another folder.")
@click.argument("box")
@click.argument("message")
@click.argument("folder", type=click.Choice(_FOLDERS))
@engine_option
@common
def move(session: Session, box: str, message: str, folder: str, engine: str) -> None:
    """Make MESSAGE new or saved, or put it into the trash."""
    from controlplane.voicemail.mailboxes import Folder

    with opened(session, box, engine) as (voicemail, at):
        voicemail.move(at, message, Folder(folder))
    said(session, f"message {message} is in {folder}", id=message, folder=folder)


@click.command("delete", short_help="Delete messages for good.")
@click.argument("box")
@click.argument("messages", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@engine_option
@common
def delete(session: Session, box: str, messages: tuple[str, ...], yes: bool, engine: str) -> None:
    """Delete MESSAGES for good, from whatever folder they are in."""
    with opened(session, box, engine) as (voicemail, at):
        sure(f"Delete {len(messages)} of the messages of {at}?", yes)
        voicemail.delete(at, *messages)
    said(session, f"{len(set(messages))} deleted", deleted=list(dict.fromkeys(messages)))


@click.command("clear", short_help="Delete all messages, or all data.")
@click.argument("box")
@click.argument("what", type=click.Choice(("messages", "data")))
@click.option("--yes", is_flag=True, help="Do not ask.")
@engine_option
@common
def clear(session: Session, box: str, what: str, yes: bool, engine: str) -> None:
    """Delete all messages and keep greetings (messages), or greetings and recorded name as
    well (data)."""
    with opened(session, box, engine) as (voicemail, at):
        more = "" if what == "messages" else ", greetings and the recorded name"
        sure(f"Delete all messages{more} of {at}?", yes)
        if what == "messages":
            count = voicemail.clear_messages(at)
        else:
            count = len(voicemail.messages(at))
            voicemail.clear_data(at)
    said(session, f"{count} messages deleted{more}", deleted=count, what=what)


@click.command("usage", short_help="Show how much a mailbox holds, and may hold.")
@click.argument("box")
@engine_option
@common
def usage(session: Session, box: str, engine: str) -> None:
    """Show how many messages and bytes BOX holds, and its limits."""
    with opened(session, box, engine) as (voicemail, at):
        _, settings = voicemail.box(box)
        found = voicemail.usage(at)
    limits = settings.limits
    data = {
        name: {
            "messages": {folder.value: count for folder, count in it.messages.items()},
            "message_bytes": it.message_bytes,
            "greeting_bytes": it.greeting_bytes,
        }
        for name, it in found.items()
    }
    if session.output is not Format.TABLE:
        print_data({"engines": data, "limits": limits.model_dump(mode="json")}, session.output)
        return
    rows = [
        (name, *it.messages.values(), _megabytes(it.message_bytes), _megabytes(it.greeting_bytes))
        for name, it in found.items()
    ]
    print_table(("ENGINE", "NEW", "SAVED", "TRASH", "MESSAGES", "GREETINGS"), rows)
    most = f", {limits.megabytes} MB" if limits.megabytes else ""
    click.echo(f"limits: {limits.messages} new messages, {limits.seconds} s each{most}")


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"

"""`ctl recordings`: calls that were recorded, and their sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.outcome import said, sure
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common

if TYPE_CHECKING:
    from controlplane.service.calls.recordings import Recording, Recordings


@click.group("recordings")
def verb() -> None:
    """Recordings of calls, on whatever engine they are."""


@verb.command("list", short_help="List recorded calls, newest first.")
@click.argument("tenant")
@click.option("--limit", type=click.IntRange(1), help="Calls at most.")
@common
def list_recordings(session: Session, tenant: str, limit: int | None) -> None:
    """List the recorded calls of TENANT, newest first."""
    with _opened(session) as recordings:
        rows = [_as_data(one) for one in recordings.list(tenant, limit)]
    if session.output is not Format.TABLE:
        print_data(rows, session.output)
        return
    columns = ("began", "number", "called", "answered_by", "talk", "fault", "id")
    cells = ([row[name] for name in columns] for row in rows)
    heads = [name.upper().replace("_", " ") for name in columns]
    print_table(heads, cells, empty=f"{tenant} has no recording")


@verb.command("fetch", short_help="Write the sound of a recording to a file.")
@click.argument("tenant")
@click.argument("recording")
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="A new file.")
@common
def fetch(session: Session, tenant: str, recording: str, file: Path) -> None:
    """Write the sound of RECORDING to a WAV file."""
    with _opened(session) as recordings:
        size = recordings.save(tenant, recording, file)
    said(session, f"{size} bytes written to {file}", file=str(file), bytes=size)


@verb.command("delete", short_help="Delete recordings for good.")
@click.argument("tenant")
@click.argument("chosen", metavar="RECORDINGS...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def delete(session: Session, tenant: str, chosen: tuple[str, ...], yes: bool) -> None:
    """Delete RECORDINGS for good. What else is known of their calls stays."""
    with _opened(session) as recordings:
        sure(f"Delete {len(chosen)} of the recordings of {tenant}?", yes)
        for one in chosen:
            recordings.delete(tenant, one)
    said(session, f"{len(chosen)} deleted", deleted=list(chosen))


@contextmanager
def _opened(session: Session) -> Iterator[Recordings]:
    from controlplane.service.calls.recordings import Recordings

    with session.store() as store:
        yield Recordings(session.configured.deployment, store)


def _as_data(one: Recording) -> dict[str, Any]:
    call = one.call
    return {
        "id": one.id,
        "began": call["began"].isoformat(timespec="seconds"),
        "number": call["number"],
        "called": call["called"],
        "answered_by": call["answered_by"],
        "talk": call["talk_ms"] / 1000,
        "fault": call["recording_fault"],
        "engine": call["engine"],
        "file": one.name,
    }

"""A tenant's file as a verb reads it: its warnings are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from controlplane.cli.session import Session
from controlplane.diagnostics import printable
from controlplane.service.changes import reading
from controlplane.store.yaml.reader import Reading


@contextmanager
def read_tenant(session: Session, path: Path) -> Iterator[Reading]:
    """The sound phone system of a file; its warnings go to stderr. Raises Faults with every one."""
    with reading.read_tenant(path, session.configured.state_folder) as read:
        for warning in read.warnings:
            click.echo(printable(str(warning)), err=True)
        yield read

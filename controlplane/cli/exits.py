"""How `ctl` ends: exit codes, and every error as clear lines instead of a traceback."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

import click

from controlplane.cli.session import Format, Session
from controlplane.diagnostics import Diagnostic, Faults, printable
from controlplane.service.data import diagnostic_data


class Exit(IntEnum):
    """What a process that calls `ctl` can rely on. 64 is EX_USAGE of sysexits.h."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    USAGE = 64
    INTERRUPTED = 130


def ended_by(error: BaseException, session: Session) -> int:
    """Tell the user about `error`, and give the exit code for it."""
    match error:
        case click.UsageError():
            error.show(file=sys.stderr)
            return Exit.USAGE
        case KeyboardInterrupt() | click.Abort():
            click.echo("interrupted", err=True)
            return Exit.INTERRUPTED
        case BrokenPipeError():
            _leave_the_pipe()
            return Exit.ERROR
    try:
        report(described(error) or [_crashed(error, session)], session.output)
    except BrokenPipeError:
        _leave_the_pipe()
    return Exit.ERROR


def described(error: BaseException) -> Sequence[Diagnostic]:
    """The diagnostics behind an error that we expect; none for one that is a fault of ours."""
    match error:
        case Faults(diagnostics=diagnostics):
            return diagnostics
        case ExceptionGroup():
            return [d for inner in error.exceptions for d in described(inner)]
        case click.ClickException():
            return [Diagnostic(error.format_message())]
        case OSError() if error.errno is not None:
            return [_system_fault(error)]
        case MemoryError():
            return [Diagnostic("there is not enough memory")]
    # The live errors are one line for a person each; their module loads only where needed.
    live = sys.modules.get("controlplane.live.errors")
    if live is not None and isinstance(error, live.LiveError):
        return [Diagnostic(str(error))]
    return []


def report(diagnostics: Sequence[Diagnostic], output: Format) -> None:
    """Each on one line of stderr; as data on stdout where data was asked for."""
    from controlplane.cli.printing import print_data

    for item in diagnostics:
        click.echo(printable(str(item)), err=True)
    if output is not Format.TABLE:
        print_data({"diagnostics": [diagnostic_data(item) for item in diagnostics]}, output)


def _system_fault(error: OSError) -> Diagnostic:
    mends = {
        errno.ENOSPC: "free some space; nothing that was reported as done is lost",
        errno.EACCES: "check the owner and mode of the file and of its directory",
        errno.EPERM: "check the owner and mode of the file and of its directory",
        errno.EROFS: "the file system is mounted read-only",
        errno.ECONNREFUSED: "is it running, and is the address right?",
    }
    place = error.filename if isinstance(error.filename, str) else ""
    message = (error.strerror or str(error)).lower()
    return Diagnostic(message, place, mends.get(error.errno or 0, ""))


def _crashed(error: BaseException, session: Session) -> Diagnostic:
    """What nobody foresaw: one line, and the traceback in a file only its owner reads."""
    what = f"internal error: {type(error).__name__}: {error}".splitlines()[0]
    for folder in (session.state_folder(), Path(tempfile.gettempdir())):
        path = folder / f"ctl-crash-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write("".join(traceback.format_exception(error)))
        except OSError:
            continue
        return Diagnostic(what, mend=f"please report it; details are in {path}")
    return Diagnostic(what, mend="please report it; details could not be written anywhere")


def _leave_the_pipe() -> None:
    """Whoever read our output has gone: let the interpreter's last flush find an open file."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())

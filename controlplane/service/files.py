"""Writing a file that people named: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from controlplane.diagnostics import fault


def write_whole(path: Path, content: str | bytes, *, secret: bool, lasting: bool = True) -> None:
    """Replaces what is there in one step; with `secret`, only the owner may read it.

    What is not `lasting` may be lost, or damaged, in a power cut.
    """
    data = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def written(to: Path, parts: Iterator[bytes]) -> int:
    """A new file of these parts, and its bytes; what is there already is not overwritten. Raises
    Faults."""
    try:
        with to.open("xb") as file:
            try:
                return sum(file.write(part) for part in parts)
            except BaseException:
                to.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise fault("is there already", str(to), "choose another name, or remove it") from None
    except OSError as error:
        raise fault(f"cannot be written: {(error.strerror or '').lower()}", str(to)) from None

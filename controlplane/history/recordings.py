"""Recordings of an engine: the files, and what of a call is really in them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

_NAME = re.compile(r"[a-z0-9-]+/[0-9]{8}/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[.]wav")

_HEADER, _BYTES_A_SECOND = 44, 16_000
"""Of a WAV file with 8 kHz, 16 bits, one channel: how both engines write them."""

_LATE = dt.timedelta(seconds=2)
"""What an engine has not written yet when the call is told to have ended."""


class RecordingFault(StrEnum):
    """MISSING: there is no file. SHORT: it holds less than was talked. DELETED: by us."""

    MISSING = "missing"
    SHORT = "short"
    DELETED = "deleted"


def names_of(tenant: str, told: str) -> tuple[str, ...]:
    """The files an engine tells of, joined by `&`: those that can be the tenant's."""
    names = (name for name in told.split("&") if _NAME.fullmatch(name))
    return tuple(dict.fromkeys(name for name in names if name.startswith(f"{tenant}/")))


def fault_in(folder: Path, names: Sequence[str], talk: dt.timedelta) -> RecordingFault | None:
    """What is wrong with the recording of a call that was talked so long; `folder` holds the
    recordings of the engine. Several files are one after the other."""
    found = [_seconds(folder / name) for name in names]
    if any(it is None for it in found):
        return RecordingFault.MISSING
    lacks = talk.total_seconds() - sum(it or 0 for it in found)
    most = max(_LATE.total_seconds(), talk.total_seconds() / 20)
    return RecordingFault.SHORT if lacks > most else None


def remove(folder: Path, names: Iterable[str]) -> int:
    """Delete them: how many were there. Raises OSError."""
    count = 0
    for name in names:
        if _NAME.fullmatch(name):
            try:
                (folder / name).unlink()
            except FileNotFoundError:
                continue
            count += 1
    return count


def remove_before(folder: Path, tenant: str, day: dt.date, most: int) -> int:
    """Delete the tenant's recordings of the days before, at most so many: how many were deleted.
    Raises OSError."""
    count = 0
    for place in sorted((folder / tenant).glob("[0-9]*")):
        if not place.is_dir() or place.name >= f"{day:%Y%m%d}":
            continue
        for file in place.iterdir():
            if count >= most:
                return count
            file.unlink(missing_ok=True)
            count += 1
        place.rmdir()
    return count


def _seconds(file: Path) -> float | None:
    try:
        return max(0, file.stat().st_size - _HEADER) / _BYTES_A_SECOND
    except OSError:
        return None

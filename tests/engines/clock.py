"""Clock: an engine that takes another time for now, by libfaketime (Debian package libfaketime)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

_LIBRARY = "faketime/libfaketimeMT.so.1"


@dataclass(frozen=True)
class Clock:
    """`ahead`: how far this clock goes before the right one, whole seconds."""

    ahead: dt.timedelta = dt.timedelta()

    @classmethod
    def at(cls, moment: dt.datetime) -> Clock:
        """Shows `moment` now, and goes on from there."""
        since = moment - dt.datetime.now(dt.UTC)
        return cls(dt.timedelta(seconds=round(since.total_seconds())))

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead

    @property
    def files(self) -> tuple[str, ...]:
        """What a container needs to see of this machine."""
        return (_library(),) if self.ahead else ()

    @property
    def environment(self) -> Mapping[str, str]:
        """Timers run by the monotonic clock, which stays as it is."""
        if not self.ahead:
            return {}
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME": f"{self.ahead.total_seconds():+.0f}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


RIGHT = Clock()


def _library() -> str:
    found = sorted(Path("/usr/lib").glob(f"*/{_LIBRARY}"))
    if not found:
        pytest.fail("no libfaketime: install the Debian package libfaketime")
    return str(found[0])

"""CPU time and memory of a process, as the kernel counts them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Time on a processor of all its threads.

    From `schedstat` (nanoseconds) where the kernel has it, and from `stat` (ticks of 10 ms,
    utime + stime; see proc(5)) where it has not.
    """
    precise = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError, ValueError, IndexError):
            precise += int((thread / "schedstat").read_text().split()[0])
    return max(precise / 1e9, 0.0) or _ticks(pid)


def _ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def resident_mb(pid: int) -> float:
    """Resident set in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(pid)

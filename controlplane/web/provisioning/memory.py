"""Memory: what a storm of handsets took, and is free again, goes back to the system.

Each connection over TLS has buffers of some hundred kilobytes. The allocator keeps what is freed,
in pieces between what stays; every storm uses others of them, and so the process grows by a few
megabytes a storm, for many storms, though no more of it is in use.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable

from controlplane.web.provisioning.counts import Counts

LOOK_SECONDS = 1.0
MANY, FEW = 100, 50
"""Connections that have ended since, and that there may be, when it is worth while."""

LOOKS = 30
"""After so many it is done however many connections there are."""


def give_back() -> None:
    """Takes some milliseconds, without Python's lock. Nothing where the C library cannot do it
    (malloc_trim is of glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def run(counts: Counts, give: Callable[[], None] = give_back) -> None:
    """Until cancelled."""
    ended, looks = counts.ended, 0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        looks += 1
        if counts.ended - ended >= MANY and (counts.connections <= FEW or looks >= LOOKS):
            ended, looks = counts.ended, 0
            await asyncio.to_thread(give)

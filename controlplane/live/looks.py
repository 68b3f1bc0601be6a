"""Looks: what a person is told of an engine that is looked at, by each wire it is reached by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from controlplane.model.deployment import Engine


@dataclass(frozen=True, slots=True)
class Seen:
    """`clock`: the engine's own time, where it tells. `stored`: the value of the stored key
    that was asked for, "" where there is none; None where this wire does not tell."""

    clock: datetime | None = None
    stored: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """`ask`: the engine, the stored key, seconds of patience. Raises LiveError.

    `place`: where it is looked at. `mend`: what to do where it answers and refuses us.
    """

    wire: str
    place: Callable[[Engine], str]
    ask: Callable[[Engine, str, float], Awaitable[Seen]]
    mend: str

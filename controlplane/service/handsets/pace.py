"""Pace: how fast one engine tells its phones, and when it stops (pure; time is an argument)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

RATE = 50.0
"""NOTIFY requests a second to begin with, and at most: what each brings is a fetch of its phone."""

SLOWEST = 5.0
_HALVED_FROM = 0.1
_WELL_BELOW = 0.02
_LOOKED_AT = 100
"""Of the newest ends of attempts."""

_ENOUGH = 30
"""Of so few ends no rate is told."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`rate`: a second. `stop_at`: the share of lost ones, 0 to 1, above which nobody more is
    told."""

    rate: float = RATE
    stop_at: float = 0.3


class Pace:
    """Of one engine. Slower by half as more is lost, back again as all is well, and stopped for
    good where most is lost: then what tells phones makes a bad thing worse."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._rate = limits.rate
        self._may = 1.0
        self._since = now
        self._changed = now
        self._ends: deque[bool] = deque(maxlen=_LOOKED_AT)
        self.stopped = False

    @property
    def rate(self) -> float:
        """A second, as of now."""
        return 0.0 if self.stopped else self._rate

    @property
    def loss(self) -> float:
        """The share of lost ones among the newest, 0 to 1."""
        return self._ends.count(False) / len(self._ends) if self._ends else 0.0

    def take(self, now: float, most: int) -> int:
        """How many may be told now, `most` at most. What was not used for a second is gone."""
        if self.stopped:
            return 0
        self._may = min(self._may + (now - self._since) * self._rate, max(1.0, self._rate))
        self._since = now
        taken = min(int(self._may), most)
        self._may -= taken
        return taken

    def ended(self, well: bool, now: float) -> None:
        """One that was told did what it was to do, or was lost."""
        self._ends.append(well)
        if len(self._ends) < _ENOUGH:
            return
        loss = self.loss
        if loss > self._limits.stop_at:
            self.stopped = True
        elif now - self._changed >= 1.0:
            if loss >= _HALVED_FROM:
                slowest = min(SLOWEST, self._limits.rate)
                self._rate, self._changed = max(slowest, self._rate / 2), now
            elif loss < _WELL_BELOW:
                self._rate, self._changed = min(self._limits.rate, self._rate * 1.2), now

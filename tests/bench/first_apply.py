"""How long the first `ctl apply` to a fresh engine takes: YAML to read back, a whole process."""

from __future__ import annotations

from tests.bench.figures import Figure, times
from tests.bench.place import Place


def measure(place: Place, lines: int) -> Figure:
    return times([place.first_apply(lines) for _ in range(place.runs(3))])

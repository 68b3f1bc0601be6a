"""How long `ctl plan` takes: a whole process, an empty store, a file with every line new."""

from __future__ import annotations

from tests.bench.figures import Figure, times
from tests.bench.place import Place, timed_ctl

CHANGES = 2
"""What `ctl plan` exits with where there are changes."""


def measure(place: Place, lines: int) -> Figure:
    file = place.file(lines)
    runs = []
    for number in range(place.runs(3)):
        # A folder of its own each time: nothing is remembered of the file.
        stack = place.empty_stack(f"planned-{lines}-{number}")
        runs.append(timed_ctl(stack, "plan", str(file), accept=[CHANGES]))
    return times(runs)

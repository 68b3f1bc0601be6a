"""CPU time of the controller for one call, everything it does meanwhile included."""

from __future__ import annotations

from tests.bench.figures import Figure, figure
from tests.bench.live_calls import rings
from tests.bench.place import Place
from tests.bench.process import cpu_seconds

CALLS = 400
"""In a run."""


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    caller, *called = loaded.keys[50:61]
    account = loaded.account(caller)
    runs = []
    with loaded.controller() as pid, loaded.phones([caller, *called]) as (phones, passwords):
        for number in range(50):
            rings(phones, passwords, account, called[number % len(called)])
        for _ in range(place.runs(3)):
            before = cpu_seconds(pid)
            for number in range(CALLS):
                rings(phones, passwords, account, called[number % len(called)])
            runs.append((cpu_seconds(pid) - before) * 1000 / CALLS)
    return figure(runs, calls=CALLS * len(runs))

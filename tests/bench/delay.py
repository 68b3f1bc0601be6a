"""Post-dial delay: INVITE to 180, decided live, against the engine's own Dial() of the phone."""

from __future__ import annotations

from tests.bench.figures import Figure, figure, quantile, significant
from tests.bench.live_calls import rings
from tests.bench.native import add_native
from tests.bench.place import NATIVE, Place

BLOCK = 50
"""Calls of each kind in a run; the two kinds take turns, so that drift meets both alike."""


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    add_native(loaded)
    caller, *called = loaded.keys[30:41]
    account = loaded.account(caller)
    live: list[float] = []
    native: list[float] = []
    ratios = []
    with loaded.controller(), loaded.phones([caller, *called]) as (phones, passwords):
        for number in range(20):
            prefix = NATIVE if number % 2 else ""
            rings(phones, passwords, account, prefix + called[number % len(called)])
        for _ in range(place.runs(6)):
            ours: list[float] = []
            theirs: list[float] = []
            for number in range(BLOCK):
                key = called[number % len(called)]
                pair = [(ours, key), (theirs, NATIVE + key)]
                for found, dialled in pair if number % 2 else reversed(pair):
                    found.append(rings(phones, passwords, account, dialled).delay_ms)
            ratios.append(figure(ours).median / figure(theirs).median)
            live += ours
            native += theirs
    return figure(
        ratios,
        live_ms=figure(live),
        live_p95_ms=significant(quantile(live, 0.95)),
        native_ms=figure(native),
        native_p95_ms=significant(quantile(native, 0.95)),
    )

"""Post-dial delay: INVITE to 180, decided live, against the same call by the dialplan alone."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from tests.bench.dialled import NATIVE, STATIC
from tests.bench.figures import Figure, figure, quantile, significant
from tests.bench.live_calls import rings
from tests.bench.place import Place

BLOCK = 50
"""Calls of each kind in a run; the kinds take turns, so that drift meets all alike."""

WARM_UP = 20

BARE_KEY = "live_pdd_bare_ratio"
"""Against a call that is not decided at all: what deciding and asking cost together."""

DIALLED = {"live": "", "static": STATIC, "native": NATIVE}


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    place.engine.add_baselines(loaded)
    order = list(DIALLED)
    caller, *called = loaded.keys[30:41]
    account = loaded.account(caller)
    delays: dict[str, list[float]] = {kind: [] for kind in order}
    with loaded.controller(), loaded.phones([caller, *called]) as (phones, passwords):
        for number in range(WARM_UP + BLOCK * place.runs(6)):
            turn = number % len(order)
            for kind in order[turn:] + order[:turn]:
                dialled = DIALLED[kind] + called[number % len(called)]
                placed = rings(phones, passwords, account, dialled)
                if number >= WARM_UP:
                    delays[kind].append(placed.delay_ms)
    bare = figure(ratios(delays["live"], delays["native"]))
    found = figure(
        ratios(delays["live"], delays["static"]),
        static_to_native=figure(ratios(delays["static"], delays["native"])),
        **{f"{kind}_ms": figure(it) for kind, it in delays.items()},
        **{f"{kind}_p95_ms": significant(quantile(it, 0.95)) for kind, it in delays.items()},
    )
    return replace(found, beside={BARE_KEY: bare})


def ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Of the medians, one a run."""
    starts = range(0, len(ours), BLOCK)
    return [median(ours[it : it + BLOCK]) / median(theirs[it : it + BLOCK]) for it in starts]

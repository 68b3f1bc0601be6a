"""Post-dial delay: INVITE to 180, decided live, against a call that the engine handles alone."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from tests.bench.figures import Figure, figure, quantile, significant
from tests.bench.live_calls import rings
from tests.bench.place import Place

BLOCK = 50
"""Calls of each kind in a run; the kinds take turns, so that drift meets all alike."""

WARM_UP = 20

STATIC_KEY = "live_pdd_static_ratio"
"""Where the baseline rings a phone and decides nothing: what asking alone costs."""


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    place.engine.add_baselines(loaded)
    baseline, also = place.engine.baseline, place.engine.also
    # Who decides, and what is dialled for it.
    order = [("live", ""), baseline, also]
    caller, *called = loaded.keys[30:41]
    account = loaded.account(caller)
    delays: dict[str, list[float]] = {kind: [] for kind, _ in order}
    with loaded.controller(), loaded.phones([caller, *called]) as (phones, passwords):
        for number in range(WARM_UP + BLOCK * place.runs(6)):
            turn = number % len(order)
            for kind, prefix in order[turn:] + order[:turn]:
                dialled = prefix + called[number % len(called)]
                placed = rings(phones, passwords, account, dialled)
                if number >= WARM_UP:
                    delays[kind].append(placed.delay_ms)
    found = figure(
        _ratios(delays["live"], delays[baseline[0]]),
        native_ratio=figure(_ratios(delays["live"], delays["native"])),
        static_ratio=figure(_ratios(delays["static"], delays["native"])),
        **{f"{kind}_ms": figure(it) for kind, it in delays.items()},
        **{f"{kind}_p95_ms": significant(quantile(it, 0.95)) for kind, it in delays.items()},
    )
    if baseline[0] == "static":
        return found
    live_to_static = figure(_ratios(delays["live"], delays["static"]))
    return replace(found, beside={STATIC_KEY: live_to_static})


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Of the medians, one a run."""
    starts = range(0, len(ours), BLOCK)
    return [median(ours[it : it + BLOCK]) / median(theirs[it : it + BLOCK]) for it in starts]

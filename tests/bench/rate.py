"""The highest clean call rate, decided live, against the engine's own Dial() of the phones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.bench.figures import Figure, figure
from tests.bench.load import LoadPhones, write_calls
from tests.bench.load import place as place_calls
from tests.bench.native import add_native
from tests.bench.place import ENGINE_ADDRESS, NATIVE, PHONES_ADDRESS, Place

FIRST, STEP, FINE = 40, 1.4, 0.05
"""Calls a second to begin with; the factor while it is clean; how finely it is told at the end."""

SECONDS = 3.0
MOST = 600
PHONES = 200
CALLERS = 50


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    add_native(loaded)
    callers, called = loaded.keys[100 : 100 + CALLERS], loaded.keys[200 : 200 + PHONES]
    folder = place.folder / "load"
    folder.mkdir(exist_ok=True)
    tables = {
        name: write_calls(
            folder / f"{name}.csv", loaded.passwords(callers), [prefix + key for key in called]
        )
        for name, prefix in (("live", ""), ("native", NATIVE))
    }

    def clean(name: str, rate: int) -> bool:
        for _ in range(2):  # one disturbance from elsewhere does not settle it
            load = place_calls(folder, ENGINE_ADDRESS, PHONES_ADDRESS, tables[name], rate, SECONDS)
            place.tell(f"  {name}: {load}{' clean' if load.clean else ''}")
            if load.clean:
                return True
        return False

    found: dict[str, list[float]] = {"live": [], "native": []}
    with (
        LoadPhones(folder, PHONES_ADDRESS) as phones,
        loaded.phones(callers) as (bench, _),
        loaded.controller(),
    ):
        bench.register(loaded.passwords(called), phones.contact)
        first = FIRST
        for number in range(place.runs(3)):
            for name in ("live", "native") if number % 2 == 0 else ("native", "live"):
                found[name].append(_highest(partial(clean, name), first))
            first = max(FIRST, round(min(found["live"][-1], found["native"][-1]) * 0.7))
    ratios = [ours / theirs for ours, theirs in zip(found["live"], found["native"], strict=True)]
    return figure(
        ratios,
        live_calls_a_second=figure(found["live"]),
        native_calls_a_second=figure(found["native"]),
    )


def _highest(clean: Callable[[int], bool], first: int) -> int:
    """The highest rate that is clean: steps up to the first that is not, then halves between."""
    good, bad, rate = 0, MOST, first
    while rate < MOST:
        if not clean(rate):
            bad = rate
            break
        good, rate = rate, round(rate * STEP)
    if good == 0:
        return _highest(clean, first // 2) if first > 5 else 1
    while bad - good > max(1, good * FINE):
        middle = (good + bad) // 2
        if clean(middle):
            good = middle
        else:
            bad = middle
    return good

"""The highest clean call rate, decided live, against the same calls by the dialplan alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.bench.dialled import STATIC
from tests.bench.figures import Figure, figure
from tests.bench.load import LoadPhones, write_calls
from tests.bench.load import place as place_calls
from tests.bench.place import Place

FIRST, STEP, FINE = 40, 1.4, 0.05
"""Calls a second to begin with; the factor while it is clean; how finely it is told at the end."""

SECONDS = 3.0
MOST = 600
PHONES = 200
CALLERS = 50


class Search:
    """Steps up to the first rate that is not clean, then halves what lies between."""

    def __init__(self, first: int) -> None:
        self.rate = first
        self.highest = 0
        self._bad = MOST
        self._second = False

    @property
    def done(self) -> bool:
        return self._bad - self.highest <= max(1, self.highest * FINE)

    def tried(self, clean: bool) -> None:
        """What came of `rate`. It is tried twice: a disturbance from elsewhere settles nothing."""
        if not clean and not self._second:
            self._second = True
            return
        self._second = False
        if clean:
            self.highest = self.rate
        else:
            self._bad = self.rate
        middle = (self.highest + self._bad) // 2
        self.rate = round(self.rate * STEP) if self._bad == MOST else max(middle, 1)


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    engine = place.engine
    engine.add_baselines(loaded)
    callers, called = loaded.keys[100 : 100 + CALLERS], loaded.keys[200 : 200 + PHONES]
    folder = place.folder / "load"
    folder.mkdir(exist_ok=True)
    passwords = loaded.passwords(callers)
    tables = {
        name: write_calls(folder / f"{name}.csv", passwords, [prefix + key for key in called])
        for name, prefix in (("live", ""), ("static", STATIC))
    }

    def clean(name: str, rate: int) -> bool:
        load = place_calls(folder, engine.address, engine.phones, tables[name], rate, SECONDS)
        place.tell(f"  {name}: {load}{' clean' if load.clean else ''}")
        return load.clean

    found: dict[str, list[float]] = {name: [] for name in tables}
    with (
        LoadPhones(folder, engine.phones) as phones,
        loaded.phones(callers) as (bench, _),
        loaded.controller(),
    ):
        bench.register(loaded.passwords(called), phones.contact)
        first = FIRST
        for _ in range(place.runs(3)):
            highest = _both(clean, tables, first)
            for name, rate in highest.items():
                found[name].append(rate)
            first = max(FIRST, round(min(highest.values()) * 0.7))
    ratios = [ours / theirs for ours, theirs in zip(found["live"], found["static"], strict=True)]
    return figure(
        ratios,
        **{f"{name}_calls_a_second": figure(rates) for name, rates in found.items()},
    )


def _both(clean: Callable[[str, int], bool], names: Iterable[str], first: int) -> dict[str, int]:
    """The highest clean rate of each; the searches take turns, so that drift meets both alike."""
    searches = {name: Search(first) for name in names}
    while not all(search.done for search in searches.values()):
        for name, search in searches.items():
            if not search.done:
                search.tried(clean(name, search.rate))
    return {name: max(search.highest, 1) for name, search in searches.items()}

"""How long the engine takes to read its dialplan again, as its manager interface answers."""

from __future__ import annotations

from tests.bench.ami import Ami
from tests.bench.figures import Figure, figure
from tests.bench.place import Place

DIALPLAN = "pbx_config.so"


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    with Ami(loaded.engine) as ami:
        runs = [ami.action("Reload", Module=DIALPLAN) for _ in range(place.runs(5))]
        assert ami.reloads() == len(runs), "the engine did not reload its dialplan"
    return figure(runs)

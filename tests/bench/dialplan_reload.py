"""How long the engine takes to read its dialplan again, as its manager interface answers."""

from __future__ import annotations

from tests.bench.ami import Ami
from tests.bench.figures import Figure, figure, significant
from tests.bench.place import Place
from tests.bench.process import cpu_seconds

DIALPLAN = "pbx_config.so"


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    pid = loaded.stack.engine_pid()
    with Ami(loaded.engine) as ami:
        before = cpu_seconds(pid)
        runs = [ami.action("Reload", Module=DIALPLAN) for _ in range(place.runs(5))]
        used = cpu_seconds(pid) - before
        assert ami.reloads() == len(runs), "the engine did not reload its dialplan"
    return figure(runs, engine_cpu_seconds=significant(used / len(runs)))

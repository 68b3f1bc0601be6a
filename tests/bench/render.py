"""How long compiling and rendering take in-process, the model being there."""

from __future__ import annotations

import gc
import time

from controlplane.engines import ENGINES
from controlplane.model.deployment import Engine, EngineKind
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from controlplane.store.yaml.reader import read_file
from tests.bench.figures import Figure, figure
from tests.bench.place import Place


def measure(place: Place, lines: int) -> Figure:
    system = read_file(place.file(lines)).system
    engine = Engine(kind=EngineKind(place.engine.name), password="not used", folder="/engine")
    passwords = {name: f"secret-{name}" for name in system.handsets}
    compiled, rendered, total = [], [], []
    for _ in range(place.runs(5)):
        gc.collect()
        start = time.perf_counter()
        view = TenantView(system, compile_plan(system), state_of(system), passwords)
        between = time.perf_counter()
        bundle = ENGINES[engine.kind].render((view,), engine)
        end = time.perf_counter()
        compiled.append(between - start)
        rendered.append(end - between)
        total.append(end - start)
    size = sum(len(text) for text in bundle.files.values())
    return figure(
        total,
        compile_and_state_seconds=figure(compiled),
        render_seconds=figure(rendered),
        bundle_mb=round(size / 1e6, 2),
        stored_keys=len(bundle.store),
    )

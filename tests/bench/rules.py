"""Lines with heavy answering rules: what deciding, explaining, compiling and editing them costs."""

from __future__ import annotations

import datetime as dt
import gc
import time
from collections.abc import Iterator
from pathlib import Path

from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from controlplane.service.calls.asking import Asked, answer
from controlplane.store.store import Store
from controlplane.store.yaml.reader import read_file
from examples.generate_large import extensions
from tests.bench.delay import BLOCK, WARM_UP, ratios
from tests.bench.dialled import STATIC, TENANT
from tests.bench.figures import Figure, figure
from tests.bench.live_calls import rings
from tests.bench.place import Place

RULES, TARGETS, BLOCKED, SHARED = 20, 10, 1_000, 100
SMALL = 30
"""Lines of the tenant with one heavy line."""

CALLER = "+447700900555"
_CALLING, _HEAVY = 15, 0


def _number(group: int, index: int) -> str:
    return f"+4477{group:03d}{index:05d}"


def _written(lines: int, heavy: int, blocked: str) -> Iterator[str]:
    """A tenant of which the first `heavy` lines have all the rules. The last one of them holds,
    and rings the line and nine more, without delay and without confirmation."""
    keys = extensions(lines)
    yield from (f"tenant: {TENANT}", "extension_digits: {least: 3, most: 6}")
    yield from ("time_frames:", "  never: {dates: 2020-01-01}", "  always: {mon-sun: 00:00-24:00}")
    if blocked == "list":
        yield "number_lists:"
        for group in range(0, lines, SHARED):
            numbers = ", ".join(_quoted(group // SHARED, BLOCKED))
            yield f"  list-{group // SHARED}: {{numbers: [{numbers}]}}"
    yield "lines:"
    for index, key in enumerate(keys):
        if index >= heavy:
            yield f'  "{key}": {{}}'
            continue
        own = ", ".join(_quoted(0, BLOCKED)) if blocked == "own" else f"list/list-{index // SHARED}"
        yield f'  "{key}":\n    blocked: [{own}]\n    rules:'
        others = [keys[(index + step) % lines] for step in range(1, TARGETS)]
        for rule in range(RULES - 1):
            to = others[rule % len(others)]
            yield f"      - {{name: rule-{rule}, when: never, forward: {{busy: line/{to}}}}}"
        also = ", ".join(f"line/{other}" for other in others)
        yield f"      - {{name: all, when: always, ring: 20s, also_ring: [{also}]}}"
        yield "    call_waiting: no"
    yield "handsets:"
    yield from (f"  PH-{key}: {{line: {key}}}" for key in keys)
    yield from ("trunks:", "  uplink: {host: 127.0.0.12}")


def _quoted(group: int, count: int) -> Iterator[str]:
    return (f'"{_number(group, index)}"' for index in range(count))


def _file(place: Place, lines: int, heavy: int, blocked: str) -> Path:
    path = place.folder / f"rules-{lines}.yaml"
    path.write_text("\n".join(_written(lines, heavy, blocked)) + "\n")
    return path


def _system(place: Place, lines: int, heavy: int, blocked: str) -> PhoneSystem:
    return read_file(_file(place, lines, heavy, blocked)).system


def delay(place: Place, lines: int) -> Figure:
    """Post-dial delay of a call to the heavy line, live against static, call by call."""
    loaded = place.applied(_file(place, SMALL, 1, "own"), SMALL)
    place.engine.add_baselines(loaded)
    heavy, caller = loaded.keys[_HEAVY], loaded.keys[_CALLING]
    account = loaded.account(caller)
    dialled = {"live": heavy, "static": STATIC + heavy}
    delays: dict[str, list[float]] = {kind: [] for kind in dialled}
    rung = loaded.keys[:TARGETS]
    with loaded.controller(), loaded.phones([caller, *rung]) as (phones, passwords):
        for number in range(WARM_UP + BLOCK * place.runs(4)):
            for kind in sorted(dialled, reverse=number % 2 == 0):
                before = len(phones.phones.rang)
                placed = rings(phones, passwords, account, dialled[kind])
                if len(phones.phones.rang) - before < TARGETS // 2:
                    raise RuntimeError(f"{kind}: too few of {TARGETS} phones rang")
                if number >= WARM_UP:
                    delays[kind].append(placed.delay_ms)
    shown = {f"{kind}_ms": figure(found) for kind, found in delays.items()}
    return figure(ratios(delays["live"], delays["static"]), **shown)


def explain(place: Place, lines: int) -> Figure:
    """Milliseconds of `answer`, compiling the tenant of the one heavy line included."""
    system = _system(place, SMALL, 1, "own")
    heavy = extensions(SMALL)[_HEAVY]
    asked = Asked.model_validate({"from": extensions(SMALL)[_CALLING], "to": heavy})
    now, found = dt.datetime.now(dt.UTC), []
    for _ in range(5 + 20 * place.runs(5)):
        start = time.perf_counter()
        answer(system, asked, now)
        found.append((time.perf_counter() - start) * 1000)
    return figure(found[5:])


def compiling(place: Place, lines: int) -> Figure:
    """Seconds from the model to plan and state."""
    system = _system(place, lines, lines, "list")
    plans, states, total = [], [], []
    for _ in range(place.runs(3)):
        gc.collect()
        start = time.perf_counter()
        compile_plan(system)
        between = time.perf_counter()
        keys = len(state_of(system))
        end = time.perf_counter()
        plans.append(between - start)
        states.append(end - between)
        total.append(end - start)
    return figure(total, plan_seconds=figure(plans), state_seconds=figure(states), stored_keys=keys)


def one_edit(place: Place, lines: int) -> Figure:
    """Seconds of the service that changes one rule of one line, until it is read back."""
    loaded = place.applied(_file(place, lines, lines, "list"), lines)
    found = []
    with loaded.door() as door, Store.open(loaded.deployment.database) as store:
        for run in range(place.runs(5)):
            key = loaded.keys[lines // 2 + run]
            _, line = store.object_at(f"{TENANT}/lines/{key}")
            rules = [dict(rule) for rule in (line or {})["rules"]]
            rules[-1]["ring"] = 30 + run
            start = time.perf_counter()
            done = door.set(f"{TENANT}/lines/{key}/rules", rules)
            found.append(time.perf_counter() - start)
            keys = [applied.keys_changed for applied in done.engines.values()]
            if keys != [1]:
                raise RuntimeError(f"keys changed on each engine: {keys}")
    return figure(found)

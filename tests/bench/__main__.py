"""python -m tests.bench [--write FILE] [--only KEY ...] [--quick]: measure, print, write."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from examples.stack import StackFailed
from tests.bench import (
    boot_storm,
    delay,
    dialplan_reload,
    driver_cpu,
    first_apply,
    flip,
    history,
    login,
    memory,
    one_change,
    parser,
    plan,
    provisioning,
    rate,
    render,
    rules,
    sync,
)
from tests.bench.engines import MEASURED
from tests.bench.figures import (
    BOOT_STORM,
    BOUNDS,
    GROWTH,
    HISTORY,
    PARSER,
    RENDERED,
    SIZES,
    UNCHANGED,
    Figure,
    significant,
)
from tests.bench.machine import described
from tests.bench.place import Place

Measurement = Callable[[Place, int], Figure]

MEASUREMENTS: dict[str, Measurement] = {
    "plan_10k_seconds": plan.measure,
    "render_10k_seconds": render.measure,
    "apply_10k_first_seconds": first_apply.measure,
    "apply_one_change_10k_seconds": one_change.measure,
    "dialplan_reload_10k_seconds": dialplan_reload.measure,
    "flip_seconds": flip.measure,
    "login_seconds": login.measure,
    "live_pdd_ratio": delay.measure,
    "driver_cpu_ms_per_call": driver_cpu.measure,
    "live_cps_ratio": rate.measure,
    "controller_rss_mb_10k": memory.measure,
    "sync_10k": sync.measure,
    "rules_live_pdd_ratio": rules.delay,
    "rules_explain_ms": rules.explain,
    "rules_compile_10k_seconds": rules.compiling,
    "rules_one_edit_10k_seconds": rules.one_edit,
}
"""In the order they are made: one stack serves as many as it can. An engine's prefix is put before
the key; what has no bound then is not measured of it."""

ALONE: dict[str, Callable[[int], Figure]] = {
    PARSER: parser.measure,
    HISTORY: history.measure,
    UNCHANGED: provisioning.unchanged,
    RENDERED: provisioning.rendered,
    BOOT_STORM: boot_storm.measure,
}
"""Without an engine; given the number of runs."""


@dataclass
class Results:
    """Figures at full size by key; growth by row and size; what failed, and why; and the engines
    of which nothing is known, and why."""

    figures: dict[str, Figure] = field(default_factory=dict)
    growth: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def main(words: Sequence[str]) -> int:
    options = _options(words)
    begun = time.monotonic()
    report: dict[str, Any] = described() | {"quick": options.quick}
    results = Results()
    _measure(results, options.only or list(BOUNDS), options.quick)
    figures = {key: results.figures[key] for key in BOUNDS if key in results.figures}
    report["took_seconds"] = round(time.monotonic() - begun)
    report |= {key: significant(item.median) for key, item in figures.items()}
    report["figures"] = {key: _in_full(key, item) for key, item in figures.items()}
    report["growth"] = results.growth
    report["failed"] = results.failed
    report["not_measured"] = results.missing
    _print(figures, results)
    if options.write:
        options.write.write_text(json.dumps(report, indent=2) + "\n")
    return 1 if results.failed else 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="as JSON, beside the table")
    parser.add_argument("--only", nargs="+", metavar="KEY", choices=_measurable())
    parser.add_argument("--quick", action="store_true", help="one run each, 10,000 lines only")
    return parser.parse_args(words)


def _measurable() -> list[str]:
    """The keys that are measured for themselves."""
    prefixes = [engine.prefix for engine in MEASURED]
    wanted = {prefix + key for prefix in prefixes for key in MEASUREMENTS} | set(ALONE)
    return [key for key in BOUNDS if key in wanted]


def _measure(results: Results, keys: Sequence[str], quick: bool) -> None:
    for key in [it for it in ALONE if it in keys]:
        try:
            results.figures[key] = ALONE[key](1 if quick else 5)
        except provisioning.Lacking as lacking:
            results.missing[key] = str(lacking)
        except Exception as error:
            results.failed[key] = f"{type(error).__name__}: {error}"
        else:
            results.figures |= results.figures[key].beside
    for engine in MEASURED:
        if not any(engine.prefix + key in keys for key in MEASUREMENTS):
            continue
        if reason := engine.missing():
            results.missing[engine.name] = reason
            continue
        with tempfile.TemporaryDirectory(prefix="controlplane-bench-") as folder:
            place = Place(Path(folder), engine, quick)
            try:
                _measure_engine(results, place, keys)
            finally:
                place.end()


def _measure_engine(results: Results, place: Place, keys: Sequence[str]) -> None:
    for lines in SIZES:
        for name, measurement in MEASUREMENTS.items():
            key, small = place.engine.prefix + name, lines != SIZES[-1]
            if key not in keys or (small and (place.quick or key not in GROWTH)):
                continue
            place.tell(f"{key} at {lines} lines")
            try:
                item = measurement(place, lines)
            except Exception as error:
                results.failed[f"{key} at {lines} lines"] = f"{type(error).__name__}: {error}"
                place.tell(f"failed: {type(error).__name__}: {error}")
                continue
            place.tell(f"{item.as_data()} {item.parts or ''}")
            if key in GROWTH:
                results.growth.setdefault(GROWTH[key], {})[str(lines)] = item.as_data()
            if not small:
                results.figures[key] = item
                for beside, other in item.beside.items():
                    results.figures[place.engine.prefix + beside] = other


def _in_full(key: str, item: Figure) -> dict[str, Any]:
    bound = BOUNDS[key]
    wanted = {
        "at_least" if bound.least else "at_most": bound.limit,
        "met": bound.met(item.median),
    }
    return {
        **item.as_data(),
        "unit": bound.unit,
        **(wanted if bound.limit is not None else {}),
        **({"parts": item.parts} if item.parts else {}),
    }


_MET = {True: "yes", False: "NO", None: ""}


def _print(figures: Mapping[str, Figure], results: Results) -> None:
    console = Console(width=None if sys.stdout.isatty() else 110)
    table = Table("key", "median", "min", "max", "runs", "unit", "bound", "met")
    for key, item in figures.items():
        bound, shown = BOUNDS[key], item.as_data()
        row = (shown["median"], shown["min"], shown["max"], shown["runs"], bound.unit, bound)
        table.add_row(key, *map(str, row), _MET[bound.met(item.median)])
    console.print(table)
    if results.growth:
        sizes = Table("median, by lines", *(f"{lines:,}" for lines in SIZES))
        for name, found in results.growth.items():
            cells = (found.get(str(lines), {}).get("median", "") for lines in SIZES)
            sizes.add_row(name, *map(str, cells))
        console.print(sizes)
    for what, why in results.failed.items():
        console.print(f"failed: {what}: {why}", style="red", markup=False)
    for engine, why in results.missing.items():
        console.print(f"not measured: {engine}: {why}", markup=False)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (StackFailed, KeyboardInterrupt) as error:
        print(error or "interrupted", file=sys.stderr)
        sys.exit(1)

"""Figures: what is measured, in which unit, against which bound, as the median of several runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Timed:
    """Seconds of a process: on the clock, and on a processor."""

    seconds: float
    cpu_seconds: float


SIZES = (100, 1_000, 10_000)
"""Lines of a tenant. The last is the one the bounds are for."""


@dataclass(frozen=True)
class Bound:
    """`limit` is the most that is wanted or, with `least`, the least; None where none is set."""

    limit: float | None
    unit: str
    least: bool = False

    def met(self, value: float) -> bool | None:
        """None where there is nothing to meet."""
        if self.limit is None:
            return None
        return value >= self.limit if self.least else value <= self.limit

    def __str__(self) -> str:
        if self.limit is None:
            return "none"
        return f"{'>=' if self.least else '<='} {self.limit:g}"


PARSER = "esl_parser_mb_per_second"
HISTORY = "history_calls_per_second"
UNCHANGED = "prov_unchanged_per_second"
RENDERED = "prov_rendered_per_second"
NGINX_RATIO = "prov_nginx_ratio"
BOOT_STORM = "boot_storm_10k_seconds"
STORM_GROWTH = "boot_storm_growth_mb"
"""These need no engine."""


BOUNDS = {
    "plan_10k_seconds": Bound(4, "s"),
    "render_10k_seconds": Bound(3, "s"),
    "apply_10k_first_seconds": Bound(40, "s"),
    "apply_one_change_10k_seconds": Bound(1.5, "s"),
    "flip_seconds": Bound(0.1, "s"),
    "login_seconds": Bound(0.2, "s"),
    "dialplan_reload_10k_seconds": Bound(1.0, "s"),
    "live_pdd_ratio": Bound(1.3, "live/static"),
    "live_pdd_bare_ratio": Bound(None, "live/native"),
    "driver_cpu_ms_per_call": Bound(2, "ms"),
    "controller_rss_mb_10k": Bound(250, "MB"),
    "rules_live_pdd_ratio": Bound(1.5, "live/static"),
    "rules_explain_ms": Bound(20, "ms"),
    "rules_compile_10k_seconds": Bound(15, "s"),
    "rules_one_edit_10k_seconds": Bound(1.5, "s"),
    "sync_10k": Bound(260, "s"),
    HISTORY: Bound(2000, "calls/s", least=True),
    "live_cps_ratio": Bound(0.9, "live/static", least=True),
    "freeswitch_render_10k_seconds": Bound(3, "s"),
    "freeswitch_apply_10k_first_seconds": Bound(40, "s"),
    "freeswitch_apply_one_change_10k_seconds": Bound(2, "s"),
    "freeswitch_flip_seconds": Bound(0.1, "s"),
    "freeswitch_login_seconds": Bound(0.2, "s"),
    "freeswitch_live_pdd_ratio": Bound(1.5, "live/static"),
    "freeswitch_live_pdd_bare_ratio": Bound(None, "live/native"),
    "freeswitch_driver_cpu_ms_per_call": Bound(3, "ms"),
    "freeswitch_controller_rss_mb_10k": Bound(250, "MB"),
    "freeswitch_live_cps_ratio": Bound(0.8, "live/static", least=True),
    "freeswitch_sync_10k": Bound(260, "s"),
    PARSER: Bound(20, "MB/s", least=True),
    UNCHANGED: Bound(6000, "requests/s", least=True),
    NGINX_RATIO: Bound(0.25, "ours/nginx", least=True),
    RENDERED: Bound(1500, "files/s", least=True),
    BOOT_STORM: Bound(120, "s"),
    STORM_GROWTH: Bound(5, "MB"),
}
"""Every key of bench.json that is measured, in the order they are printed."""

GROWTH = {
    "plan_10k_seconds": "plan_seconds",
    "render_10k_seconds": "render_seconds",
    "apply_10k_first_seconds": "apply_first_seconds",
    "apply_one_change_10k_seconds": "apply_one_change_seconds",
    "dialplan_reload_10k_seconds": "dialplan_reload_seconds",
    "controller_rss_mb_10k": "controller_rss_mb",
    "freeswitch_apply_10k_first_seconds": "freeswitch_apply_first_seconds",
    "freeswitch_apply_one_change_10k_seconds": "freeswitch_apply_one_change_seconds",
}
"""Keys that are measured at every size, and the name of their row under `growth`."""


@dataclass(frozen=True)
class Figure:
    """The runs of one measurement. `parts` are figures that explain it, by name; `beside` are
    those of other keys that the same measurement gave."""

    runs: tuple[float, ...]
    parts: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Figure] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    def as_data(self) -> dict[str, Any]:
        return {
            "median": significant(self.median),
            "min": significant(min(self.runs)),
            "max": significant(max(self.runs)),
            "runs": len(self.runs),
        }


def figure(runs: Sequence[float], **parts: Any) -> Figure:
    shown = {name: it.as_data() if isinstance(it, Figure) else it for name, it in parts.items()}
    return Figure(tuple(runs), shown)


def times(runs: Sequence[Timed], **parts: Any) -> Figure:
    """Of processes; their CPU time tells what of it is ours and what the machine's load."""
    cpu = figure([run.cpu_seconds for run in runs])
    return figure([run.seconds for run in runs], cpu_seconds=cpu, **parts)


def significant(value: float) -> float:
    """Four significant digits."""
    return float(f"{value:.4g}")


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

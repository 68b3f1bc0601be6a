"""Counts of what was served, for Prometheus: plain numbers, read when somebody looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Counts(Collector):
    """`cached_bytes`: of rendered files that are kept. `ended`: connections that have gone.
    `failed`: what went wrong, by a word."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.events: Counter[str] = Counter()
        self.connections = self.ended = self.downloads = self.cached_bytes = 0

    def answered(self, status: int) -> None:
        self.statuses[status] += 1

    def collect(self) -> Iterator[Metric]:
        answers = CounterMetricFamily(
            "controlplane_provisioning_responses", "Responses to handsets", labels=["status"]
        )
        for status, number in sorted(self.statuses.items()):
            answers.add_metric([str(status)], number)
        yield answers
        events = CounterMetricFamily(
            "controlplane_provisioning_events", "What happened at provisioning", labels=["event"]
        )
        for event, number in sorted(self.events.items()):
            events.add_metric([event], number)
        yield events
        now = {
            "connections": (self.connections, "Connections of handsets"),
            "downloads": (self.downloads, "Firmware files under way"),
            "cached_bytes": (self.cached_bytes, "Rendered files kept in memory"),
        }
        for name, (value, help_text) in now.items():
            yield GaugeMetricFamily(f"controlplane_provisioning_{name}", help_text, value=value)

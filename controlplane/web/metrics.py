"""Metrics of a running controller, for Prometheus."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0)
"""Seconds. A decision takes well under a millisecond; an engine stops waiting after 2 s."""


class Metrics:
    """One registry a controller; nothing here is global. Times are in seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._decisions = Counter(
            "controlplane_decisions",
            "Decisions about calls, by the step decided and how the step before it ended",
            ["engine", "step", "after"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "controlplane_decision_seconds",
            "From the engine's question to the answer's sending",
            ["engine"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._connected = Gauge(
            "controlplane_connected",
            "1 while the engine's control connection is up",
            ["engine"],
            registry=self.registry,
        )
        self._in_memory = Gauge(
            "controlplane_revision_in_memory",
            "The revision that calls are decided by",
            registry=self.registry,
        )
        self._stored = Gauge(
            "controlplane_revision_stored",
            "The newest revision in the store, as last seen",
            registry=self.registry,
        )
        self._errors = Counter(
            "controlplane_errors",
            "What went wrong, by kind",
            ["kind"],
            registry=self.registry,
        )

    def decided(self, engine: str, step: str, after: str, seconds: float) -> None:
        """`step`: what was decided; `after`: the outcome it followed, `entry` for the first."""
        self._decisions.labels(engine, step, after).inc()
        self._latency.labels(engine).observe(seconds)

    def connected(self, engine: str, up: bool) -> None:
        self._connected.labels(engine).set(1 if up else 0)

    def revisions(self, in_memory: int, stored: int) -> None:
        self._in_memory.set(in_memory)
        self._stored.set(stored)

    def failed(self, kind: str) -> None:
        """`kind` is one of a few words: labels are kept for ever."""
        self._errors.labels(kind).inc()

    def text(self) -> bytes:
        """The exposition format of Prometheus, version 0.0.4."""
        return generate_latest(self.registry)

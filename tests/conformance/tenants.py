"""The scenarios as tenants of one engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.conformance.scenario import Numbered, Scenario
from tests.conformance.scenarios import PROVES, SCENARIOS

FIRST = 101
"""Three digits for all, for they stand in telephone numbers; and in addresses, so up to 254."""

MOST = 150

LISTED: tuple[Numbered, ...] = tuple(
    scenario.numbered(number) for number, scenario in enumerate(SCENARIOS, FIRST)
)

LINES: dict[str, tuple[str, ...]] = {
    one.name: lines for scenarios, lines in PROVES for one in scenarios
}
"""Acceptance lines by name of the scenario."""


def numbered(scenarios: Sequence[Scenario]) -> Iterator[tuple[Numbered, ...]]:
    """As tenants of their own, in as many blocks of addresses as it takes."""
    for block in range(0, len(scenarios), MOST):
        part = scenarios[block : block + MOST]
        yield tuple(
            one.numbered(number, f"g{block // MOST}-") for number, one in enumerate(part, FIRST)
        )

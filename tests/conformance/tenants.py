"""The scenarios as tenants of one engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from tests.conformance.listed import PROVES, SCENARIOS
from tests.conformance.scenario import Numbered, Scenario

FIRST = 101
"""Three digits for all, for they stand in telephone numbers; and in addresses, so up to 254."""

MOST = 150


def numbered(scenarios: Sequence[Scenario], prefix: str = "g") -> Iterator[tuple[Numbered, ...]]:
    """As tenants of their own, in as many blocks of addresses as it takes."""
    for block in range(0, len(scenarios), MOST):
        part = scenarios[block : block + MOST]
        yield tuple(
            one.numbered(number, f"{prefix}{block // MOST}-")
            for number, one in enumerate(part, FIRST)
        )


LISTED: tuple[Numbered, ...] = tuple(one for part in numbered(SCENARIOS, "s") for one in part)

TIMES = sorted({one.at for one in SCENARIOS if one.at is not None})
"""When calls are placed that are not placed at any time."""

LINES: dict[str, tuple[str, ...]] = {
    one.name: lines for scenarios, lines in PROVES for one in scenarios
}
"""Acceptance lines by name of the scenario."""


def blocks(at: dt.datetime | None) -> Iterator[tuple[Numbered, ...]]:
    """The listed ones that are placed then, with no number twice in a block."""
    names = dict.fromkeys(one.tenant.partition("-")[0] for one in LISTED)
    for name in names:
        found = (it for it in LISTED if it.tenant.startswith(f"{name}-") and it.scenario.at == at)
        if block := tuple(found):
            yield block

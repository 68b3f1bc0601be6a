"""The scenarios as tenants of one engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

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


def in_offices(offices: Sequence[Sequence[Scenario]]) -> Iterator[tuple[Numbered, ...]]:
    """As tenants of one name, each of which has all the calls of an office."""
    firsts = [calls[0] for calls in offices]
    by_tenant = iter(offices)
    for block in numbered(firsts):
        yield tuple(
            replace(one, scenario=call, call_number=place)
            for one in block
            for place, call in enumerate(next(by_tenant), 1)
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

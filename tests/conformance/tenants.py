"""The scenarios as tenants of one engine."""

from __future__ import annotations

from tests.conformance.scenario import Numbered
from tests.conformance.scenarios import SCENARIOS

FIRST = 101
"""Three digits for all, for they stand in telephone numbers; and in addresses, so up to 254."""

LISTED: tuple[Numbered, ...] = tuple(
    scenario.numbered(number) for number, scenario in enumerate(SCENARIOS, FIRST)
)

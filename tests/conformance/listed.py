"""All scenarios, and the acceptance lines that they show on a real engine."""

from __future__ import annotations

from tests.conformance import scenarios as base
from tests.conformance import scenarios_callers as callers
from tests.conformance import scenarios_groups as groups
from tests.conformance import scenarios_rules as rules
from tests.conformance.scenario import Scenario

PROVES: tuple[tuple[tuple[Scenario, ...], tuple[str, ...]], ...] = (
    (base.EXTENSIONS, ("D6",)),
    (base.VOICEMAILS, ("D6",)),
    (base.QUIET, ("D7",)),
    (base.FORWARDS, ("D1", "D2")),
    (base.GROUPS, ("H1",)),
    (base.INBOUND, ("H5",)),
    (base.OUTBOUND, ("D9", "D10", "H5")),
    (base.HANDSETS, ("D11",)),
    (base.HOSTILE, ()),
    (rules.TIMES, ("E1", "E2")),
    (rules.ORDER, ("E2", "E4")),
    (rules.ACTIONS, ("E5", "E6")),
    (rules.TARGETS, ("E5", "E11")),
    (rules.SIMULTANEOUS, ("E10",)),
    (rules.SCREENED, ("E5", "E7")),
    (callers.BLOCKED, ("E8", "E9")),
    (callers.ALLOWED, ("E7",)),
    (callers.PATHS, ("D5", "D8")),
    (groups.STRATEGIES, ("H1",)),
    (groups.MEMBERS, ("H1",)),
)

SCENARIOS: tuple[Scenario, ...] = tuple(one for scenarios, _ in PROVES for one in scenarios)

"""All scenarios, and the acceptance lines that they show on a real engine."""

from __future__ import annotations

from tests.conformance import scenarios as base
from tests.conformance import scenarios_callers as callers
from tests.conformance import scenarios_doors as doors
from tests.conformance import scenarios_features as features
from tests.conformance import scenarios_groups as groups
from tests.conformance import scenarios_hotdesk as hotdesk
from tests.conformance import scenarios_long as long
from tests.conformance import scenarios_pickup as pickup
from tests.conformance import scenarios_recorded as recorded
from tests.conformance import scenarios_rules as rules
from tests.conformance.scenario import Scenario


def proves(*lines: str) -> tuple[str, ...]:
    """The marker that each scenario of a row gets."""
    return lines


PROVES: tuple[tuple[tuple[Scenario, ...], tuple[str, ...]], ...] = (
    (base.EXTENSIONS, proves("D5", "D6")),
    (base.VOICEMAILS, proves("D6")),
    (base.QUIET, proves("D7")),
    (base.FORWARDS, proves("D1", "D2")),
    (base.LOOPS, proves("E11")),
    (base.GROUPS, proves("H1")),
    (base.INBOUND, proves("A1", "A4", "H5")),
    (base.OUTBOUND, proves("D9", "D10", "H5")),
    (base.PRESENTED, proves("A3", "D10")),
    (base.NAMES, proves("A12", "A13")),
    (base.DIGITS, proves("B5")),
    (base.HANDSETS, proves("D11")),
    (base.HOSTILE, proves()),
    (rules.TIMES, proves("E1", "E2")),
    (rules.ORDER, proves("E2", "E4")),
    (rules.ACTIONS, proves("E5", "E6")),
    (rules.TARGETS, proves("E5", "E11")),
    (rules.SIMULTANEOUS, proves("E10")),
    (rules.SCREENED, proves("E5", "E7")),
    (callers.BLOCKED, proves("E8", "E9")),
    (callers.ALLOWED, proves("E7")),
    (callers.PATHS, proves("D5", "D8")),
    (doors.CODES, proves("D4")),
    (groups.STRATEGIES, proves("H1")),
    (groups.MEMBERS, proves("H1")),
    (features.QUIET_CODES, proves("D7")),
    (features.GROUP_CODES, proves("H1")),
    (features.HIDING, proves("D9")),
    (features.FORWARD_CODES, proves("D1", "D2", "D3", "D4")),
    (pickup.PICKUPS, proves()),
    (pickup.CALLS_BACK, proves()),
    (hotdesk.BOUND, proves("G5", "D11")),
    (hotdesk.NOBODY, proves("D11", "G1")),
    (hotdesk.LEFT, proves("G1", "G5", "H9")),
    (long.RULES, proves("E2")),
    (long.GROUPS, proves("H1")),
    (long.PHONES_OF_A_LINE, proves("B9")),
    (long.FORWARDS, proves("D2", "E10")),
    (long.CALLERS, proves("E9")),
    (long.CHAINS, proves("E11")),
    (recorded.LINES, proves("B17")),
    (recorded.HANDSETS, proves("G6")),
    (recorded.NOT, proves("B17")),
)

SCENARIOS: tuple[Scenario, ...] = tuple(one for scenarios, _ in PROVES for one in scenarios)

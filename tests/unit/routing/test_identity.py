"""Which number is shown outside, and to the emergency services."""

from __future__ import annotations

import pytest

from controlplane.routing.identity import emergency_number, presented_number
from tests.unit.calls.build import DDI, MAIN, system

PARIS = "+33140205050"
ASHORE = "+442071018709"


def test_the_site_of_the_line_then_of_its_user_then_the_only_one() -> None:
    sites = {"paris": {"main_number": PARIS}}
    users = {"bob": {"site": "london"}}
    built = system(sites=sites, users=users, lines={"101": {"site": "paris"}})
    assert presented_number(built, "101") == PARIS
    assert presented_number(built, "102") == MAIN
    assert presented_number(built, "103") == ""
    assert presented_number(system(), "103") == MAIN


def test_the_number_set_on_the_line_wins() -> None:
    assert presented_number(system(lines={"101": {"presented_number": DDI}}), "101") == DDI


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"handsets": {"A1": {"emergency_caller_id": ASHORE, "site": "paris"}}}, ASHORE),
        ({"handsets": {"A1": {"site": "paris"}}}, PARIS),
        (
            {
                "handsets": {"A1": {"site": "paris"}},
                "sites": {"paris": {"emergency_caller_id": ASHORE}},
            },
            ASHORE,
        ),
        ({"handsets": {"A1": {"login": "102", "site": "paris"}}}, PARIS),
        ({"lines": {"101": {"emergency_caller_id": DDI}}}, DDI),
        ({"lines": {"101": {"presented_number": DDI}}}, DDI),
        ({"handsets": {"A1": {"line": None}}}, MAIN),
    ],
)
def test_where_the_handset_is_decides(changes: dict[str, object], shown: str) -> None:
    base = {"sites": {"paris": {"main_number": PARIS}}}
    sites = changes.pop("sites", {})
    assert isinstance(sites, dict)
    base["sites"]["paris"] |= sites.get("paris", {})
    built = system(**{**base, **changes})
    assert emergency_number(built, "A1") == shown

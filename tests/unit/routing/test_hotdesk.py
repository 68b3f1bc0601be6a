"""What logins and logouts do to the state."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.routing.features import flipped_at
from controlplane.routing.hotdesk import (
    freed,
    logged_in,
    logged_out_at,
    login_outcome,
    logout_place,
)
from controlplane.routing.steps import Outcome
from controlplane.routing.stored import state_of
from tests.unit.calls.build import DDI, system

HANDSETS: dict[str, Any] = {
    "A2": {"line": "101"},
    "D1": {"login": "101"},
    "D2": {"line": "101", "login": "102"},
    "D3": {"line": "103"},
}


@pytest.mark.proves("G5")
@pytest.mark.parametrize("handset", ["D1", "D2"])
@pytest.mark.parametrize("own", [{}, {"emergency_caller_id": DDI}])
def test_a_logout_leaves_what_the_model_asks_for_then(handset: str, own: dict[str, str]) -> None:
    lines = {"101": own, "102": own}
    state = state_of(system(handsets=HANDSETS, lines=lines))
    after = {**HANDSETS, handset: {**HANDSETS[handset], "login": None}}
    now = {key: value for key, value in {**state, **freed(state, handset)}.items() if value}
    assert now == state_of(system(handsets=after, lines=lines))


@pytest.mark.parametrize("handset", ["A1", "D3", "D9"])
def test_where_nobody_is_logged_in_nothing_changes(handset: str) -> None:
    state = state_of(system(handsets=HANDSETS))
    assert logged_in(state, handset) == ""
    assert freed(state, handset) == {}


@pytest.mark.proves("G2")
@pytest.mark.parametrize(
    ("line", "handset", "outcome"),
    [
        ("101", "D1", Outcome.DONE),
        ("103", "D3", Outcome.DONE),
        ("103", "A1", Outcome.DONE),
        ("103", "D1", Outcome.TAKEN),
        ("101", "D3", Outcome.ELSEWHERE),
        ("102", "A2", Outcome.ELSEWHERE),
        ("102", "D1", Outcome.TAKEN),
    ],
)
def test_how_a_login_would_end(line: str, handset: str, outcome: Outcome) -> None:
    assert login_outcome(state_of(system(handsets=HANDSETS)), line, handset) is outcome


def test_a_logout_is_told_among_the_places_of_a_call() -> None:
    for place in (logout_place("102", "LDN-07"), "flip/line/102/logout@LDN-07"):
        flipped = flipped_at(place)
        assert flipped is not None
        assert (flipped.line, logged_out_at(flipped)) == ("102", "LDN-07")
    dnd = flipped_at("flip/line/102/dnd@1")
    assert dnd is not None
    assert logged_out_at(dnd) == ""

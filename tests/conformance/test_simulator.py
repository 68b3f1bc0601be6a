"""Every scenario through the simulator, and the list itself."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.conformance.ending import differences, of_expected
from tests.conformance.listed import SCENARIOS
from tests.conformance.reader import simulated
from tests.conformance.scenario import Numbered
from tests.conformance.tenants import LISTED


def test_names_are_unique_and_there_are_enough() -> None:
    assert max(Counter(one.name for one in SCENARIOS).values()) == 1
    assert len(SCENARIOS) >= 200


@pytest.mark.parametrize("numbered", LISTED, ids=lambda one: one.scenario.name)
def test_simulated(numbered: Numbered) -> None:
    assert numbered.expected is not None
    wanted = of_expected(numbered.expected)
    assert list(differences(wanted, simulated(numbered))) == []

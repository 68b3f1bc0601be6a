"""How fast an engine tells its phones: never above the rate, slower as more is lost, stopped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controlplane.service.handsets.pace import SLOWEST, Limits, Pace


@given(
    st.lists(st.floats(0.0, 0.5), min_size=1, max_size=200),
    st.floats(1.0, 500.0),
)
def test_never_more_than_the_rate_and_one_second_of_it(gaps: list[float], rate: float) -> None:
    pace, now, taken = Pace(Limits(rate), 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += pace.take(now, 10_000)
    assert taken <= 1 + rate * now + 1e-6


def test_all_are_told_at_the_rate() -> None:
    pace, taken = Pace(Limits(50), 0.0), 0
    for tick in range(1, 501):
        taken += pace.take(tick * 0.02, 10_000)
    assert 499 <= taken <= 501


def test_slower_while_some_are_lost_and_back_again() -> None:
    pace = Pace(Limits(80), 0.0)
    for number in range(200):
        pace.ended(number % 6 != 0, number * 0.1)
    assert pace.rate < 20
    assert not pace.stopped
    for number in range(400):
        pace.ended(True, 20 + number * 0.1)
    assert pace.rate == 80


def test_never_slower_than_the_slowest() -> None:
    pace = Pace(Limits(80), 0.0)
    for number in range(1000):
        pace.ended(number % 6 != 0, float(number))
    assert pace.rate == SLOWEST


def test_stopped_for_good_where_most_is_lost_and_not_by_a_few() -> None:
    pace = Pace(Limits(50, stop_at=0.3), 0.0)
    for _ in range(29):
        pace.ended(False, 0.0)
    assert not pace.stopped, "of so few no rate is told"
    pace.ended(False, 0.0)
    assert pace.stopped
    for _ in range(200):
        pace.ended(True, 1.0)
    assert pace.stopped
    assert (pace.take(100.0, 10), pace.rate) == (0, 0.0)

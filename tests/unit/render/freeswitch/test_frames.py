"""Time frames as regular expressions: they hold at the very moments at which the plan's do."""

from __future__ import annotations

import datetime as dt
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.model.time_frame import TimeFrame
from controlplane.render.freeswitch.frames import expressions, frames_dialplan, posix_rule
from controlplane.routing.frames import Part, Span, compile_frame
from tests.unit.render.freeswitch.office import view

DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


def wall(year: int, month: int, day: int) -> dt.datetime:
    """Noon as a clock on the wall shows it; which zone it is plays no part."""
    return dt.datetime(year, month, day, 12, tzinfo=dt.UTC)


minutes = st.integers(0, 24 * 60)
spans = st.builds(
    lambda weekday, ends, before: Span(weekday, min(ends), max(ends), before),
    st.integers(1, 7),
    st.tuples(minutes, minutes).filter(lambda ends: ends[0] != ends[1]),
    st.booleans(),
)
days = st.dates(dt.date(2023, 1, 1), dt.date(2027, 12, 31))
pairs = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))
parts = st.builds(
    Part,
    st.lists(spans, max_size=3).map(tuple),
    st.none() | st.lists(pairs, max_size=3).map(tuple),
)
moments = st.integers(0, 5 * 366 * 24 * 60).map(lambda it: wall(2022, 12, 30) + it * MINUTE)


def clock(at: dt.datetime) -> str:
    """As the dialplan puts it together."""
    return f"{at:%Y%m%d} {at:%u%H%M} {at - DAY:%Y%m%d}"


def matches(part: Part, at: dt.datetime) -> bool:
    return any(re.search(it, clock(at)) for it in expressions(part))


@given(parts, moments)
def test_a_part_holds_when_the_plan_s_does(part: Part, at: dt.datetime) -> None:
    assert matches(part, at) is part.holds(at)


@given(spans, st.booleans())
def test_a_span_ends_and_begins_on_the_minute(span: Span, on_that_day: bool) -> None:
    monday = wall(2026, 2, 2).replace(hour=0)
    start = monday + (span.weekday - 1) * DAY + dt.timedelta(minutes=span.first)
    day = (start - (DAY if span.began_before else 0 * DAY)).date()
    part = Part((span,), ((day, day),) if on_that_day else None)
    length = dt.timedelta(minutes=span.last - span.first)
    second = dt.timedelta(seconds=1)
    told = [matches(part, start + it) for it in (-second, 0 * second, length - second, length)]
    assert told[1:3] == [True, True]
    assert told == [part.holds(start + it) for it in (-second, 0 * second, length - second, length)]


def test_thirty_years_of_holidays_are_one_expression() -> None:
    (part,) = compile_frame(TimeFrame(calendar="GB"))
    (expression,) = expressions(part)
    assert len(expression) < 6000
    assert re.search(expression, clock(wall(2026, 12, 25)))
    assert not re.search(expression, clock(wall(2026, 12, 24)))


def test_each_frame_says_whether_it_holds() -> None:
    frames = {"office": {"mon-fri": "09:00-17:30"}, "empty": {}}
    text = frames_dialplan(view(time_frames=frames).plan)
    assert '<context name="cp-f-acme">' in text
    assert "^[0-9]+ (?:[12345](?:09|1[0-6]" not in text
    assert '<extension name="office"><condition field="${cp_clock}"' in text
    assert '<extension name="empty"><condition><action application="transfer"' in text


@pytest.mark.parametrize(
    ("zone", "rule"),
    [
        ("UTC", "UTC0"),
        ("Europe/London", "GMT0BST,M3.5.0/1,M10.5.0"),
        ("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
        ("Asia/Kathmandu", "ABC-5:45"),
    ],
)
def test_how_the_clocks_of_a_zone_go(zone: str, rule: str) -> None:
    assert posix_rule(zone) == rule


def test_there_is_a_rule_for_every_zone() -> None:
    zones = files("tzdata").joinpath("zones").read_text("utf-8").split()
    assert [it for it in zones if not re.match("[A-Za-z]{3,}[-+0-9]", posix_rule(it))] == []

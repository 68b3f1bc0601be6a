"""Time frames compiled: minutes of weekdays and days of the calendar, by local time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from controlplane.model.time_frame import DAYS, FramePart, TimeFrame, days_of

FIRST_YEAR, LAST_YEAR = 2020, 2049
"""The years whose public holidays are known."""

_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a weekday (Monday is 1), from `first` to before `last`.

    `began_before`: it is the rest of hours that began on the day before.
    """

    weekday: int
    first: int
    last: int
    began_before: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Holds within any of `spans` on any of `days`; empty spans or None for days do not limit.

    `days` are first and last, both included, in order.
    """

    spans: tuple[Span, ...]
    days: tuple[tuple[dt.date, dt.date], ...] | None

    def holds(self, local: dt.datetime) -> bool:
        today = local.date()
        if not self.spans:
            return self._on(today)
        minute, weekday = local.hour * 60 + local.minute, local.isoweekday()
        return any(
            span.weekday == weekday
            and span.first <= minute < span.last
            and self._on(today - dt.timedelta(days=span.began_before))
            for span in self.spans
        )

    def _on(self, day: dt.date) -> bool:
        return self.days is None or any(first <= day <= last for first, last in self.days)


Frame = tuple[Part, ...]
"""Holds while any of its parts does."""


def holds(frame: Frame, local: dt.datetime) -> bool:
    return any(part.holds(local) for part in frame)


@lru_cache(maxsize=1000)
def zone(name: str) -> ZoneInfo:
    """An IANA time zone."""
    return ZoneInfo(name)


def compile_frame(frame: TimeFrame) -> Frame:
    return tuple(_part(part) for part in frame.all_parts)


def _part(part: FramePart) -> Part:
    spans = {span for key, hours in part.weekly.items() for it in hours for span in _spans(key, it)}
    days: tuple[tuple[dt.date, dt.date], ...] | None = None
    if part.dates or part.calendar:
        listed = [(span.first, span.last) for span in part.dates]
        known = _holidays(part.calendar) if part.calendar else ()
        days = tuple(sorted({*listed, *((day, day) for day in known)}))
    return Part(tuple(sorted(spans, key=_in_order)), days)


def _in_order(span: Span) -> tuple[int, int, int, bool]:
    return span.weekday, span.first, span.last, span.began_before


def _spans(key: str, hours: str) -> Iterator[Span]:
    start, _, end = hours.partition("-")
    first, last = _minutes(start), _minutes(end)
    for day in days_of(key):
        weekday = DAYS.index(day) + 1
        if first < last:
            yield Span(weekday, first, last)
            continue
        yield Span(weekday, first, _DAY)
        if last:
            yield Span(weekday % 7 + 1, 0, last, began_before=True)


def _minutes(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=100)
def _holidays(calendar: str) -> tuple[dt.date, ...]:
    """The public holidays of a country or a part of it (`GB`, `DE-BY`), as the calendars of the
    package `holidays` know them. KeyError or NotImplementedError for one that is unknown."""
    from holidays import country_holidays  # slow to load, and few need it

    country, _, part = calendar.partition("-")
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return tuple(sorted(country_holidays(country, subdiv=part or None, years=years)))

"""Zones: how the clocks of an IANA time zone go in a year, from the zone database (pure).

Phones know no IANA zones. They are told the offset and the two changes, each in its vendor's own
notation (see `clocks`). An offset is in minutes: tables of whole hours lose India.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LAST = 5
"""The last week of a month, as phones count: 1 to 4, and 5 for the last."""

_YEARS = 12
"""In so many years every date has been every day of the week."""
_STEP = timedelta(days=6)
"""No two changes are as near to each other; Morocco's are a month apart."""


@dataclass(frozen=True, slots=True)
class Change:
    """Clocks are put forward or back on day `day` of `month`, at `minute` of that day as it was.

    `weekday` 0 for Sunday to 6. `earliest`: where every year's change is that weekday on or after
    one day of the month, that day; None where it is another each year, as Morocco's is. `last`:
    whether it is the last such weekday of the month.
    """

    month: int
    day: int
    weekday: int
    minute: int
    earliest: int | None
    last: bool

    @property
    def week(self) -> int:
        """1 to 4, or 5 for the last: exact where `weekly`, else as near as weeks come."""
        return LAST if self.last else min((self.day - 1) // 7 + 1, LAST)

    @property
    def weekly(self) -> bool:
        """Whether `week` and `weekday` say it of every year."""
        return self.last or self.earliest in (1, 8, 15, 22)

    @property
    def hour(self) -> int:
        """For phones that know whole hours only, the one it falls in."""
        return self.minute // 60


@dataclass(frozen=True, slots=True)
class Zone:
    """Minutes east of UTC: `offset` in winter, `summer` from `start` to `end`.

    Where clocks do not change in the year, `summer` is `offset` and there are no changes. Of a year
    in which they change once and for good, what holds at its end.
    """

    name: str
    offset: int
    summer: int
    start: Change | None = None
    end: Change | None = None

    @property
    def saving(self) -> int:
        return self.summer - self.offset

    @property
    def changes(self) -> tuple[Change, Change] | None:
        return (self.start, self.end) if self.start and self.end else None


@lru_cache(maxsize=1024)
def zone_of(name: str, year: int) -> Zone:
    """The zone called `name` in `year`. ZoneInfoNotFoundError where the database has none such.

    Summer time is whichever offset is the greater one: Irish law has it the other way round.
    """
    zone = ZoneInfo(name)
    found = tuple(_moments(zone, year))
    after = _minutes(zone, datetime(year + 1, 1, 1, tzinfo=UTC))
    forward = [moment for moment, change in found if change > 0]
    back = [moment for moment, change in found if change < 0]
    if len(forward) != 1 or len(back) != 1:
        return Zone(name, after, after)
    summer = _minutes(zone, forward[0])
    winter = _minutes(zone, back[0])
    return Zone(
        name, winter, summer, _change(zone, forward[0], winter), _change(zone, back[0], summer)
    )


def _minutes(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds() / 60)


def _moments(zone: ZoneInfo, year: int) -> Iterable[tuple[datetime, int]]:
    """When the clocks change in a year (UTC), and by how many minutes."""
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    before = _minutes(zone, moment)
    while moment < end:
        later = min(moment + _STEP, end)
        after = _minutes(zone, later)
        if after != before:
            yield _between(zone, moment, later), after - before
        moment, before = later, after


def _between(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The minute of the one change between two moments."""
    before = _minutes(zone, low)
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
        low, high = (middle, high) if _minutes(zone, middle) == before else (low, middle)
    return high


def _change(zone: ZoneInfo, moment: datetime, offset: int) -> Change:
    """`offset` holds until `moment`."""
    wall = moment + timedelta(minutes=offset)
    alike = tuple(_alike(zone, wall, offset))
    days = [it.day for it in alike]
    first, final = min(days), max(days)
    regular = len(alike) == _YEARS and final - first == 6
    return Change(
        month=wall.month,
        day=wall.day,
        weekday=wall.isoweekday() % 7,
        minute=wall.hour * 60 + wall.minute,
        earliest=first if regular else None,
        last=regular and all(it.day + 7 > monthrange(it.year, it.month)[1] for it in alike),
    )


def _alike(zone: ZoneInfo, wall: datetime, offset: int) -> Iterable[datetime]:
    """The changes of this year and those after it that are in the same month, on the same day of
    the week, at the same time of day and from the same offset."""
    for year in range(wall.year, wall.year + _YEARS):
        for moment, _ in _moments(zone, year):
            it = moment + timedelta(minutes=offset)
            before = _minutes(zone, moment - timedelta(minutes=1))
            if (it.month, it.weekday(), it.time(), before) == (
                wall.month,
                wall.weekday(),
                wall.time(),
                offset,
            ):
                yield it

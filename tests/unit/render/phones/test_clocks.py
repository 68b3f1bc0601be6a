"""Every notation is read back as a phone would read it, and the clock then shows what is right."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.render.phones.clocks import CLOCKS
from controlplane.render.phones.zones import zone_of

ZONES = sorted(
    name
    for name in available_timezones()
    if "/" in name and not name.startswith(("Etc/", "SystemV/"))
)
ODD = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Nuuk",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Chatham",
    "Pacific/Marquesas",
]


@dataclass(frozen=True)
class Read:
    """What a phone makes of its settings: minutes, and when in a year clocks change."""

    offset: int
    saving: int = 0
    start: Callable[[int], datetime] | None = None
    end: Callable[[int], datetime] | None = None

    def shows(self, moment: datetime) -> datetime:
        wall = moment.replace(tzinfo=None) + timedelta(minutes=self.offset)
        if self.start is None or self.end is None:
            return wall
        forward, back = self.start(wall.year), self.end(wall.year)
        back -= timedelta(minutes=self.saving)
        summer = forward <= wall < back if forward < back else not back <= wall < forward
        return wall + timedelta(minutes=self.saving) if summer else wall


def nth(year: int, month: int, week: int, sunday_is_0: int) -> date:
    days = [
        date(year, month, day)
        for day in range(1, monthrange(year, month)[1] + 1)
        if date(year, month, day).isoweekday() % 7 == sunday_is_0
    ]
    return days[-1] if week in (5, -1) else days[week - 1]


def at(day: date, text: str) -> datetime:
    hour, minute, *_ = [*map(int, text.split(":")), 0]
    return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)


def signed(text: str) -> int:
    found = re.fullmatch(r"([+-]?)(\d+)(?::(\d\d))?", text)
    assert found, text
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return -minutes if found[1] == "-" else minutes


def read_yealink(it: Mapping[str, str]) -> Read:
    assert it["local_time.time_zone"][0] in "+-"
    offset = signed(it["local_time.time_zone"])
    if it["local_time.summer_time"] == "0":
        return Read(offset)

    def when(text: str) -> Callable[[int], datetime]:
        parts = [*map(int, text.split("/"))]
        if it["local_time.dst_time_type"] == "1":
            month, week, weekday, hour = parts
            return lambda year: at(nth(year, month, week, weekday % 7), f"{hour}")
        month, day, hour = parts
        return lambda year: at(date(year, month, day), f"{hour}")

    saving = int(it["local_time.offset_time"])
    return Read(offset, saving, when(it["local_time.start_time"]), when(it["local_time.end_time"]))


def read_snom(it: Mapping[str, str]) -> Read:
    offset = int(it["utc_offset"]) // 60
    if not it["dst"]:
        return Read(offset)
    saving, *changes = it["dst"].split(" ")

    def when(text: str, time: str) -> Callable[[int], datetime]:
        assert re.fullmatch(r"\d\d\.0[1-5]\.0[1-7]", text)
        month, week, weekday = map(int, text.split("."))
        return lambda year: at(nth(year, month, week, weekday % 7), time)

    return Read(offset, int(saving) // 60, when(*changes[:2]), when(*changes[2:]))


def read_mitel(it: Mapping[str, str]) -> Read:
    offset = -int(it["time zone minutes"])
    if it["dst config"] == "0":
        return Read(offset)

    def when(name: str) -> Callable[[int], datetime]:
        month, day, hour = (int(it[f"dst {name} {what}"]) for what in ("month", "day", "hour"))
        if it["dst [start|end] relative date"] == "1":
            week = int(it[f"dst {name} week"])
            return lambda year: at(nth(year, month, week, day - 1), f"{hour}")
        return lambda year: at(date(year, month, day), f"{hour}")

    return Read(offset, int(it["dst minutes"]), when("start"), when("end"))


def read_poly(it: Mapping[str, str]) -> Read:
    offset = int(it["tcpIpApp.sntp.gmtOffset"]) // 60
    name = "tcpIpApp.sntp.daylightSavings"
    if it[f"{name}.enable"] == "0":
        return Read(offset)

    def when(which: str) -> Callable[[int], datetime]:
        month, day, hour, weekday = (
            int(it[f"{name}.{which}.{what}"]) for what in ("month", "date", "time", "dayOfWeek")
        )
        if it[f"{name}.fixedDayEnable"] == "1":
            return lambda year: at(date(year, month, day), f"{hour}")
        last = it[f"{name}.{which}.dayOfWeek.lastInMonth"] == "1"
        assert day in (1, 8, 15, 22)
        week = 5 if last else (day - 1) // 7 + 1
        return lambda year: at(nth(year, month, week, weekday - 1), f"{hour}")

    return Read(offset, 60, when("start"), when("stop"))


def read_cisco(it: Mapping[str, str]) -> Read:
    offset = signed(it["Time_Zone"].removeprefix("GMT") or "+0")
    if it["Time_Offset__HH_mm_"]:
        hours, minutes = it["Time_Offset__HH_mm_"].split("/")
        offset += int(hours) * 60 + int(minutes)
    if it["Daylight_Saving_Time_Enable"] == "No":
        return Read(offset)
    rule = dict(part.split("=") for part in it["Daylight_Saving_Time_Rule"].split(";"))

    def when(text: str) -> Callable[[int], datetime]:
        month, day, weekday, hour = text.split("/")
        return lambda year: at(cisco_day(year, int(month), int(day), int(weekday)), hour)

    hours, minutes, _ = map(int, rule["save"].split(":"))
    return Read(offset, hours * 60 + minutes, when(rule["start"]), when(rule["end"]))


def cisco_day(year: int, month: int, day: int, weekday: int) -> date:
    if day == -1:
        return nth(year, month, -1, weekday % 7)
    found = date(year, month, day)
    while weekday and found.isoweekday() != weekday:
        found += timedelta(days=1)
    return found


def read_fanvil(it: Mapping[str, str]) -> Read:
    offset = int(it["phone/date/TimeZone"]) * 15
    named = it["phone/date/TimeZoneName"].removeprefix("UTC")
    assert offset == (signed(named) if named else 0)
    if it["phone/date/EnableDST"] == "0":
        return Read(offset)

    def when(name: str) -> Callable[[int], datetime]:
        month, week, weekday, hour = (
            int(it[f"phone/date/DST{name}{what}"]) for what in ("Mon", "Week", "Wday", "Hour")
        )
        return lambda year: at(nth(year, month, week, weekday), f"{hour}")

    return Read(offset, int(it["phone/date/DSTMinOffset"]), when("Start"), when("End"))


def read_fanvil_old(it: Mapping[str, str]) -> Read:
    return read_fanvil(
        {
            f"phone/date/{name.removeprefix('GLOBAL_CONFIG_MODULE/').replace('_', '')}": value
            for name, value in it.items()
        }
    )


def read_posix(text: str) -> Read:
    sign = r"([+-]\d+(?::\d\d)?)"
    rule = r",M(\d+)\.([1-5])\.([0-6])/(\d\d:\d\d):00"
    found = re.fullmatch(rf"[A-Z]{{3}}{sign}(?:[A-Z]{{3}}{sign}{rule}{rule})?", text)
    assert found, text
    assert len(text) <= 64
    winter, summer, *rules = found.groups()
    if summer is None:
        return Read(-signed(winter))

    def when(month: str, week: str, weekday: str, time: str) -> Callable[[int], datetime]:
        return lambda year: at(nth(year, int(month), int(week), int(weekday)), time)

    saving = signed(winter) - signed(summer)
    return Read(-signed(winter), saving, when(*rules[:4]), when(*rules[4:]))


READERS: dict[str, Callable[[Mapping[str, str]], Read]] = {
    "cisco": read_cisco,
    "fanvil": read_fanvil,
    "fanvil-old": read_fanvil_old,
    "grandstream": lambda it: read_posix(it["dateTime.timezone.custom"]),
    "grandstream-p": lambda it: read_posix(it["P246"]),
    "mitel": read_mitel,
    "poly": read_poly,
    "snom": read_snom,
    "yealink": read_yealink,
}
WHOLE_HOURS = {"fanvil", "fanvil-old", "mitel", "poly", "yealink"}
"""Formats whose changes are on the hour: off by less than one, twice a year."""


@cache
def read(form: str, name: str, year: int) -> Read:
    return READERS[form](CLOCKS[form](zone_of(name, year)))


def right(name: str, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(name)).replace(tzinfo=None)


def near_a_change(name: str, moment: datetime, hours: int) -> bool:
    offsets = {
        (moment + timedelta(hours=each)).astimezone(ZoneInfo(name)).utcoffset()
        for each in range(-hours, hours + 1)
    }
    return len(offsets) > 1


def test_every_format_has_a_reader() -> None:
    assert set(READERS) == set(CLOCKS)


@pytest.mark.proves("G8")
@pytest.mark.parametrize("form", sorted(CLOCKS))
@given(
    name=st.one_of(st.sampled_from(ODD), st.sampled_from(ZONES)),
    minute=st.integers(0, 364 * 24 * 60),
    year=st.integers(2026, 2029),
)
def test_a_phone_shows_the_time_at_any_moment_of_the_year(
    form: str, name: str, minute: int, year: int
) -> None:
    moment = datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(minutes=minute)
    if moment.astimezone(ZoneInfo(name)).year != year or changed_for_good(name, year):
        return
    if form in WHOLE_HOURS and near_a_change(name, moment, 1):
        return
    shown = read(form, name, year).shows(moment)
    if form == "poly" and name in ("Australia/Lord_Howe", "Australia/LHI", "Antarctica/Troll"):
        assert abs(shown - right(name, moment)) <= timedelta(hours=1)
    else:
        assert shown == right(name, moment)


def changed_for_good(name: str, year: int) -> bool:
    """A year in which clocks change other than forward and back once: no rule says that."""
    offsets = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(-1, 366)]
    seen = [each.astimezone(ZoneInfo(name)).utcoffset() for each in offsets]
    return sum(one != other for one, other in pairwise(seen)) not in (0, 2)


@pytest.mark.proves("G8")
@pytest.mark.parametrize("form", sorted(CLOCKS))
@pytest.mark.parametrize("name", ["Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham"])
def test_parts_of_an_hour_survive(form: str, name: str) -> None:
    winter = zone_of(name, 2026).offset
    assert winter % 60
    assert read(form, name, 2026).offset == winter


def test_a_rule_that_is_right_every_year_is_said_by_week() -> None:
    rule = "start=3/-1/7/1:0:0;end=10/-1/7/2:0:0;save=1:0:0"
    for year in (2026, 2027, 2031):
        london = zone_of("Europe/London", year)
        assert london.changes
        assert all(change.weekly for change in london.changes)
        assert CLOCKS["cisco"](london)["Daylight_Saving_Time_Rule"] == rule
        assert CLOCKS["yealink"](london)["local_time.start_time"] == "3/5/7/1"
        assert CLOCKS["snom"](london)["dst"] == "3600 03.05.07 01:00:00 10.05.07 02:00:00"


def test_summer_time_is_the_later_one_whatever_the_law_calls_it() -> None:
    dublin, london = zone_of("Europe/Dublin", 2026), zone_of("Europe/London", 2026)
    assert (dublin.offset, dublin.summer) == (london.offset, london.summer) == (0, 60)


def test_a_year_in_which_clocks_change_for_good_has_the_time_it_ends_with() -> None:
    """Turkey kept summer time from 2016 on."""
    assert zone_of("Europe/Istanbul", 2016).offset == 180
    assert zone_of("Europe/Istanbul", 2016).changes is None

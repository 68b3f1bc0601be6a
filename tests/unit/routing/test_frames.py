"""Time frames: hours, days, holidays, midnight and the nights on which clocks change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from controlplane.model.time_frame import TimeFrame
from controlplane.routing.frames import compile_frame, holds, zone

OFFICE = {"mon-fri": "09:00-17:30"}
NIGHT = {"fri": "22:00-06:00"}
XMAS = {"dates": ["2026-12-24..2026-12-26"]}
SUMMER = {"mon-fri": "08:00-16:00", "dates": "2026-06-01..2026-08-31"}
PARTY = {"thu": "20:00-02:00", "dates": "2026-12-31"}


def at(text: str, name: str = "Europe/London") -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone(name))


@pytest.mark.parametrize(
    ("frame", "moment", "does"),
    [
        (OFFICE, "2026-06-10 08:59", False),
        (OFFICE, "2026-06-10 09:00", True),
        (OFFICE, "2026-06-10 17:29", True),
        (OFFICE, "2026-06-10 17:30", False),
        (OFFICE, "2026-06-13 12:00", False),  # a Saturday
        (NIGHT, "2026-06-12 21:59", False),
        (NIGHT, "2026-06-12 22:00", True),
        (NIGHT, "2026-06-13 05:59", True),
        (NIGHT, "2026-06-13 06:00", False),
        (NIGHT, "2026-06-12 05:00", False),
        ({"sun": "23:00-24:00"}, "2026-06-14 23:59", True),
        ({"sun": "23:00-24:00"}, "2026-06-15 00:00", False),
        ({"sun": "23:00-00:30"}, "2026-06-15 00:29", True),
        ({"fri-mon": "10:00-11:00"}, "2026-06-14 10:30", True),
        ({"fri-mon": "10:00-11:00"}, "2026-06-16 10:30", False),
        (XMAS, "2026-12-23 23:59", False),
        (XMAS, "2026-12-24 00:00", True),
        (XMAS, "2026-12-26 23:59", True),
        (XMAS, "2026-12-27 00:00", False),
        (SUMMER, "2026-06-10 08:30", True),
        (SUMMER, "2026-06-10 16:30", False),
        (SUMMER, "2026-05-29 08:30", False),
        (PARTY, "2026-12-31 20:00", True),
        (PARTY, "2027-01-01 01:59", True),
        (PARTY, "2026-12-31 01:00", False),
        (PARTY, "2027-01-07 20:00", False),
        ({"calendar": "GB"}, "2026-12-25 10:00", True),
        ({"calendar": "GB"}, "2026-12-24 10:00", False),
        ({"calendar": "GB-SCT"}, "2026-01-02 10:00", True),
        ({"calendar": "GB-ENG"}, "2026-01-02 10:00", False),
        ({"calendar": "GB", "dates": "2026-12-24"}, "2026-12-24 10:00", True),
        ({"parts": [OFFICE, {"sat": "10:00-12:00"}]}, "2026-06-13 11:00", True),
        ({**OFFICE, "parts": {"sat": "10:00-12:00"}}, "2026-06-10 11:00", True),
        ({"parts": [OFFICE]}, "2026-06-13 11:00", False),
    ],
)
def test_when_a_frame_holds(frame: dict[str, Any], moment: str, does: bool) -> None:
    assert holds(compile_frame(TimeFrame.model_validate(frame)), at(moment)) is does


@pytest.mark.parametrize(
    ("utc", "does"),
    [
        ("2026-10-25T00:30+00:00", True),  # 01:30 summer time
        ("2026-10-25T01:30+00:00", True),  # 01:30 once more
        ("2026-10-25T02:00+00:00", False),
        ("2026-03-29T00:59+00:00", False),
        ("2026-03-29T01:00+00:00", False),  # the clock goes from 00:59 to 02:00
        ("2026-03-30T00:00+00:00", True),
    ],
)
def test_the_clock_on_the_wall_counts_when_it_is_put_back_or_on(utc: str, does: bool) -> None:
    frame = compile_frame(TimeFrame.model_validate({"mon-sun": "01:00-02:00"}))
    local = dt.datetime.fromisoformat(utc).astimezone(zone("Europe/London"))
    assert holds(frame, local) is does


def test_a_frame_without_parts_never_holds() -> None:
    assert not holds(compile_frame(TimeFrame()), at("2026-06-10 12:00"))

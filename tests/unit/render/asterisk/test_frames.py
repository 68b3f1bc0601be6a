"""Time frames as dialplan say the same as the frames themselves, at any time of any day."""

from __future__ import annotations

import datetime as dt
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controlplane.model.time_frame import TimeFrame
from controlplane.render.asterisk.frames import days_dialplan, frames_dialplan
from controlplane.routing.frames import Frame, compile_frame, holds
from tests.unit.render.asterisk.office import view

_EXISTS = re.compile(r"\$\{DIALPLAN_EXISTS\((cp-d-[0-9a-f]+),([0-9]+),1\)\}")
_CUT = re.compile(r"\$\{CUT\(CP_CLOCK,/,([1-4])\)\}")
_WITHIN = re.compile(r'"([1-7]+)" =~ "([1-7])"')

GB = compile_frame(TimeFrame.model_validate({"calendar": "GB"}))
"""Once before all: the calendars are slow to load."""

hours = st.sampled_from(["00:00-24:00", "09:00-17:30", "22:00-06:00", "12:00-12:01", "00:00-00:30"])
weekly = st.dictionaries(st.sampled_from(["mon", "tue-thu", "sat-mon", "sun"]), hours, max_size=3)
day = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
spans = st.tuples(day, st.integers(0, 60)).map(
    lambda it: f"{it[0]}..{it[0] + dt.timedelta(days=it[1])}"
)
parts = st.fixed_dictionaries(
    {"weekly": weekly, "dates": st.lists(spans, max_size=3)},
    optional={"calendar": st.just("GB")},
)
frames = st.tuples(parts, st.lists(parts, max_size=2)).map(
    lambda it: compile_frame(TimeFrame.model_validate({**it[0], "parts": it[1]}))
)


def wall(text: str) -> dt.datetime:
    """A time as a clock on the wall shows it; which zone it is plays no part."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


moments = st.integers(0, 396 * 24 * 60).map(
    lambda minutes: wall("2026-01-01") + dt.timedelta(minutes=minutes)
)


def asked(frame: Frame, local: dt.datetime) -> bool:
    """What the subroutine returns, as Asterisk reads its expressions."""
    clock = (
        str(local.isoweekday()),
        str(local.hour * 60 + local.minute),
        f"{local:%Y%m%d}",
        f"{local - dt.timedelta(days=1):%Y%m%d}",
    )
    days = days_dialplan({"f": frame})

    def exists(found: re.Match[str]) -> str:
        return str(int(f"\nexten => {found[2]},1," in days[found[1]]))

    for line in frames_dialplan("acme", {"f": frame}):
        if condition := re.search(r"GotoIf\(\$\[(.*)\]\?holds\)", line):
            text = _CUT.sub(lambda found: clock[int(found[1]) - 1], condition[1])
            text = _WITHIN.sub(lambda it: str(int(it[2] in it[1])), _EXISTS.sub(exists, text))
            if eval(text.replace("&", "and").replace("|", "or")):
                return True
    return False


@settings(suppress_health_check=[HealthCheck.too_slow])  # calendars are slow to load
@given(frames, moments)
def test_the_dialplan_says_what_the_frame_says(frame: Frame, local: dt.datetime) -> None:
    assert asked(frame, local) is holds(frame, local)


def test_the_first_and_last_minute() -> None:
    frame = compile_frame(TimeFrame.model_validate({"fri": "22:00-06:00"}))
    friday = wall("2026-06-12")
    said = [
        asked(frame, friday + dt.timedelta(minutes=minute))
        for minute in (22 * 60 - 1, 22 * 60, 30 * 60 - 1, 30 * 60)
    ]
    assert said == [False, True, True, False]


def test_a_frame_that_says_nothing_never_holds() -> None:
    assert not asked((), wall("2026-06-12"))


def test_hundreds_of_holidays_are_one_question() -> None:
    assert len([line for line in frames_dialplan("acme", {"f": GB}) if "GotoIf" in line]) == 1
    [days] = days_dialplan({"f": GB, "g": GB}).values()
    assert days.count("exten => ") > 200


def test_a_year_is_compared_with_its_ends() -> None:
    frame = compile_frame(TimeFrame.model_validate({"dates": "2026-01-01..2026-12-31"}))
    assert days_dialplan({"f": frame}) == {}
    assert asked(frame, wall("2026-12-31 23:59"))
    assert not asked(frame, wall("2027-01-01"))


def test_a_name_may_hold_a_hyphen() -> None:
    """Which Asterisk does not see in extensions."""
    changed = view(time_frames={"out-of-hours": {"mon-fri": "18:00-08:00"}})
    assert "exten => f.out~of~hours,1,GotoIf(" in "\n".join(
        frames_dialplan("acme", changed.plan.frames)
    )

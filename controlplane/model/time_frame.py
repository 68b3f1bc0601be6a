"""Time frame: when a rule holds — weekly hours, dates and a holiday calendar."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from controlplane.model.part import OneOrMore, Part

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANGE = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


def _hours(value: Any) -> Any:
    """`09:00-17:30`; an end before its start runs over midnight; 24:00 is the day's end."""
    if isinstance(value, str):
        if not (found := _RANGE.fullmatch(value.strip())) or (
            found[3] == "24" and found[4] != "00"
        ):
            raise ValueError("is not a span of hours; write 09:00-17:30")
        return value.strip()
    return value


Hours = Annotated[str, BeforeValidator(_hours)]


def days_of(key: str) -> tuple[str, ...]:
    """The weekdays `mon`, `mon-fri` or `fri-mon` names, in order; empty where it names none."""
    first, _, last = key.lower().partition("-")
    if first not in DAYS or (last and last not in DAYS):
        return ()
    start, end = DAYS.index(first), DAYS.index(last or first)
    return tuple(DAYS[(start + i) % 7] for i in range((end - start) % 7 + 1))


class DateSpan(Part):
    """First and last day, both included."""

    first: dt.date
    last: dt.date

    @model_validator(mode="after")
    def _in_order(self) -> DateSpan:
        if self.last < self.first:
            span = f"{self.first}..{self.last}"
            raise ValueError(
                f"is a span that ends before it starts ({span}); write the earlier day first"
            )
        return self


_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAYS = re.compile(rf"\s*({_DAY})\s*(?:\.\.\s*({_DAY})\s*)?")


def _date(value: Any) -> Any:
    """`2026-12-25` or `2026-12-24..2026-12-26`."""
    if isinstance(value, str):
        if not (found := _DAYS.fullmatch(value)):
            raise ValueError("is not a date; write 2026-12-25 or 2026-12-24..2026-12-26")
        return {"first": found[1], "last": found[2] or found[1]}
    return {"first": value, "last": value} if isinstance(value, dt.date) else value


class FramePart(Part):
    """Hours of weekdays, days of the calendar, or those hours on those days.

    The days are `dates` and the public holidays of `calendar` together. Hours that run over
    midnight belong to the day on which they begin. All by the clock on the wall of whoever is
    called. In YAML the weekdays are keys of their own: `{mon-fri: 09:00-17:30}`.
    """

    weekly: dict[str, Annotated[tuple[Hours, ...], OneOrMore]] = Field(default_factory=dict)
    dates: Annotated[tuple[Annotated[DateSpan, BeforeValidator(_date)], ...], OneOrMore] = ()
    calendar: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = (
        None
    )

    @model_validator(mode="before")
    @classmethod
    def _gather_days(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        weekly = dict(value.get("weekly") or {})
        rest = {}
        for key, hours in value.items():
            if key == "weekly":
                continue
            if days_of(str(key)):
                weekly[str(key).lower()] = hours
            else:
                rest[key] = hours
        return {**rest, "weekly": weekly} if weekly else rest


class TimeFrame(FramePart):
    """Holds while its own hours and days do, or any of its `parts`."""

    parts: Annotated[tuple[FramePart, ...], OneOrMore] = ()

    @property
    def all_parts(self) -> tuple[FramePart, ...]:
        """Those that say anything."""
        every = (self, *self.parts)
        return tuple(it for it in every if it.weekly or it.dates or it.calendar)

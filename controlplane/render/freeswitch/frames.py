"""Time frames as dialplan: an extension each, which goes on where the rule of a line holds.

What a frame is asked about is one text, `cp_clock`: today, weekday and time, the day before, as
`20260214 61530 20260213`. All of it has a fixed length, so a span is what its texts begin with,
and hundreds of holidays are one regular expression.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from importlib.resources import files

from controlplane.render.freeswitch.elements import always, context, extension, transfer, when
from controlplane.render.freeswitch.escape import word
from controlplane.render.freeswitch.names import CALLS, frames_context
from controlplane.routing.frames import Frame, Part, Span
from controlplane.routing.plan import Plan

_TEN, _HOUR = 10, 60


def frames_dialplan(plan: Plan) -> str:
    """Entered with cp_clock at the name of a frame; one that is not there never holds."""
    otherwise = extension("otherwise", always(transfer("rule", CALLS)))
    frames = (_frame(name, frame) for name, frame in plan.frames.items())
    return context(frames_context(plan.tenant), (otherwise, *frames))


def _frame(name: str, frame: Frame) -> str:
    tests = (test for part in frame for test in expressions(part))
    holds = (when("${cp_clock}", test, transfer("rule-holds", CALLS)) for test in tests)
    return extension(word(name), *holds, always(transfer("rule", CALLS)))


def expressions(part: Part) -> Iterator[str]:
    """The part holds where one of them matches the text of a moment."""
    days = "" if part.days is None else _any(_of_days(part.days))
    if not part.spans:
        yield f"^{days}"
        return
    if today := [span for span in part.spans if not span.began_before]:
        yield f"^{days}[0-9]* {_any(_of_spans(today))}"
    if yesterday := [span for span in part.spans if span.began_before]:
        yield f"^[0-9]+ {_any(_of_spans(yesterday))}[0-9]* {days}"


def _any(beginnings: Iterable[str]) -> str:
    """One of them; with none, what matches nothing."""
    found = "|".join(beginnings)
    return f"(?:{found})" if found else "(?!)"


def _of_days(days: Iterable[tuple[dt.date, dt.date]]) -> Iterator[str]:
    for first, last in days:
        yield from _of_span_of_days(first, last)


def _of_span_of_days(day: dt.date, last: dt.date) -> Iterator[str]:
    """Whole years and months are written as such."""
    while day <= last:
        if (day.month, day.day) == (1, 1) and (end := dt.date(day.year, 12, 31)) <= last:
            yield f"{day:%Y}"
        elif day.day == 1 and (end := _end_of_month(day)) <= last:
            yield f"{day:%Y%m}"
        else:
            end = day
            yield f"{day:%Y%m%d}"
        if end == dt.date.max:
            return
        day = end + dt.timedelta(days=1)


def _end_of_month(day: dt.date) -> dt.date:
    if day.month == 12:
        return day.replace(day=31)
    return day.replace(month=day.month + 1) - dt.timedelta(days=1)


def _of_spans(spans: Iterable[Span]) -> Iterator[str]:
    weekdays: dict[tuple[int, int], str] = {}
    for span in spans:
        hours = span.first, span.last
        weekdays[hours] = weekdays.get(hours, "") + str(span.weekday)
    for (first, last), days in weekdays.items():
        yield f"[{days}]{_any(_of_minutes(first, last))}"


def _of_minutes(minute: int, last: int) -> Iterator[str]:
    """Hours, tens of minutes and minutes from `minute` to before `last`, as HHMM begins."""
    while minute < last:
        text = f"{minute // _HOUR:02}{minute % _HOUR:02}"
        for length, kept in ((_HOUR, 2), (_TEN, 3), (1, 4)):
            if minute % length == 0 and minute + length <= last:
                yield text[:kept]
                minute += length
                break


def zone_name(name: str) -> str:
    """As a stored value has it."""
    return name.replace("/", ".")


def posix_rule(name: str) -> str:
    """How the clocks of an IANA zone go by now (RFC 9636, 3.3), as FreeSWITCH reads it: it knows
    no abbreviation between `<` and `>`, and nobody is shown one."""
    data = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    rule = data.split(b"\n")[-2].decode("ascii")
    while "<" in rule:
        before, _, rest = rule.partition("<")
        rule = f"{before}ABC{rest.partition('>')[2]}"
    return rule

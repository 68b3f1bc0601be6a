"""Time frames as dialplan: a subroutine each, that returns 1 while the frame holds.

It goes by CP_CLOCK, which `cp-rule` writes as the line's own clock shows it: weekday (Monday is
1), minute of the day, today and yesterday as 20261225, separated by slashes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping

from controlplane.render.asterisk.elements import extension
from controlplane.render.asterisk.history import ENDED_CONTEXT
from controlplane.render.asterisk.names import days_context, frame_extension, frames_context
from controlplane.routing.frames import Frame, Part, Span

_MOST_LISTED = 31
"""Days in a row that are listed one by one; what is longer is compared with its ends."""

_WEEKDAY, _MINUTE, _TODAY, _YESTERDAY = (f"${{CUT(CP_CLOCK,/,{place})}}" for place in range(1, 5))

Days = tuple[tuple[dt.date, dt.date], ...]


def frames_dialplan(tenant: str, frames: Mapping[str, Frame]) -> Iterator[str]:
    """The subroutines of a tenant. Those of days are not among them."""
    yield f"[{frames_context(tenant)}]"
    yield f"include => {ENDED_CONTEXT}"
    for name, frame in sorted(frames.items()):
        conditions = [condition for part in frame for condition in _conditions(part)]
        lines = [f"GotoIf($[{condition}]?holds)" for condition in conditions]
        yield from extension(frame_extension(name), *lines, "Return(0)")
        yield " same => n(holds),Return(1)"


def days_dialplan(frames: Mapping[str, Frame]) -> dict[str, str]:
    """Contexts of the days in these frames, by name: an extension for each day, found at once
    among hundreds. Equal days have equal names, whichever tenant's they are."""
    found: dict[str, str] = {}
    for frame in frames.values():
        for part in frame:
            listed = sorted(set(_listed(part.days or ())))
            if listed:
                context = days_context(_name(listed))
                lines = (f"exten => {day:%Y%m%d},1,NoOp()" for day in reversed(listed))
                found[context] = "\n".join((f"[{context}]", *lines)) + "\n"
    return found


def _conditions(part: Part) -> Iterator[str]:
    """The part holds where one of these expressions is true."""
    if not part.spans:
        if on := _on(part.days, _TODAY):
            yield on
        return
    hours: dict[tuple[int, int, bool], list[int]] = {}
    for span in part.spans:
        hours.setdefault(_hours(span), []).append(span.weekday)
    for (first, last, began_before), weekdays in hours.items():
        days = "".join(map(str, weekdays))
        within = f"{_MINUTE} >= {first} & {_MINUTE} < {last}"
        hour = f'{within} & "{days}" =~ "{_WEEKDAY}"'
        if part.days is None:
            yield hour
        elif on := _on(part.days, _YESTERDAY if began_before else _TODAY):
            yield f"{hour} & ({on})"


def _hours(span: Span) -> tuple[int, int, bool]:
    return span.first, span.last, span.began_before


def _on(days: Days | None, day: str) -> str:
    """An expression that is true on these days, empty where that is never."""
    every = days or ()
    either: list[str] = []
    if listed := sorted(set(_listed(every))):
        either.append(f"${{DIALPLAN_EXISTS({days_context(_name(listed))},{day},1)}}")
    either += [
        f"({day} >= {first:%Y%m%d} & {day} <= {last:%Y%m%d})"
        for first, last in every
        if not _is_short(first, last)
    ]
    return " | ".join(either)


def _is_short(first: dt.date, last: dt.date) -> bool:
    return (last - first).days < _MOST_LISTED


def _listed(days: Days) -> Iterator[dt.date]:
    for first, last in days:
        if _is_short(first, last):
            yield from (
                first + dt.timedelta(days=after) for after in range((last - first).days + 1)
            )


def _name(listed: list[dt.date]) -> str:
    return hashlib.sha256(repr(listed).encode()).hexdigest()[:12]

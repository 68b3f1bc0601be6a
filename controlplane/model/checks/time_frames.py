"""Time frames: each says when it holds, and their holiday calendars exist."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.context import Context


def faults(context: Context) -> Iterator[Diagnostic]:
    for name, frame in context.system.time_frames.items():
        place = f"time_frames/{name}"
        if not frame.all_parts:
            yield context.fault(
                place,
                f"time frame {name} never holds",
                "give it hours, as mon-fri: 09:00-17:30, dates or a calendar",
            )
        parts = [(place, frame), *((f"{place}/parts/{i}", it) for i, it in enumerate(frame.parts))]
        for where, part in parts:
            if part.calendar is not None and part.calendar not in _calendars():
                mend = context.suggestions.mend(
                    part.calendar, _calendars(), "write a country, or one of its parts, as DE-BY"
                )
                yield context.fault(
                    f"{where}/calendar", f"there is no holiday calendar {part.calendar!r}", mend
                )


@lru_cache(maxsize=1)
def _calendars() -> frozenset[str]:
    """`GB` and `GB-ENG`: every country the package `holidays` knows, and its parts."""
    from holidays import list_supported_countries  # slow to load, and few need it

    known = list_supported_countries()
    parts = (f"{country}-{part}" for country, names in known.items() for part in names)
    return frozenset((*known, *parts))

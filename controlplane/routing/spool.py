"""Spool: the line an engine writes by itself when a call has ended, and how it is read (pure).

A line is `cp-ms|field|…|field|point|.`: fields separated by bars, each free of bars, blanks and
line ends because all free text in it is percent-encoded. The point is how a live call stands, as
the engine holds it, itself with bars or empty. The last field tells that the line is whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Mark(StrEnum):
    """How a line begins, whatever the engine's log puts before it: the unit of its times."""

    MILLISECONDS = "cp-ms"
    MICROSECONDS = "cp-us"


FIELDS = (
    "call",
    "tenant",
    "handset",
    "trunk",
    "dialled",
    "number",
    "sent",
    "name",
    "began",
    "opened",
    "ended",
    "talked",
    "step",
    "peer",
    "line",
    "rang",
    "what",
    "seen",
    "cause",
    "asked",
    "lost",
    "routine",
    "mailbox",
    "recording",
    "since",
    "joined",
)
"""`handset` or `trunk` the call came from. `number` and `name`: who calls, packed; `sent`: the
number as it came, which counts where nothing was decided. Times since 1970: `began`, `opened` (the
engine itself answered: voicemail) and `ended`; `talked` is how long it has been answered, where the
engine tells that. `step`: in which it ended. `peer`: the leg that answered, `line` whose line that
was. `rang`: steps before, `outcome!leg!leg&` each; `what`: legs or mailbox of the last step.
`seen`: the places visited, `&line/101&group/sales`. `cause`: Q.850. `asked`, `lost`: a controller
decided; it was lost on the way. `routine`: something was decided. `mailbox`: a caller was let to
it. `since`: when the last step began to ring, where some legs of it are delayed. `joined`: when the
caller was joined with the peer, where that may be later than the caller's own answer."""

POINT = ("flow", "routine", "node", "args", "seen", "cli", "number", "name")
"""What of a live call's point may follow; it overrides the fields of the same name."""

_BAR = "|"
_END = "."
_NONE = "!err!"
"""What FreeSWITCH answers for a key that is not there."""

_NEGATIVE = re.compile("-[0-9]+")
_MARKED = re.compile(r"cp-[mu]s\|")
_UNITS = {Mark.MILLISECONDS: 1000, Mark.MICROSECONDS: 1}
"""Microseconds."""


def spool_line(mark: Mark, values: Mapping[str, str], point: str = "") -> str:
    """A line in the engine's own language: `values` are its expressions by field."""
    if unknown := set(values) - set(FIELDS):
        raise ValueError(f"no fields of a line: {sorted(unknown)}")
    return _BAR.join((mark, *(values.get(name, "") for name in FIELDS), point, _END))


class SpoolError(ValueError):
    """The line is none of ours, or not whole; the text says why."""


@dataclass(frozen=True, slots=True)
class SpoolLine:
    """The fields as the engine wrote them, still packed; times in microseconds since 1970."""

    mark: Mark
    fields: Mapping[str, str]
    began: int
    ended: int
    answered: int | None
    rang_since: int | None
    """When the last step began to ring, where it has legs that are delayed."""

    def __getitem__(self, name: str) -> str:
        return self.fields[name]


def pieces(text: str) -> tuple[str, ...]:
    """What a line of the file holds: more than one call where the engine died in a write.

    What stands before a call, the date in an engine's log, is left out.
    """
    starts = sorted(found.start() for found in _MARKED.finditer(text))
    return tuple(text[a:b] for a, b in pairwise((*starts, len(text)))) or (text,)


def read_spool_line(text: str) -> SpoolLine:
    """One of `pieces`. Raises SpoolError."""
    mark, bar, rest = text.partition(_BAR)
    if not bar or mark not in set(Mark):
        raise SpoolError("no call")
    parts = rest.split(_BAR)
    if len(parts) < len(FIELDS) + 2 or parts[-1] != _END:
        raise SpoolError("not whole")
    if not (text.isascii() and text.isprintable()):
        raise SpoolError("characters that are not packed")
    parts = ["" if part == _NONE else part for part in parts]
    fields = dict(zip(FIELDS, parts, strict=False))
    fields |= _of_point(parts[len(FIELDS) : -1])
    if not fields["call"] or not fields["tenant"]:
        raise SpoolError("no call or no tenant")
    unit = _UNITS[Mark(mark)]
    began, ended = _time(fields["began"], unit), _time(fields["ended"], unit)
    if began is None or ended is None:
        raise SpoolError("no time")
    # A clock that was set back during the call.
    ended = max(began, ended)
    answered = _answered(fields, began, ended, unit)
    return SpoolLine(Mark(mark), fields, began, ended, answered, _time(fields["since"], unit))


def _of_point(parts: Sequence[str]) -> dict[str, str]:
    """What is empty where no controller decided the call's last step."""
    if not any(parts):
        return {}
    found = dict(zip(POINT, parts, strict=False))
    return {"asked": "yes"} | {name: text for name, text in found.items() if name in FIELDS}


def _answered(fields: Mapping[str, str], began: int, ended: int, unit: int) -> int | None:
    """By a leg that answered, or by the engine itself."""
    opened = _time(fields["opened"], unit)
    joined = _time(fields["joined"], unit)
    # Less than nothing, by a clock that was set back meanwhile, is nothing.
    talked = 0 if _NEGATIVE.fullmatch(fields["talked"]) else _time(fields["talked"], unit, least=0)
    if fields["peer"] and joined is not None:
        opened = joined
    elif fields["peer"] and talked is not None:
        opened = ended - talked
    if not opened or not (fields["peer"] or fields["mailbox"]):
        return None
    return min(max(opened, began), max(ended, began))


_MOST = 253_402_300_799_000_000
"""The last microsecond of the year 9999."""


def _time(text: str, unit: int, least: int = 1) -> int | None:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        return None
    time = int(text) * unit
    return time if least <= time <= _MOST else None

"""Facts: what a decision takes into account beside plan and state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """A line as member of hunt groups: when its last answered call ended, whoever placed it, and
    how many calls it took of each group."""

    ended: dt.datetime = LONG_AGO
    answered: Mapping[str, int] = field(default_factory=dict)


_NO_TURNS: Mapping[str, int] = MappingProxyType({})
_NO_MEMBERS: Mapping[str, Member] = MappingProxyType({})


class Facts(NamedTuple):
    """`at`: now, aware. `turns`: how often each group was called in turn. `members`: by
    extension, for those who took a call. `chance`: from 0 to below 1, for who asks for it.
    `doors`: somebody is there who looks at PINs."""

    at: dt.datetime
    turns: Mapping[str, int] = _NO_TURNS
    members: Mapping[str, Member] = _NO_MEMBERS
    chance: float = 0.0
    doors: bool = True

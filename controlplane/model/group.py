"""Hunt group: several lines that one call rings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from controlplane.model.destination import DestinationField
from controlplane.model.part import Extension, Part, Seconds, Text


class Strategy(StrEnum):
    """Who of a group rings: all together, or one after the other in some order."""

    RING_ALL = "ring-all"
    LINEAR = "linear"
    ROUND_ROBIN = "round-robin"
    LONGEST_IDLE = "longest-idle"
    FEWEST_CALLS = "fewest-calls"
    RANDOM = "random"


class HuntGroup(Part):
    """`ring`: seconds before `overflow` takes the call; without one it ends unanswered. Where
    members ring one after the other, each of them rings as long.

    `logged_out`: members whom the group does not ring for now. `skip_busy`: nor those who are
    in a call. `wrap_up`: nor those whose last call ended less than so many seconds ago.
    `follow_forwards`: a member who always forwards is rung there; otherwise at the own phones.
    """

    extension: Extension | None = None
    name: Text = ""
    strategy: Strategy = Strategy.RING_ALL
    members: Annotated[tuple[Extension, ...], Field(max_length=100)] = ()
    ring: Annotated[Seconds, Field(ge=1, le=600)] = 30
    logged_out: Annotated[tuple[Extension, ...], Field(max_length=100)] = ()
    skip_busy: bool = False
    wrap_up: Annotated[Seconds, Field(ge=0, le=3600)] = 0
    follow_forwards: bool = False
    overflow: DestinationField | None = None
    caller_name_prefix: Text = ""

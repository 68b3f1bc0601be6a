"""Hunt group: several lines that one call rings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from controlplane.model.destination import DestinationField
from controlplane.model.part import Extension, Part, Seconds, Text


class Strategy(StrEnum):
    RING_ALL = "ring-all"


class HuntGroup(Part):
    """`ring`: seconds before `overflow` takes the call; without one it ends unanswered."""

    extension: Extension | None = None
    name: Text = ""
    strategy: Strategy = Strategy.RING_ALL
    members: Annotated[tuple[Extension, ...], Field(max_length=100)] = ()
    ring: Annotated[Seconds, Field(ge=1, le=600)] = 30
    overflow: DestinationField | None = None
    caller_name_prefix: Text = ""

"""Phone keys: what the programmable keys of a phone do, in the order they are on it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from controlplane.model.part import OneOrMore, Part, Text


class KeyKind(StrEnum):
    """`line` takes a call of the phone's own; `none` leaves a key without any use."""

    LINE = "line"
    BLF = "blf"
    SPEED_DIAL = "speed-dial"
    PARK = "park"
    NONE = "none"


KeyTarget = Annotated[str, StringConstraints(pattern=r"^\+?[0-9*#]{1,20}$")]
"""What a key dials: an extension, a feature code, a number as it is dialled or E.164."""

_ALONE = (KeyKind.LINE, KeyKind.NONE)


class PhoneKey(Part):
    """`label` is what stands beside the key; without one, the name of the line that `to` is."""

    kind: KeyKind
    to: KeyTarget | None = None
    label: Text = ""

    @model_validator(mode="after")
    def _goes_together(self) -> PhoneKey:
        if self.kind in _ALONE and self.to is not None:
            raise ValueError(f"a key {self.kind.value} leads nowhere; leave out to")
        if self.kind not in _ALONE and self.to is None:
            raise ValueError(f"a key {self.kind.value} leads nowhere; write to: 102")
        return self


def _key(value: Any) -> Any:
    """`line` and `blf/102` as well as the settings themselves."""
    if not isinstance(value, str):
        return value
    kind, _, to = value.partition("/")
    return {"kind": kind, "to": to} if to else {"kind": kind}


Keys = Annotated[
    tuple[Annotated[PhoneKey, BeforeValidator(_key)], ...], OneOrMore, Field(max_length=200)
]
"""In the order of the phone's keys, from the first."""

"""The base of every model type, and the small value types they share."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)

RING_SECONDS = 6
"""One ring is six seconds, the convention of the answering settings."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_BARE_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BARE_MAC = re.compile(r"[0-9a-f]{12}")


class Part(BaseModel):
    """Frozen, refuses unknown keys; equality is by value."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,
        use_enum_values=False,
    )


def _no_control(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("holds a control character or line break; leave it out")
    return text


def _seconds(value: Any) -> Any:
    """`20`, `20s` or `4 rings` as whole seconds."""
    if isinstance(value, str):
        text = value.strip().lower()
        if found := re.fullmatch(r"([0-9]{1,4})\s*s(?:ec(?:onds)?)?", text):
            return int(found[1])
        if found := re.fullmatch(r"([0-9]{1,2})\s*rings?", text):
            if not 2 <= int(found[1]) <= 10:
                raise ValueError("is 2 to 10 rings")
            return int(found[1]) * RING_SECONDS
    return value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) or value is None else [value]


def _e164(text: str) -> str:
    if _BARE_E164.fullmatch(text):
        return text
    bare = re.sub(r"[\s().-]", "", text)
    if not _BARE_E164.fullmatch(bare):
        raise ValueError("is not an E.164 number; write + and the country code, as +442071838750")
    return bare


def _mac(text: str) -> str:
    if _BARE_MAC.fullmatch(text):
        return text
    bare = re.sub(r"[:.\-]", "", text).lower()
    if not _BARE_MAC.fullmatch(bare):
        raise ValueError("is not a MAC address; write twelve hexadecimal digits")
    return bare


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_no_control)
]
"""Free text people read: any script, no control characters, 80 characters at most."""

Secret = Annotated[
    str, StringConstraints(min_length=1, max_length=128), AfterValidator(_no_control)
]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
"""A key people choose: letters, digits, `-` and `_`, up to 40 characters."""

Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]
Seconds = Annotated[int, BeforeValidator(_seconds)]
E164 = Annotated[
    str,
    AfterValidator(_e164),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\+[1-9][0-9 ().-]{6,30}$",
            "description": "+ and the country code, as +442071838750",
        }
    ),
]
Mac = Annotated[
    str,
    AfterValidator(_mac),
    WithJsonSchema(
        {"type": "string", "pattern": r"^[0-9A-Fa-f]{2}([:.-]?[0-9A-Fa-f]{2}){5}$"},
    ),
]
"""Twelve lower-case hexadecimal digits."""

Email = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=r"^[^@\s,;<>\"\x00-\x1f]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$"
    ),
]
HostName = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$"
    ),
]
DialString = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{2,20}$")]
OneOrMore = BeforeValidator(_as_list)
"""Lets a list of one be written without brackets."""

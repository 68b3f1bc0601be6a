"""Destination: anything a call can be sent to, written `kind/key`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema


class Kind(StrEnum):
    LINE = "line"
    HANDSET = "handset"
    GROUP = "group"
    MAILBOX = "mailbox"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """`key` is the extension, handset name, group name, mailbox or E.164 number."""

    kind: Kind
    key: str

    def __str__(self) -> str:
        return self.key if self.kind is Kind.EXTERNAL else f"{self.kind.value}/{self.key}"


_PATTERN = re.compile(r"(line|handset|group|mailbox)/([A-Za-z0-9][A-Za-z0-9_-]{0,39})")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BLANKS = re.compile(r"[\s()]")
_KINDS = {kind.value: kind for kind in Kind}


def parse(value: Any) -> Destination:
    """Read `line/101`, `group/sales`, `mailbox/101`, `handset/LDN-07` or `+447700900123`."""
    if isinstance(value, Destination):
        return value
    text = str(value)
    if not (found := _PATTERN.fullmatch(text)):
        text = _BLANKS.sub("", text)
        found = _PATTERN.fullmatch(text)
    if found:
        return Destination(_KINDS[found[1]], found[2])
    if _NUMBER.fullmatch(text):
        return Destination(Kind.EXTERNAL, text)
    raise ValueError(
        "is not a destination; write line/EXTENSION, group/NAME, mailbox/EXTENSION, "
        "handset/NAME or a number as +442071838750"
    )


DestinationField = Annotated[
    Destination,
    PlainValidator(parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^((line|handset|group|mailbox)/[A-Za-z0-9][A-Za-z0-9_-]*"
            r"|\+[1-9][0-9]{6,14})$",
            "description": "line/101, group/sales, mailbox/101, handset/LDN-07 or +442071838750",
        }
    ),
]

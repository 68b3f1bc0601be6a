"""A setting's value as people read it: one line, nothing in it that a terminal would obey."""

from __future__ import annotations

from typing import Any

from controlplane.diagnostics import printable


def in_words(value: Any) -> str:
    """A setting's value for people: one line, nothing unprintable."""
    match value:
        case None:
            return "-"
        case True:
            return "yes"
        case False:
            return "no"
        case dict() if value:
            return (
                "{"
                + ", ".join(f"{printable(str(k))}: {in_words(v)}" for k, v in value.items())
                + "}"
            )
        case list() | tuple() if value:
            return "[" + ", ".join(in_words(item) for item in value) + "]"
        case "":
            return '""'
    return printable(str(value))

"""Text for a terminal or a log line: nothing in it that a terminal would obey."""

from __future__ import annotations

from typing import Any


def printable(text: str) -> str:
    """`text` with every control, bidirectional and otherwise invisible character escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


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

"""What is wrong with text that is not YAML, in words for the person who wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

Path = tuple[str, ...]
"""Where a value stands in a file: keys, and the index of a list's item as text."""
Place = tuple[int, int]
"""Line and column, from 1."""

_REFUSED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Everything outside the printable characters of YAML 1.1, section 5.1."""

MAX_DEPTH = 32
TOO_DEEP = (f"is nested more than {MAX_DEPTH} deep", "flatten it")

_GENERIC = "look at the indentation, quotes and brackets of this line and the one before it"
_MENDS = (
    # libyaml 0.2.6 reads ahead, and then counts for itself.
    ("exceeded maximum nesting depth", *TOO_DEEP),
    (
        "mapping values are not allowed",
        "a value does not fit here: a colon and a space",
        "put a value that holds ': ' in quotes, or mend the indentation",
    ),
    (
        "cannot start any token",
        "a value cannot start with this character",
        "put the value in quotes",
    ),
    (
        "expected ',' or '}'",
        "this { is not closed, or a comma is missing after it",
        "close it with }, and put commas between its settings",
    ),
    (
        "expected ',' or ']'",
        "this [ is not closed, or a comma is missing after it",
        "close it with ], and put commas between its items",
    ),
    ("unexpected end of stream", "this quote is never closed", "close the quote"),
    ("unexpected document indicator", "this quote is never closed", "close the quote"),
    (
        "could not find expected ':'",
        "a key without its colon",
        "write `key: value`, and put text of several lines in quotes",
    ),
    ("unknown escape character", "an unknown \\ in quotes", "write \\\\ or use single quotes"),
    ("expected <block end>", "this line does not line up with its neighbours", _GENERIC),
    ("expected '-' indicator", "a key in the middle of a list", _GENERIC),
    (
        "block sequence entries are not allowed",
        "a list item does not fit here",
        "start the list on a line of its own, indented under its key",
    ),
)
_AT_OPENING = ("expected ',' or", "unexpected end of stream", "unexpected document indicator")


@dataclass(frozen=True)
class ProblemError(Exception):
    """A fault of the text itself; `line` and `column` count from 1."""

    message: str
    mend: str
    line: int
    column: int
    path: Path = ()
    repeats: bool = False


def refuse_characters(text: str) -> None:
    """Refuse control characters and lone surrogates, which no YAML file may hold."""
    if found := _REFUSED.search(text):
        before = text[: found.start()]
        raise ProblemError(
            f"the character U+{ord(found[0]):04X} cannot stand in the file",
            "remove it",
            before.count("\n") + 1,
            len(before) - (before.rfind("\n") + 1) + 1,
        )


def unreadable(error: yaml.YAMLError, text: str) -> ProblemError:
    """The parser's error in our words, placed where the mending starts."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return ProblemError("is not YAML", _GENERIC, 1, 1)
    problem = error.problem or ""
    mark = error.problem_mark
    if error.context_mark and any(part in problem for part in _AT_OPENING):
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "cannot start any token" in problem and _character(text, line, column) == "\t":
        return ProblemError("a tab indents this line", "indent with spaces", line, column)
    for part, message, mend in _MENDS:
        if part in problem:
            return ProblemError(message, mend, line, column)
    return ProblemError(f"is not YAML: {problem}", _GENERIC, line, column)


def _character(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    return lines[line - 1][column - 1 : column] if line <= len(lines) else ""

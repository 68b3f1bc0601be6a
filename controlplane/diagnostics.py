"""Diagnostic: one fault, where it stands, how to mend it, in text that a terminal can be shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a file: `line` and `column` count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`address` is the place in the model (`acme/lines/101/ring`); `mend` says what to do."""

    message: str
    address: str = ""
    mend: str = ""
    source: Source | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = [str(part) for part in (self.source, self.address) if part]
        text = ": ".join([*where, f"{self.severity}: {self.message}"])
        return f"{text} ({self.mend})" if self.mend else text


class Faults(Exception):
    """One or more diagnostics that stop an operation; nothing has been changed."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(item) for item in self.diagnostics))


class Unavailable(Faults):
    """What was asked could not be looked at now, and says nothing about it: ask again."""


def fault(message: str, address: str = "", mend: str = "") -> Faults:
    """A single error, ready to raise."""
    return Faults([Diagnostic(message, address, mend)])


def printable(text: str) -> str:
    """`text` with every control, bidirectional and otherwise invisible character escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

"""Change sets for people: what would change, setting by setting, secrets hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import click

from controlplane.cli.session import Session
from controlplane.cli.text import in_words
from controlplane.diagnostics import printable
from controlplane.model.change import Change
from controlplane.model.change_set import ChangeSet
from controlplane.service.data import conflict_rows, counts

if TYPE_CHECKING:
    from controlplane.service.calls.comparing import Altered, Told

_MARKS = {"add": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red")}
_LINES_AT_ONCE = 1000


def show(change_set: ChangeSet, session: Session) -> None:
    """One line an object, one a setting; conflicts last."""
    lines = _lines(change_set, session.colour)
    # Line by line, 10,000 new lines of a tenant take seconds.
    while some := list(islice(lines, _LINES_AT_ONCE)):
        click.echo("\n".join(some))


def _lines(change_set: ChangeSet, colour: bool) -> Iterator[str]:
    for change in change_set.changes:
        mark, its_colour = _MARKS[change.verb]
        line = f"{mark} {printable(change.address)}"
        yield click.style(line, fg=its_colour) if colour else line
        for setting in _settings(change):
            yield f"    {setting}"
    for address, base, stored, wanted in conflict_rows(change_set):
        line = f"! {printable(address)}"
        yield click.style(line, fg="red") if colour else line
        words = f"was {base}, is now {stored}, and the file wants {wanted}"
        yield f"    changed here and elsewhere: {printable(words)}"
    yield f"{printable(change_set.tenant)}: {summary(change_set)}"


def summary(change_set: ChangeSet) -> str:
    """`2 to add, 1 to change`, or `no change`."""
    words = [f"{count} to {verb}" for verb, count in counts(change_set).items() if count]
    return ", ".join(words) or "no change"


def _settings(change: Change) -> Iterator[str]:
    for path, before, after in change.display():
        name = printable(path)
        if change.verb == "change":
            yield f"{name}: {in_words(before)} -> {in_words(after)}"
        elif change.verb == "add":
            yield f"{name}: {in_words(after)}"


def show_altered(calls: Sequence[Altered]) -> None:
    """The calls that go otherwise after the change, each way with the reasons of its own."""
    if not any(not it.had for it in calls):
        click.echo("calls: none of them goes otherwise")
    for it in calls:
        had = f", had they been {it.had}" if it.had else ""
        click.echo(printable(f"call: {it.asked}{had}"))
        _show_told("before: ", it.before, it.after)
        _show_told("after:  ", it.after, it.before)


def _show_told(name: str, told: Told, other: Told) -> None:
    click.echo(printable(f"  {name}{told.text}"))
    for note in told.reasons:
        if note not in other.reasons:
            click.echo(printable(f"    {note.text} ({note.address})"))

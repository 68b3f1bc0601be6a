"""Printing: tables for people, JSON and YAML for programs, progress on a terminal's stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, assert_never

import click

from controlplane.cli.session import Format
from controlplane.cli.text import in_words
from controlplane.diagnostics import printable

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

STYLES = {
    "ok": "green",
    "warn": "yellow",
    "fail": "red",
    "add": "green",
    "change": "yellow",
    "remove": "red",
}


def print_data(data: Any, output: Format) -> None:
    """`data` (JSON values) on stdout, in ASCII or printable characters only."""
    match output:
        case Format.JSON | Format.TABLE:
            click.echo(json.dumps(data, indent=2, default=str))
        case Format.YAML:
            click.echo(as_yaml(data), nl=False)
        case _ as never:
            assert_never(never)


def as_yaml(data: Any) -> str:
    """Block style, keys in the given order."""
    import yaml

    def dump(allow_unicode: bool) -> str:
        text: str = yaml.dump(
            data,
            Dumper=yaml.CSafeDumper,
            sort_keys=False,
            allow_unicode=allow_unicode,
            default_flow_style=False,
            width=100,
        )
        return text

    text = dump(True)
    # YAML counts bidirectional marks among the printable characters; a terminal obeys them.
    return text if text.replace("\n", "").isprintable() else dump(False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str = "") -> None:
    """Rows on stdout, the first cell coloured where it is a word of STYLES."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        if empty:
            click.echo(empty)
        return
    if not sys.stdout.isatty():
        _plain_table([list(columns), *cells])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(Text(name), overflow="fold")
    for row in cells:
        style = STYLES.get(row[0], "")
        table.add_row(Text(row[0], style=style), *(Text(cell) for cell in row[1:]))
    Console(highlight=False, markup=False, emoji=False).print(table)


def _cell(value: Any) -> str:
    return printable(value) if isinstance(value, str) else in_words(value)


def _plain_table(rows: Sequence[Sequence[str]]) -> None:
    """For a pipe or a file: aligned, never wrapped, no colour."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def _watched() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def working(text: str) -> Iterator[None]:
    """Shows `text` while long work goes on, where somebody looks at stderr."""
    progress = Progress()
    with progress:
        progress(text)
        yield


class Progress:
    """Call it with what is begun: shown inside the context, where somebody looks at stderr."""

    def __init__(self) -> None:
        self._status: Status | None = None

    def __call__(self, text: str) -> None:
        if self._status is not None:
            self._status.update(_plain(text))

    def __enter__(self) -> None:
        if _watched():
            from rich.console import Console

            self._status = Console(stderr=True).status(_plain(""))
            self._status.start()

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def _plain(text: str) -> Text:
    from rich.text import Text

    return Text(in_words(text) if text else "")

"""The demonstration's tables: any difference is shown, and makes it fail."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from examples import demo, demo_handset
from examples.demo_handset import Row
from examples.demo_office import Seen

GOOD = [Seen(f"ends {number}", 4.0) for number in range(len(demo.CALLS))]
WANTED = [it.ending for it in GOOD]
BAD = Seen("refused: 500", 4.0)


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(it: Console) -> str:
    assert isinstance(it.file, io.StringIO)
    return it.file.getvalue()


def test_what_is_as_foreseen_is_good() -> None:
    out = console()
    assert demo.show(out, WANTED, GOOD, GOOD)
    assert printed(out).count("as expected") == 2 * len(demo.CALLS)


@pytest.mark.parametrize("place", range(2))
def test_one_call_that_differs_is_shown(place: int) -> None:
    out, seen = console(), [GOOD, GOOD]
    seen[place] = [*GOOD[:-1], BAD]
    assert not demo.show(out, WANTED, *seen)
    assert printed(out).count("DIFFERS: refused: 500") == 1


@pytest.mark.parametrize(
    ("live", "static", "good"),
    [
        *((Seen("x"), Seen("x"), True), (Seen("x"), None, True), (None, Seen("x"), True)),
        *((BAD, Seen("x"), False), (Seen("x"), BAD, False), (None, BAD, False)),
    ],
)
def test_a_handset_that_differs_is_shown(
    live: Seen | None, static: Seen | None, good: bool
) -> None:
    out = console()
    rows = [Row("boots", "x", Seen("x"), Seen("x")), Row("rings", "x", live, static)]
    assert demo_handset.show(out, rows) is good
    assert ("DIFFERS: refused: 500" in printed(out)) is not good

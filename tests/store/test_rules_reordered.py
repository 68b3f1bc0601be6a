"""Two people who reorder the rules of a line at once: on both databases, the second is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import pytest

from controlplane.diagnostics import Faults
from controlplane.service.changes.rules import Place, Where, moving
from controlplane.service.changes.setting import changed_object
from controlplane.store.store import Store

AT = dt.datetime(2026, 7, 1, 12, 30, tzinfo=dt.UTC)
LINE = "acme/lines/101"
OFFICE: dict[str, Any] = {
    "settings": {},
    "time_frames/office": {"weekly": {"mon-fri": ["09:00-17:30"]}},
    "lines/101": {"rules": [{"name": name, "when": "office"} for name in "abcd"]},
}
Put = Callable[..., int]


def moved(store: Store, rule: str, author: str, seen: int | None = None) -> int:
    """The rule goes first; the revision that it made."""
    edit = moving(rule, Place(Where.FIRST), f"{LINE}/rules")
    return store.commit(changed_object(store, LINE, edit, author, "", seen), AT, str)


def order(store: Store) -> str:
    return "".join(rule["name"] for rule in (store.object_at(LINE)[1] or {})["rules"])


def test_the_second_of_two_is_told_who_and_when(store: Store, put: Put) -> None:
    seen = put(OFFICE)
    moved(store, "c", "bob", seen)
    who = rf"{LINE}: error: was changed by bob meanwhile \(2026-07-01 12:30:00 UTC, revision 2\)"
    with pytest.raises(Faults, match=who):
        moved(store, "d", "cy", seen)
    assert order(store) == "cabd"
    moved(store, "d", "cy", store.latest_revision())
    assert order(store) == "dcab"


def test_of_many_at_the_same_moment_one_wins_and_nothing_is_merged(url: str, put: Put) -> None:
    """Each reads, waits until all have read, and commits."""
    put(OFFICE)
    barrier = Barrier(4)
    names = count()

    def one(rule: str) -> str:
        with Store.open(url, lock_seconds=20) as mine:
            edit = moving(rule, Place(Where.LAST), f"{LINE}/rules")
            wanted = changed_object(mine, LINE, edit, f"who-{rule}", "")
            barrier.wait(30)
            try:
                mine.commit(wanted, AT, lambda: str(next(names)))
            except Faults as refused:
                return str(refused)
            return rule

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(one, "abca"))
    [winner] = [it for it in done if len(it) == 1]
    with Store.open(url) as after:
        assert order(after) == "abcd".replace(winner, "") + winner
        assert after.latest_revision() == 2
    for refused in (it for it in done if len(it) > 1):
        assert f"was changed by who-{winner} meanwhile" in refused

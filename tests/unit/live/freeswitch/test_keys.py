"""Noted keys: a name is there before the key is."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.live.freeswitch.keys import NotedKeys


def test_nothing_is_noted_at_first(tmp_path: Path) -> None:
    assert NotedKeys(tmp_path).all() == set()


def test_what_was_added_is_there_for_the_next(tmp_path: Path) -> None:
    NotedKeys(tmp_path).add(["cp/a", "cp/b"])
    NotedKeys(tmp_path).add(["cp/b", "cp/c"])
    assert NotedKeys(tmp_path).all() == {"cp/a", "cp/b", "cp/c"}


def test_a_line_that_was_cut_off_costs_no_other(tmp_path: Path) -> None:
    NotedKeys(tmp_path).add(["cp/a", "cp/b"])
    file = tmp_path / "store.keys"
    file.write_text(file.read_text()[:-2])
    NotedKeys(tmp_path).add(["cp/c"])
    assert {"cp/a", "cp/c"} <= NotedKeys(tmp_path).all()


def test_many_flips_of_few_keys_take_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controlplane.live.freeswitch.keys.MOST_BYTES", 500)
    noted = NotedKeys(tmp_path)
    for number in range(500):
        noted.add([f"cp/{number % 5}"])
    assert noted.all() == {f"cp/{number}" for number in range(5)}
    assert (tmp_path / "store.keys").stat().st_size < 600

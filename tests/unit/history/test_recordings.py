"""Recordings as files: which are whole, and which an engine may name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from controlplane.history.recordings import (
    RecordingFault,
    fault_in,
    names_of,
    remove,
    remove_before,
)

NAME = "acme/20261128/313bce53-0b15-4ba5-94d3-5cf24d5a16b0.wav"
OTHER = "acme/20261127/e3047964-9409-4f1b-92ed-776465fb56ca.wav"


def recording(folder: Path, name: str, seconds: float) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(bytes(44 + int(seconds * 16_000)))


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("", ()),
        (f"&{NAME}", (NAME,)),
        (f"_undef_&{NAME}&{OTHER}&{NAME}", (NAME, OTHER)),
        (f"../{NAME}", ()),
        ("acme/../../etc/passwd", ()),
        (NAME.replace("acme", "other"), ()),
        (NAME.replace(".wav", ".wav%0A"), ()),
    ],
)
def test_only_own_files_are_named(told: str, names: tuple[str, ...]) -> None:
    assert names_of("acme", told) == names


@pytest.mark.parametrize(
    ("seconds", "talk", "fault"),
    [
        (60, 60, None),
        (58.5, 60, None),
        (55, 60, RecordingFault.SHORT),
        (0, 1.5, None),
        (0, 60, RecordingFault.SHORT),
        (3480, 3600, None),
        (3300, 3600, RecordingFault.SHORT),
        (90, 60, None),
    ],
)
def test_what_is_talked_is_in_the_file(
    tmp_path: Path, seconds: float, talk: float, fault: RecordingFault | None
) -> None:
    recording(tmp_path, NAME, seconds)
    assert fault_in(tmp_path, [NAME], dt.timedelta(seconds=talk)) is fault


def test_several_files_are_one_after_the_other(tmp_path: Path) -> None:
    recording(tmp_path, NAME, 30)
    both = dt.timedelta(minutes=1)
    assert fault_in(tmp_path, [NAME, OTHER], both) is RecordingFault.MISSING
    recording(tmp_path, OTHER, 30)
    assert fault_in(tmp_path, [NAME, OTHER], both) is None


def test_removing_takes_what_is_there(tmp_path: Path) -> None:
    recording(tmp_path, NAME, 1)
    assert remove(tmp_path, [NAME, OTHER, "../x"]) == 1
    assert not (tmp_path / NAME).exists()


def test_old_days_go_a_part_at_a_time(tmp_path: Path) -> None:
    recording(tmp_path, NAME, 1)
    for number in range(5):
        recording(tmp_path, OTHER.replace("e30", f"00{number}"), 1)
    recording(tmp_path, OTHER.replace("acme", "other"), 1)
    today = dt.date(2026, 11, 28)
    assert remove_before(tmp_path, "acme", today, 3) == 3
    assert remove_before(tmp_path, "acme", today, 3) == 2
    assert remove_before(tmp_path, "acme", today, 3) == 0
    assert not (tmp_path / OTHER).parent.exists()
    assert (tmp_path / NAME).exists()
    assert (tmp_path / OTHER.replace("acme", "other")).exists()

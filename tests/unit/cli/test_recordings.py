"""`ctl recordings`: from the spool of an engine to a file, and to none."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.service.calls.recordings import Recordings
from tests.unit.cli.conftest import ACME, Place
from tests.unit.cli.test_report import spool
from tests.unit.history.test_recordings import NAME, OTHER, recording

ID = Path(NAME).stem


@pytest.fixture
def place(make_place: Callable[[], Place]) -> Place:
    made = make_place()
    made.commit()
    log = made.folder / "state/log"
    log.mkdir(parents=True)
    recording(made.folder / "state/recordings", NAME, 3)
    talked = {"peer": "acme.B1", "talked": "3000", "line": "102"}
    spool(log, 0, **talked, recording=f"&{NAME}")
    spool(log, 1, **talked)
    spool(log, 2, **{**talked, "talked": "60000"}, recording=f"&{OTHER}", ended="1782907400000")
    return made


def listed(place: Place) -> list[dict[str, object]]:
    found = json.loads(place.ctl("recordings", "list", "acme", "-o", "json").stdout)
    assert isinstance(found, list)
    return found


@pytest.mark.proves("B17", "H3")
def test_a_recording_is_listed_fetched_and_deleted(place: Place) -> None:
    done = place.ctl("ingest")
    assert done.stderr == "the recording of call 1.2 is missing\n"
    assert [(row["id"], row["fault"]) for row in listed(place)] == [
        (Path(OTHER).stem, "missing"),
        (ID, None),
    ]
    assert ID in place.ctl("recordings", "list", "acme").stdout
    to = place.folder / "call.wav"
    assert place.ctl("recordings", "fetch", "acme", ID, "--to", str(to)).exit_code == 0
    assert to.read_bytes() == (place.folder / "state/recordings" / NAME).read_bytes()
    again = place.ctl("recordings", "fetch", "acme", ID, "--to", str(to))
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    gone = place.ctl("recordings", "fetch", "acme", Path(OTHER).stem, "--to", "other.wav")
    assert (gone.exit_code, "not there any more" in gone.stderr) == (1, True)
    assert not (place.folder / "other.wav").exists()
    assert place.ctl("recordings", "delete", "acme", ID).exit_code == 1
    assert place.ctl("recordings", "delete", "acme", ID, "--yes").exit_code == 0
    assert not (place.folder / "state/recordings" / NAME).exists()
    assert [row["id"] for row in listed(place)] == [Path(OTHER).stem]
    rows = json.loads(place.ctl("report", "calls", "-o", "json").stdout)
    assert [row["recording_fault"] for row in rows] == ["missing", None, "deleted"]
    wrong = place.ctl("recordings", "fetch", "acme", ID, "--to", "x.wav")
    assert "there is no recording" in wrong.stderr


@pytest.mark.proves("B17")
def test_old_recordings_go_where_a_tenant_says_so(
    make_place: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_place()
    made.commit(ACME + "recording_days: 30\n")
    log = made.folder / "state/log"
    log.mkdir(parents=True)
    for name in (NAME, OTHER):
        recording(made.folder / "state/recordings", name, 3)
    spool(log, 0, peer="acme.B1", talked="3000", recording=f"&{NAME}&{OTHER}")
    assert made.ctl("ingest").exit_code == 0
    monkeypatch.setattr("controlplane.service.calls.recordings._AT_ONCE", 1)
    with made.store() as store:
        recordings = Recordings(made.deployment, store)
        kept = dt.datetime(2026, 12, 27, 23, tzinfo=dt.UTC)
        assert recordings.forget(kept) == (0, True)
        late = dt.datetime(2026, 12, 29, tzinfo=dt.UTC)
        assert recordings.forget(late) == (1, False)
        assert recordings.forget(late) == (1, False)
        assert recordings.forget(late) == (0, True)
    assert listed(made) == []
    [row] = json.loads(made.ctl("report", "calls", "-o", "json").stdout)
    assert row["recording_fault"] == "deleted"
    assert not (made.folder / "state/recordings" / NAME).exists()

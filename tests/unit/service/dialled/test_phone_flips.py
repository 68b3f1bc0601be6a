"""Phone flips: committed once, put back where refused, tried again where nobody can say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pytest

from controlplane.diagnostics import Unavailable
from controlplane.model.deployment import Deployment
from controlplane.routing.features import flip_place
from controlplane.service.changes.door import Door
from controlplane.service.dialled.phone_flips import PhoneFlips
from controlplane.store import call_log
from controlplane.store.call_log import CallOutcome, CallRow, Decided, Direction, Reading, Role
from controlplane.store.store import Store
from tests.unit.service.conftest import AT, StoredPlace

FLIP = flip_place("line/102/dnd", "1")
NOBODY = flip_place("line/102/forward/always", "line/109")


class Told:
    """What was warned of, and which keys were put back."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.keys: dict[str, str | None] = {}

    def flips(self, store: Store, door: Door) -> PhoneFlips:
        def put_back(_: str, keys: Mapping[str, str | None]) -> None:
            self.keys.update(keys)

        return PhoneFlips(store, door, self.warnings.append, put_back)


def without_engines(place: StoredPlace) -> Deployment:
    return place.deployment.model_copy(update={"engines": {}})


def dialled(store: Store, place: str) -> None:
    """A call that is known to the history."""
    row = CallRow(
        "asterisk", "1.1", "acme", Direction.INTERNAL, AT, AT, AT + dt.timedelta(seconds=1),
        "102", "", "102", "LDN-08", None, "*78", "*78", (), (), None, None, None,
        CallOutcome.FLIPPED, 16, Decided.STATIC, None, None, None, None,
        frozenset({(place, Role.TO)}),
    )  # fmt: skip
    with store.database.write() as connection:
        call_log.take(connection, Reading("asterisk", "f", "f", 0, 9, (row,), ()), AT)


def test_where_the_store_is_away_a_flip_is_no_refusal_and_is_tried_again(
    place: StoredPlace, tmp_path: Path
) -> None:
    deployment = without_engines(place)
    told = Told()
    with place.store() as store:
        dialled(store, FLIP)
        damaged = tmp_path / "damaged.sqlite"
        damaged.write_bytes((tmp_path / "controlplane.sqlite").read_bytes())
        with Store.open(f"sqlite:///{damaged}") as away:
            away.database.close()
            damaged.write_bytes(b"this is no database" * 500)
            with pytest.raises(Unavailable, match="not a usable database"):
                told.flips(store, Door(deployment, away)).take_in()
        assert (told.warnings, told.keys) == ([], {})
        assert told.flips(store, Door(deployment, store)).take_in() == 1
        assert store.load("acme").documents["acme/lines/102"]["do_not_disturb"] is True
        assert told.flips(store, Door(deployment, store)).take_in() == 0
        assert (told.warnings, told.keys) == ([], {})


def test_what_the_model_refuses_is_put_back_and_not_tried_again(place: StoredPlace) -> None:
    told = Told()
    with place.store() as store:
        dialled(store, NOBODY)
        flips = told.flips(store, Door(without_engines(place), store))
        assert flips.take_in() == 1
        assert flips.take_in() == 0
        before = {"busy": ["line/101"]}
        assert store.load("acme").documents["acme/lines/102"]["forward"] == before
    assert told.keys == {"line/102/forward/always": None}
    assert len(told.warnings) == 1
    assert "line 102" in told.warnings[0]

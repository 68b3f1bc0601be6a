"""Which handsets a change alters the files of, by name."""

from __future__ import annotations

import pytest

from controlplane.service.handsets.refreshing import affected
from tests.unit.service.conftest import ACME, StoredPlace


@pytest.mark.parametrize(
    ("old", "new", "handsets"),
    [
        ("first: Ada", "first: Augusta", {"LDN-07"}),
        ("ada@acme.example]}", "eve@acme.example]}", set()),
        ('"102": {', '"102": {label: [Desk], ', {"LDN-08"}),
        ('"102": {ring: 20s', '"102": {ring: 30s', set()),
        ("{model: yealink/T54W, line: 102", "{model: yealink/T54W, record_calls: yes, line: 102",
         set()),
        ("{model: yealink/T54W, line: 102", "{model: yealink/T54W, name: X, line: 102", {"LDN-08"}),
        ("{model: yealink/T54W, line: 102", "{model: yealink/T54W, login: 101, line: 102",
         {"LDN-08"}),
        ("  LDN-08:", "  LDN-09: {model: yealink/T54W}\n  LDN-08:", {"LDN-09"}),
    ],
)  # fmt: skip
def test_whose_files_are_altered(
    place: StoredPlace, old: str, new: str, handsets: set[str]
) -> None:
    changed = ACME.replace(old, new)
    assert changed != ACME
    revision = place.commit(changed, day=1)
    with place.store() as store:
        changes = [it for _, it in store.changes_since(revision - 1)]
        assert {handset for _, handset in affected(store, changes)} == handsets


def test_a_handset_where_another_line_is_logged_in_shows_that_one(place: StoredPlace) -> None:
    there = ACME.replace("line: 102, sip", "line: 102, login: 101, sip")
    place.commit(there, day=1)
    revision = place.commit(there.replace('"102": {', '"102": {label: [Desk], '), day=2)
    with place.store() as store:
        changes = [it for _, it in store.changes_since(revision - 1)]
        assert affected(store, changes) == []

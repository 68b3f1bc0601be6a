"""Going back: what comes back has what it had, and what is only called the same has not."""

from __future__ import annotations

import pytest

from controlplane.diagnostics import Faults
from controlplane.model.change_set import ChangeSet
from controlplane.model.documents import to_documents
from controlplane.model.three_way import two_way
from controlplane.service.changes.going_back import backwards, taking_back
from controlplane.store.store import Store
from controlplane.store.yaml.reader import read
from tests.unit.service.conftest import ACME, AT, StoredPlace

WITHOUT = "\n".join(it for it in ACME.splitlines() if "LDN-07" not in it)


def wanted(store: Store, text: str) -> ChangeSet:
    now = store.load("acme")
    documents = to_documents(read(text, "acme.yaml").system)
    changes = two_way(now.documents, documents)
    assert changes
    return ChangeSet("acme", now.revision, changes)


def password(store: Store) -> str:
    return store.load("acme").secrets["LDN-07"]


def test_a_handset_that_is_brought_back_has_its_password(place: StoredPlace) -> None:
    with place.store() as store:
        before = store.latest_revision()
        store.commit(wanted(store, WITHOUT), AT, lambda: "another")
        [change_set] = backwards(store, before, reason="too soon")
        assert change_set.reason == "too soon"
        store.commit(change_set, AT, lambda: "another")
        assert password(store) == "made-by-store"
        assert backwards(store, before) == (), "all is as it was"
        with pytest.raises(Faults, match="there is no revision 99"):
            backwards(store, 99)


def test_so_it_has_where_an_engine_refused_that_it_goes(place: StoredPlace) -> None:
    with place.store() as store:
        gone = wanted(store, WITHOUT)
        revision = store.commit(gone, AT, lambda: "another")
        back = taking_back(gone, revision, "the engine is down")
        assert back.reason == "taken back: the engine is down"
        store.commit(back, AT, lambda: "another")
        assert password(store) == "made-by-store"


def test_one_that_is_added_by_its_name_is_another(place: StoredPlace) -> None:
    with place.store() as store:
        store.commit(wanted(store, WITHOUT), AT, lambda: "another")
        store.commit(wanted(store, ACME), AT, lambda: "another")
        assert password(store) == "another"

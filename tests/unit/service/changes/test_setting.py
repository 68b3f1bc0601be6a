"""One setting at an address, changed; and addresses that name none."""

from __future__ import annotations

import pytest

from controlplane.diagnostics import Faults
from controlplane.service.changes.door import Door
from controlplane.service.changes.setting import Put, changed_setting
from controlplane.store.store import Store
from tests.unit.service.conftest import ACME, AT, StoredPlace


def test_a_setting_becomes_a_change_of_its_object(place: StoredPlace) -> None:
    with place.store() as store:
        (change,) = changed_setting(
            store, "acme/lines/102/forward/busy", Put(None), "ada", ""
        ).changes
    assert change.address == "acme/lines/102"
    assert change.before == {"ring": 20, "call_waiting": False, "forward": {"busy": ["line/101"]}}
    assert "busy" not in (change.after or {}).get("forward", {})


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("acme", r"names no setting \(write TENANT/KIND/KEY/SETTING\)"),
        ("acme/lines", r"names no setting \(write TENANT"),
        ("acme/lines/101", r"names no setting \(write TENANT"),
        ("acme/lins/101/ring", r"no collection 'lins' \(did you mean 'lines'\?\)"),
        ("acme/xyzzy/101/ring", r"no collection 'xyzzy' \(there are .*lines"),
        ("acme/lines/999/ring", "there is no such object"),
        ("acme/lines/101/rign", "unknown key 'rign'"),
    ],
)
def test_what_names_none_is_refused(place: StoredPlace, address: str, said: str) -> None:
    with place.store() as store, pytest.raises(Faults, match=said):
        changed_setting(store, address, Put(1), "ada", "")


def test_two_people_who_reorder_the_rules_of_a_line_at_once(place: StoredPlace) -> None:
    """The second is refused and told why; once looked again, nothing of either is lost."""
    rules = {name: {"name": name, "when": "office", "ring": 9} for name in "abcd"}
    frames = 'time_frames: {office: {mon-fri: "09:00-17:00"}}\nlines:'
    place.commit(ACME.replace("lines:", frames, 1))
    alone = place.deployment.model_copy(update={"engines": {}})

    def stored(store: Store) -> str:
        _, line = store.object_at("acme/lines/102")
        return "".join(rule["name"] for rule in (line or {}).get("rules", []))

    with place.store() as store:

        def order(names: str, author: str, based_on: int | None) -> int:
            value = [rules[name] for name in names]
            address = "acme/lines/102/rules"
            done = Door(alone, store).set(address, value, author=author, based_on=based_on)
            return done.revision

        seen = order("abc", "ada", None)
        order("bac", "ada", seen)
        with pytest.raises(Faults, match=r"acme/lines/102.*was changed by ada meanwhile"):
            order("acbd", "bob", seen)
        assert stored(store) == "bac"
        order("bacd", "bob", store.latest_revision())
        assert stored(store) == "bacd"


def test_two_people_who_set_at_the_same_moment(place: StoredPlace) -> None:
    """Both have read when the first commits."""
    with place.store() as store:
        sets = [changed_setting(store, "acme/lines/102/ring", Put(it), "ada", "") for it in (7, 8)]
        store.commit(sets[0], AT, lambda: "made-by-store")
        with pytest.raises(Faults, match=r"acme/lines/102.*was changed by ada meanwhile"):
            store.commit(sets[1], AT, lambda: "made-by-store")
        assert (store.object_at("acme/lines/102")[1] or {})["ring"] == 7

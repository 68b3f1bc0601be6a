"""One setting at an address, changed; and addresses that name none."""

from __future__ import annotations

import pytest

from controlplane.diagnostics import Faults
from controlplane.service.setting import changed_setting
from tests.unit.service.conftest import StoredPlace


def test_a_setting_becomes_a_change_of_its_object(place: StoredPlace) -> None:
    with place.store() as store:
        (change,) = changed_setting(store, "acme/lines/102/forward/busy", None, "ada", "").changes
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
        changed_setting(store, address, 1, "ada", "")

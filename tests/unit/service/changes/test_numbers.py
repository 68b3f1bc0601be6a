"""Public numbers: how they stand, and which changes of them are refused, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controlplane.diagnostics import Faults
from controlplane.model.change_set import ChangeSet
from controlplane.service.changes.numbers import NOT_APPLICABLE, NOT_ENABLED, changed_number, rows
from controlplane.service.changes.setting import Put
from tests.unit.service.conftest import ACME, StoredPlace

NUMBERS = """numbers:
  "+442071838751": {site: london, to: line/101}
  "+442071838752": {site: london, to: line/102, status: reserved}
  "+442071838753": {site: london, to: line/102, status: pending}
  "+442071838754": {site: london, to: line/102, enabled: no}
  "+442071838755": {site: london}
"""
OFFICE = (
    ACME.replace("numbers:\n", NUMBERS, 1)
    .replace("line: 101}", "login: 101}")
    .replace("{ring: 20s, call_waiting", "{forward: {always: line/101}, call_waiting")
    .replace("forward: {busy: line/101}}", "ring: 20s}")
)
MAIN = "+442071838750"
Change = Callable[..., ChangeSet]


@pytest.fixture
def office(place: StoredPlace) -> StoredPlace:
    place.commit(OFFICE, day=1)
    return place


@pytest.fixture
def change(office: StoredPlace) -> Change:
    """What would be changed of a number, named by its end."""

    def changed(end: str, administrator: bool = False, **settings: Any) -> ChangeSet:
        edits = {name: Put(it) for name, it in settings.items()}
        number = f"acme/+4420718387{end}"
        with office.store() as store:
            return changed_number(store, number, edits, "grace", administrator=administrator)

    return changed


@pytest.mark.proves("A2", "A4")
def test_an_active_number_is_disabled_enabled_and_led_elsewhere(change: Change) -> None:
    (disabled,) = change("51", enabled=False).changes
    assert list(disabled.fields()) == [("enabled", None, False)]
    (enabled,) = change("54", enabled=True).changes
    assert list(enabled.fields()) == [("enabled", False, None)]
    (led,) = change("51", to="group/sales").changes
    assert list(led.fields()) == [("to", "line/101", "group/sales")]


@pytest.mark.proves("A1", "A2", "A3")
@pytest.mark.parametrize("administrator", [False, True])
@pytest.mark.parametrize(
    ("end", "settings", "why"),
    [
        ("52", {"enabled": False}, "8752 is reserved: it is allocated, and not activated yet"),
        ("52", {"to": "line/101"}, "8752 is reserved"),
        ("53", {"to": "line/101"}, "8753 is pending: the system is changing it"),
        ("50", {"enabled": False}, "8750 is the main number of site london"),
        ("50", {"enabled": False, "to": "line/101"}, "8750 is the main number of site london"),
        ("51", {"status": "reserved"}, "status of a number is the operator's to set"),
        ("51", {"site": None, "to": None}, "site of a number is the operator's to set"),
        ("59", {"enabled": False}, "there is no number '[+]442071838759' .did you mean"),
    ],
)
def test_anything_else_is_refused_with_the_reason(
    change: Change, end: str, settings: dict[str, Any], why: str, administrator: bool
) -> None:
    with pytest.raises(Faults, match=why):
        change(end, administrator, **settings)


@pytest.mark.proves("A3")
def test_only_an_administrator_says_where_a_main_number_leads(change: Change) -> None:
    with pytest.raises(Faults, match="8750 is the main number of site london"):
        change("50", to="line/101")
    (led,) = change("50", administrator=True, to="line/101").changes
    assert list(led.fields()) == [("to", "group/sales", "line/101")]


def test_a_number_may_be_written_as_it_is_dialled(office: StoredPlace) -> None:
    for written in ("acme/numbers/+44 20 7183 8751", "acme/020 7183-8751", "acme/+442071838751"):
        with office.store() as store:
            (made,) = changed_number(store, written, {"enabled": Put(False)}, "grace").changes
        assert made.address == "acme/numbers/+442071838751"
    with office.store() as store, pytest.raises(Faults, match="is no number"):
        changed_number(store, "acme/", {"enabled": Put(False)}, "grace")


@pytest.mark.proves("A5", "A9", "A14")
def test_a_list_of_numbers_says_how_each_stands(office: StoredPlace) -> None:
    with office.store() as store:
        found = {row.number[-2:]: row for row in rows(store.system("acme"))}
    main, own, reserved = found["50"], found["51"], found["52"]
    assert (main.main, main.site, main.extension, main.forward) == (
        True, "london", "600", NOT_APPLICABLE,
    )  # fmt: skip
    assert (own.extension, own.assigned_to, own.logged_in) == ("101", "Ada Byron", ("LDN-07",))
    assert (own.forward, own.refused, own.status) == (NOT_ENABLED, "", "active")
    assert (reserved.forward, reserved.status) == (NOT_APPLICABLE, "reserved")
    assert found["54"].forward == "line/101"
    assert not found["54"].enabled
    assert (found["55"].to, found["55"].assigned_to) == ("", "")
    assert {end: row.refused.split(":")[0] for end, row in found.items() if row.refused} == {
        "50": "is the main number of site london",
        "52": "is reserved",
        "53": "is pending",
    }

"""The three-way difference, and change sets as files."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.diagnostics import Faults
from controlplane.model.change import HIDDEN
from controlplane.model.change_set import Change, ChangeSet, Conflict, diff, masked
from controlplane.model.texts import Texts

A = "acme/lines/101"
B = "acme/lines/102"


def merged(stored: Any, wanted: Any, base: Any) -> tuple[Any, list[str]]:
    """One object three ways: what becomes of it and the fields in conflict."""

    def documents(version: Any) -> dict[str, Any]:
        return {} if version is None else {A: version}

    changes, conflicts = diff(documents(stored), documents(wanted), documents(base))
    return (changes[0].after if changes else stored), [item.field for item in conflicts]


@pytest.mark.parametrize(
    ("base", "stored", "wanted", "becomes", "clashing"),
    [
        ({"ring": 20}, {"ring": 20}, {"ring": 30}, {"ring": 30}, []),
        ({"ring": 20}, {"ring": 25}, {"ring": 20}, {"ring": 25}, []),
        ({"ring": 20}, {"ring": 25}, {"ring": 25}, {"ring": 25}, []),
        ({"ring": 20}, {"ring": 25}, {"ring": 30}, {"ring": 25}, ["ring"]),
        ({"ring": 20}, {"ring": 20}, {}, {}, []),
        ({"ring": 20}, {"ring": 25}, {}, {"ring": 25}, ["ring"]),
        ({}, {"user": "ada"}, {"ring": 9}, {"user": "ada", "ring": 9}, []),
        (
            {"forward": {"busy": ["line/1"]}},
            {"forward": {"busy": ["line/1"], "always": ["line/2"]}},
            {"forward": {"busy": ["line/3"]}},
            {"forward": {"busy": ["line/3"], "always": ["line/2"]}},
            [],
        ),
        (
            {"forward": {"busy": ["line/1"]}},
            {"forward": {"busy": ["line/2"]}},
            {"forward": {"busy": ["line/1", "line/2"]}},
            {"forward": {"busy": ["line/2"]}},
            ["forward/busy"],
        ),
        ({"voicemail": {}}, {}, {"voicemail": {"email": "a@b.de"}}, {}, ["voicemail"]),
        ({}, {}, {"voicemail": {}}, {"voicemail": {}}, []),
        (None, None, {"ring": 9}, {"ring": 9}, []),
        (None, {"ring": 9, "user": "a"}, {"ring": 8}, {"ring": 9, "user": "a"}, ["ring"]),
        (None, {"ring": 9}, None, {"ring": 9}, []),
        ({"ring": 9}, {"ring": 9}, None, None, []),
        ({"ring": 9}, {"ring": 8}, None, {"ring": 8}, [""]),
        ({"ring": 9}, None, {"ring": 9}, None, []),
        ({"ring": 9}, None, {"ring": 8}, None, [""]),
        ({"ring": 9}, None, None, None, []),
    ],
)
def test_every_way_two_hands_can_meet(
    base: Any, stored: Any, wanted: Any, becomes: Any, clashing: list[str]
) -> None:
    assert merged(stored, wanted, base) == (becomes, clashing)


def test_a_conflict_can_be_settled_for_the_file() -> None:
    changes, conflicts = diff({A: {"ring": 1}}, {A: {"ring": 2}}, {A: {"ring": 3}})
    assert (changes, len(conflicts)) == ((), 1)
    assert str(conflicts[0]) == f"{A}/ring: was 3, is now 1, and 2 is wanted"
    forced = diff({A: {"ring": 1}}, {A: {"ring": 2}}, {A: {"ring": 3}}, prefer_wanted=True)
    assert forced == ((Change(A, {"ring": 1}, {"ring": 2}),), ())


def test_a_first_apply_overrides_what_it_names_and_removes_nothing() -> None:
    stored: dict[str, Any] = {"acme/settings": {"country": "DE"}, A: {"ring": 9}, B: {"ring": 9}}
    changes, conflicts = diff(stored, {"acme/settings": {}, A: {"user": "ada"}}, None)
    assert changes == (Change(A, {"ring": 9}, {"user": "ada"}),)
    assert conflicts == ()


def test_changes_come_in_an_order_that_holds_no_dangling_reference() -> None:
    wanted: dict[str, Any] = {
        "t/trunks/x": {},
        "t/lines/2": {},
        "t/lines/10": {},
        "t/sites/a": {},
        "t/settings": {},
    }
    changes, _ = diff({}, wanted, None)
    assert [change.address for change in changes] == [
        "t/settings",
        "t/sites/a",
        "t/lines/10",
        "t/lines/2",
        "t/trunks/x",
    ]


def test_fields_descend_into_settings_and_name_empty_ones() -> None:
    before = {"ring": 20, "forward": {"busy": ["line/1"], "always": ["line/2"]}}
    after = {"forward": {"busy": ["line/3"], "always": ["line/2"]}, "voicemail": {}}
    assert list(Change(A, before, after).fields()) == [
        ("ring", 20, None),
        ("forward/busy", ["line/1"], ["line/3"]),
        ("voicemail", None, {}),
    ]
    added = Change(A, None, {"forward": {"busy": ["line/1"]}})
    assert (added.verb, list(added.fields())) == ("add", [("forward/busy", None, ["line/1"])])
    assert added.inverse().verb == "remove"


def test_secrets_are_hidden_wherever_they_stand() -> None:
    document = {
        "sip_password": "s1",
        "password": "s2",
        "default_pin": "s3",
        "overrides": {"account.1.password": "s4", "admin_PIN": "s5", "spinning": "shown"},
        "list": [{"pin": "s6"}],
        "none": None,
    }
    shown = json.dumps([list(Change(A, None, document).display()), masked(document)])
    assert not [secret for secret in ("s1", "s2", "s3", "s4", "s5", "s6") if secret in shown]
    assert "shown" in shown
    assert HIDDEN in str(Conflict(A, "sip_password", None, "s1", "s2"))
    assert "s1" not in str(Conflict(A, "", {"password": "s1"}, None, {"password": "s2"}))


def test_inverse_undoes() -> None:
    stored = {A: {"ring": 1}, B: {}}
    change_set = ChangeSet.between("acme", 4, stored, {A: {"ring": 2}}, stored, source="f")
    then = change_set.applied_to(stored)
    assert then == {A: {"ring": 2}}
    back = change_set.inverse(5, "ada", "undo")
    assert back.applied_to(then) == stored
    assert (back.revision, back.source, back.source_changes) == (5, "", ())


def test_a_change_set_says_how_its_file_moved_on() -> None:
    stored = {A: {"ring": 2}}
    same = ChangeSet.between("acme", 4, stored, {A: {"ring": 2}}, {A: {"ring": 1}}, source="f")
    assert not same
    assert same.source_changes == (Change(A, {"ring": 1}, {"ring": 2}),)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(
    st.sampled_from([A, B, "acme/settings"]), st.dictionaries(st.text(max_size=4), VALUES)
)


@given(stored=DOCUMENTS, wanted=DOCUMENTS, base=st.none() | DOCUMENTS)
def test_a_saved_change_set_reads_back_the_same(stored: Any, wanted: Any, base: Any) -> None:
    saved = ChangeSet.between(
        "acme", 7, stored, wanted, base, author="Ada \u202e", reason='"\n\x00', source="f.yaml"
    )
    assert ChangeSet.from_json(saved.to_json()) == saved


@given(stored=DOCUMENTS, wanted=DOCUMENTS, base=DOCUMENTS)
def test_the_difference_converges(stored: Any, wanted: Any, base: Any) -> None:
    """Committed for good with conflicts settled, the same source then wants nothing more."""
    changes, conflicts = diff(stored, wanted, base, prefer_wanted=True)
    assert conflicts == ()
    then = ChangeSet("acme", 1, changes).applied_to(stored)
    assert diff(then, wanted, wanted) == ((), ())
    assert diff(then, wanted, stored, prefer_wanted=True)[1] == ()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: b"\xff\xfe\x00",
        lambda text: text.replace("controlplane", "other"),
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"ring": 2', '"ring": 3'),
        lambda text: text.replace('"change_set"', '"changes"'),
        lambda text: "null",
    ],
)
def test_a_spoilt_file_is_one_clear_fault(spoil: Any) -> None:
    text = ChangeSet("acme", 1, (Change(A, None, {"ring": 2}),)).to_json()
    with pytest.raises(Faults) as caught:
        ChangeSet.from_json(spoil(text), "saved.plan")
    (only,) = caught.value.diagnostics
    assert only.address == "saved.plan"
    assert "ctl plan --out" in only.mend


def test_one_change_in_30000_objects_is_found_quickly() -> None:
    def documents(**changed: dict[str, Any]) -> Texts:
        """As the store and the reader of files hand them over."""
        same = {"user": "u", "forward": {"busy": ["line/1"]}}
        return Texts.of({f"acme/lines/{n}": changed.get(f"l{n}", same) for n in range(30_000)})

    stored, wanted, base = documents(), documents(l777={"ring": 9}), documents()
    started = time.process_time()
    found = ChangeSet.between("acme", 1, stored, wanted, base, source="f")
    assert time.process_time() - started < 0.1
    assert [change.address for change in found.changes] == ["acme/lines/777"]

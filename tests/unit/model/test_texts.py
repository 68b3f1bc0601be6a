"""Documents as text are compared, decoded and validated as the documents themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.diagnostics import Faults
from controlplane.model.documents import from_documents, to_documents
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.texts import Texts, all_encoded, encoded, json_object

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
DOCUMENTS = st.dictionaries(
    st.sampled_from([f"a/lines/{n}" for n in range(4)]), st.dictionaries(st.text(), VALUES)
)
GOOD = {
    "a/settings": {"name": "Räume"},
    "a/users/bob": {"first": "Bob", "email": ["bob@a.example"]},
    "a/lines/101": {"user": "bob", "ring": 12, "voicemail": {}},
    "a/numbers/+442071838750": {"to": "line/101"},
    "a/handsets/p-1": {"login": "101", "overrides": {"sip_password": "x"}},
}


@given(DOCUMENTS)
def test_texts_are_the_documents(documents: dict[str, Any]) -> None:
    texts = Texts.of(documents)
    assert texts == documents
    assert documents == texts
    assert texts.decoded() == documents
    assert dict(texts) == documents
    assert Texts.of(texts) is texts
    assert json.loads(json_object(texts.texts)) == documents


@pytest.mark.parametrize(
    "value", ["\x1e", ["\x1e", 1], ["a", "\x1e", "b"], {"\x1e": ["\x1e"], "b": 0}, '"\x1e",']
)
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_what_holds_the_mark_between_texts(value: Any, count: int) -> None:
    documents = {f"a/users/u{n}": {"b": value, "a": n} for n in range(count)}
    assert all_encoded(documents) == {key: encoded(one) for key, one in documents.items()}


def test_looking_at_many_at_once() -> None:
    texts = Texts.of(GOOD)
    addresses = ["a/lines/101", "a/lines/102", "a/settings"]
    for _ in range(2):
        found = texts.looked_at(addresses)
        assert {it: found.get(it) for it in addresses} == {it: GOOD.get(it) for it in addresses}
    assert texts == GOOD


@given(DOCUMENTS, DOCUMENTS)
def test_what_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    # As JSON, for Python takes 1 and true for equal.
    expected = {
        address
        for address in {**one, **other}
        if (address in one) != (address in other)
        or encoded(one[address]) != encoded(other[address])
    }
    found = Texts.of(one).differing(Texts.of(other))
    assert set(found) == expected
    assert len(found) == len(expected)
    assert (Texts.of(one) == Texts.of(other)) is (not expected)


def test_a_phone_system_from_texts() -> None:
    system = from_documents("a", Texts.of(GOOD))
    assert system == from_documents("a", GOOD)
    assert to_documents(system) == GOOD
    assert from_documents("a", Texts({})) == from_documents("a", {})


@pytest.mark.parametrize(
    "spoilt",
    [
        {"a/lines/101": {"ring": "never"}, "a/users/bob": {"email": 1}},
        {"a/lines/x": {}},
        {"a/lines/": {}},
        {"a/settings/x": {}},
        {"a/cars/1": {}},
        {"b/lines/101": {}},
        {"ab/lines/101": {}},
        {"lines": {}},
        {"a/settings": {"country": 1}},
        {'a/users/b"b': {}},
    ],
)
def test_faults_are_the_same(spoilt: dict[str, Any]) -> None:
    def faults(documents: Any) -> tuple[Any, ...] | PhoneSystem:
        with pytest.raises(Faults) as caught:
            from_documents("a", documents)
        return caught.value.diagnostics

    assert faults(Texts.of({**GOOD, **spoilt})) == faults({**GOOD, **spoilt})

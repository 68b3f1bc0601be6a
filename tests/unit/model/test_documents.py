"""A phone system as documents by address, and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.diagnostics import Faults
from controlplane.model.documents import from_documents, to_documents
from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem

ACME = PhoneSystem.model_validate(
    {
        "tenant": "acme",
        "settings": {"timezone": "Europe/London", "extension_digits": {"most": 5}},
        "users": {"ada": {"first": "Ada", "last": "Byron"}, "new": {}},
        "lines": {
            "101": {"user": "ada", "voicemail": "on", "ring": "4 rings"},
            "102": {"user": "ada", "label": ["Reception", "Ground floor"]},
            "103": {"user": "new", "label": ["", ""]},
            "104": {},
        },
        "numbers": {"+44 20 7183 8750": {"to": "line/101", "status": "pending"}},
        "time_frames": {"office": {"mon-fri": "09:00-17:30", "dates": "2026-12-25"}},
        "trunks": {"up": {"host": "h.example", "register": True, "accept_from": "192.0.2.1"}},
    }
)


def test_a_document_holds_what_is_not_default() -> None:
    documents = to_documents(ACME)
    assert documents["acme/settings"] == {
        "timezone": "Europe/London",
        "extension_digits": {"most": 5},
    }
    assert documents["acme/lines/101"] == {"user": "ada", "voicemail": {}}
    assert documents["acme/lines/104"] == {}
    assert documents["acme/numbers/+442071838750"] == {"to": "line/101", "status": "pending"}
    assert documents["acme/trunks/up"] == {
        "host": "h.example",
        "register": True,
        "accept_from": ["192.0.2.1"],
    }
    assert documents["acme/time_frames/office"] == {
        "weekly": {"mon-fri": ["09:00-17:30"]},
        "dates": [{"first": "2026-12-25", "last": "2026-12-25"}],
    }


def test_documents_are_json_and_come_back() -> None:
    documents = json.loads(json.dumps(to_documents(ACME)))
    again = from_documents("acme", documents)
    assert again == ACME
    assert to_documents(again) == documents


_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)
_KEY = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}", fullmatch=True)
_EXTENSION = st.from_regex(r"[0-9]{1,6}", fullmatch=True)
_TARGET = st.one_of(
    _EXTENSION.map("line/{}".format), _KEY.map("group/{}".format), st.just("+447700900123")
)
_LINE = st.fixed_dictionaries(
    {},
    optional={
        "user": _KEY,
        "label": st.lists(_TEXT, max_size=2),
        "ring": st.one_of(st.integers(1, 600), st.just("3 rings")),
        "voicemail": st.sampled_from(["on", "off", None, {"enabled": False}, {"email": "a@b.cd"}]),
        "call_waiting": st.booleans(),
        "forward": st.fixed_dictionaries(
            {}, optional={"always": st.lists(_TARGET, max_size=3), "offline": _TARGET}
        ),
    },
)


@given(
    st.dictionaries(_EXTENSION, _LINE, max_size=5),
    st.dictionaries(_KEY, st.fixed_dictionaries({"first": _TEXT, "last": _TEXT}), max_size=3),
)
def test_any_system_comes_back(lines: dict[str, object], users: dict[str, object]) -> None:
    system = PhoneSystem.model_validate({"tenant": "a", "lines": lines, "users": users})
    documents = to_documents(system)
    assert from_documents("a", json.loads(json.dumps(documents))) == system


def test_documents_that_are_not_ours_are_refused_at_once() -> None:
    with pytest.raises(Faults) as raised:
        from_documents(
            "acme",
            {
                "acme/settings": {"country": "gb"},
                "acme/lines/101": {"rnig": 20},
                "acme/lines/1o2": {},
                "acme/bogus/1": {},
                "other/lines/103": {},
            },
        )
    assert [(item.address, item.message) for item in raised.value.diagnostics] == [
        ("acme/bogus/1", "is no address of tenant acme"),
        ("other/lines/103", "is no address of tenant acme"),
        ("acme/lines/101/rnig", "unknown key 'rnig'"),
        ("acme/lines/1o2", "'1o2' is not an extension"),
        ("acme/settings/country", "'gb' is not a country"),
    ]


@pytest.mark.parametrize(
    ("extension", "name"),
    [
        ("101", "Ada Byron"),
        ("102", "Reception Ground floor"),
        ("103", "Extension 103"),
        ("104", "Extension 104"),
    ],
)
def test_a_line_always_has_a_name(extension: str, name: str) -> None:
    assert display_name(ACME, extension) == name

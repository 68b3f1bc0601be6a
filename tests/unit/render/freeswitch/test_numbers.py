"""The dialplan's expressions make of a number what `NumberRules.to_e164` does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.model.numbering import NumberRules, rules_for
from controlplane.render.freeswitch.numbers import e164_patterns

COUNTRIES = ("GB", "US", "DE", "ES", "IT", "FR", "DK", "AU")


def by_patterns(rules: NumberRules, dialled: str) -> str | None:
    """As the dialplan goes through them: the first that fits decides."""
    for expression, made in e164_patterns(rules):
        if found := re.search(expression, dialled):
            return made.replace("$1", found[1]) if made else None
    return None


@given(
    st.sampled_from(COUNTRIES),
    st.one_of(
        st.from_regex(r"[+]?[0-9]{1,19}", fullmatch=True),
        st.from_regex(r"(00|011|0|1|44|49|\+)[0-9]{4,15}", fullmatch=True),
        st.text(alphabet="0123456789+*#", max_size=12),
    ),
)
def test_as_the_rules_say(country: str, dialled: str) -> None:
    rules = rules_for(country)
    assert by_patterns(rules, dialled) == rules.to_e164(dialled)


@pytest.mark.parametrize(
    ("dialled", "e164"),
    [
        ("02071838750", "+442071838750"),
        ("0033140000050", "+33140000050"),
        ("442071838750", "+442071838750"),
        ("+442071838750", "+442071838750"),
        ("101", None),
        ("00", None),
        ("0000000000", None),
        ("+0442071838750", None),
    ],
)
def test_some(dialled: str, e164: str | None) -> None:
    assert by_patterns(rules_for("GB"), dialled) == e164

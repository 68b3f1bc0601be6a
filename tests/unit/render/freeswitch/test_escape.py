"""No text gets out of the value it is written into."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from controlplane.render.freeswitch.escape import (
    attribute,
    packed,
    pattern,
    text,
    unpacked,
    value,
    word,
)

HOSTILE = (
    "a;b,c${system id}$${x}$[1]\"'\\\n[x]\r\0<b/>-->\u202e|^&:?)(={}]]> X-PRE-PROCESS é東%41%0d"
)


def read_back(inside: str) -> str:
    found = etree.fromstring(f'<a b="{inside}"/>').get("b")
    assert found is not None
    return str(found)


@given(st.text())
@example(HOSTILE)
@example("x-pre-process")
@example("<!--#include y-->")
def test_free_text_in_an_attribute_is_read_back_and_means_nothing_before(free: str) -> None:
    try:
        written = value(free)
    except ValueError:
        assert text(free) != free
        return
    assert read_back(written) == free
    assert not set(written) & set("<>\"'${}-\n\r")
    assert written.isascii()


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])))
@example('<a b="${c}">&\'')
def test_an_expression_is_read_back_with_what_is_expanded_in_it(expression: str) -> None:
    assert read_back(attribute(expression)) == expression


@given(st.text())
@example(HOSTILE)
@example("${${a}}$$\\{")
def test_packed_text_has_no_character_that_means_anything(free: str) -> None:
    written = packed(free)
    assert re.fullmatch(r"(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*", written)
    assert unpacked(written) == text(free)


@given(st.text())
@example(HOSTILE)
@example("$$$${{{{")
def test_unpacked_by_the_engine_it_is_the_inside_of_a_quoted_string(free: str) -> None:
    """As `url_decode` leaves it: no quote ends it early, and no `${` stands in it."""
    decoded = bytes.fromhex(
        re.sub(r"%([0-9A-F]{2})|(.)", lambda it: it[1] or it[2].encode().hex(), packed(free))
    ).decode()
    assert re.fullmatch(r'(?:[^"\\]|\\.)*', decoded, re.DOTALL)
    assert "${" not in decoded
    assert not re.search("[\x00-\x1f\x7f]", decoded)


@given(st.text())
@example(HOSTILE)
def test_an_identifier_is_let_through_or_refused(free: str) -> None:
    try:
        assert word(free) == free
    except ValueError:
        return
    assert not set(free) & set(" ,;|\"'\\(){}[]$&^<>=:?!%\n\r\0")


@pytest.mark.parametrize("name", ["101", "+442071838750", "line/101", "LDN-07", "*97#", "a.b", ""])
def test_our_identifiers_pass_and_match_themselves_alone(name: str) -> None:
    assert word(name) == name
    assert re.fullmatch(pattern(name), name)
    assert not re.fullmatch(pattern(name), name + "0")
    assert "\\" not in pattern(name)

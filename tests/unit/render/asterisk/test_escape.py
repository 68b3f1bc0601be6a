"""No text gets out of the value it is written into."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controlplane.render.asterisk.escape import field, packed, text, unpacked, value, word

HOSTILE = 'a;b,c${SHELL(id)}$[1]"\\\n[x]\r\0<b>\u202e|^&:?)(=>#include é東'


def config_value(line: str) -> str:
    """What Asterisk's parser makes of the text behind `name = `: main/config.c."""
    kept = []
    for character in line.split("\n")[0]:
        if character == ";":
            if kept and kept[-1] == "\\":
                kept[-1] = ";"
                continue
            break
        kept.append(character)
    return "".join(kept).strip()


@given(st.text())
@example("a;--b--;c")
@example("ends in \\")
@example("\\;")
def test_a_setting_is_read_back_as_it_was_written(free: str) -> None:
    try:
        written = value(free)
    except ValueError:
        assert free != free.strip() or text(free) != free
        return
    assert "\n" not in written
    assert config_value(written) == free


@given(st.text())
@example(HOSTILE)
def test_a_mailbox_field_is_one_field_on_one_line(free: str) -> None:
    written = field(free)
    assert not set(written) & set(",|\n\r\0\u202e\u2067")
    read = config_value(written)
    assert "," not in read
    assert read == read.strip()
    assert field(read) == written


@given(st.text())
@example(HOSTILE)
def test_packed_text_has_no_character_that_means_anything(free: str) -> None:
    written = packed(free)
    assert not set(written) & set(",|;\"\\(){}[]$^ '<>=:?!\n\r\0")
    assert written.isascii()
    assert unpacked(written) == text(free)


@given(st.lists(st.text(), min_size=3, max_size=3))
def test_a_record_of_packed_fields_has_as_many_fields(fields: list[str]) -> None:
    record = ",".join(packed(item) for item in fields)
    assert [unpacked(item) for item in record.split(",")] == [text(item) for item in fields]


@given(st.text())
@example(HOSTILE)
def test_an_identifier_is_let_through_or_refused(free: str) -> None:
    try:
        assert word(free) == free
    except ValueError:
        return
    assert not set(free) & set(' ,;|"\\(){}[]$&^<>=:?!\n\r\0')


@pytest.mark.parametrize("name", ["101", "+442071838750", "line/101", "LDN-07", "g.a~b", ""])
def test_our_identifiers_pass(name: str) -> None:
    assert word(name) == name
    assert packed(name) == name


def test_free_text_keeps_all_but_control_characters() -> None:
    assert text("A\x00\x1b[31m\x7f\u2028 \u202eé") == "A[31m \u202eé"
    left_out = {chr(code) for code in range(0x110000) if not text(chr(code))}
    controls = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}
    assert left_out == controls | {chr(code) for code in range(0xD800, 0xE000)}

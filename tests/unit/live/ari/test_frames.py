"""Frames: what is written is what RFC 6455 asks of a client, read back by a decoder of its own."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.live.ari.frames import text_frames


def read(data: bytes) -> list[bytes]:
    """The payloads of masked text frames; AssertionError for anything else."""
    found = []
    while data:
        first, second = data[0], data[1]
        assert (first, second & 0x80) == (0x81, 0x80)
        size, at = second & 0x7F, 2
        if size == 126:
            (size,), at = struct.unpack("!H", data[2:4]), 4
            assert size >= 126, "the shortest form is to be used"
        mask, at = data[at : at + 4], at + 4
        payload = data[at : at + size]
        assert len(payload) == size
        found.append(bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)))
        data = data[at + size :]
    return found


@given(st.lists(st.binary(max_size=400), max_size=4), st.binary(min_size=4, max_size=4))
def test_what_is_framed_is_read_back(texts: list[bytes], mask: bytes) -> None:
    assert read(text_frames(texts, mask)) == texts


@pytest.mark.parametrize("size", [0, 125, 126, 127, 65_535])
def test_each_form_of_length(size: int) -> None:
    text = bytes(index % 251 for index in range(size))
    assert read(text_frames([text], b"\x01\x02\x03\x04")) == [text]


def test_the_example_of_the_rfc() -> None:
    # RFC 6455, 5.7: a masked text message "Hello".
    framed = bytes.fromhex("818537fa213d7f9f4d5158")
    assert text_frames([b"Hello"], bytes.fromhex("37fa213d")) == framed


def test_a_text_that_asterisk_does_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        text_frames([bytes(65_536)], bytes(4))

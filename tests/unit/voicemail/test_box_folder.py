"""Greetings by name, and which of them is heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.diagnostics import Faults
from controlplane.voicemail.box_folder import BoxFolder
from controlplane.voicemail.mailboxes import Occasion

HEARD = {Occasion.UNAVAILABLE: "unavail", Occasion.BUSY: "busy", Occasion.TEMPORARY: "temp"}


@pytest.fixture
def box(tmp_path: Path) -> BoxFolder:
    return BoxFolder(tmp_path / "acme/102", HEARD, "greet")


def test_a_greeting_is_heard_once_it_is_chosen_and_follows_its_new_sound(box: BoxFolder) -> None:
    box.put("summer", b"one")
    assert not box.heard(Occasion.BUSY).exists()
    box.use(Occasion.BUSY, "summer")
    box.put("summer", b"two")
    assert box.heard(Occasion.BUSY).read_bytes() == b"two"
    [found] = box.greetings().known
    assert (found.name, found.active) == ("summer", (Occasion.BUSY,))
    box.delete("summer")
    assert not box.heard(Occasion.BUSY).exists()
    with pytest.raises(Faults, match="there is no greeting 'summer'"):
        box.use(Occasion.BUSY, "summer")


def test_what_was_recorded_at_a_phone_is_told(box: BoxFolder) -> None:
    box.put("summer", b"one")
    box.heard(Occasion.UNAVAILABLE).write_bytes(b"from the phone")
    assert box.greetings().unnamed == (Occasion.UNAVAILABLE,)


def test_clearing_leaves_messages_and_nothing_else(box: BoxFolder) -> None:
    message = box.path / "INBOX/msg0000.wav"
    message.parent.mkdir(parents=True)
    message.write_bytes(b"kept")
    box.put("summer", b"12345")
    box.use(Occasion.TEMPORARY, "summer")
    box.put_recorded_name(b"bob")
    assert box.size() == 13
    box.clear()
    assert [path for path in box.path.rglob("*") if path.is_file()] == [message]
    with pytest.raises(Faults, match="no name is recorded"):
        box.recorded_name()

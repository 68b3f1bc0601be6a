"""Messages as app_voicemail writes them, also while it renames them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from controlplane.voicemail.asterisk_files import caller_of, open_sound, read_folder, remove_broken
from controlplane.voicemail.mailboxes import Folder

TEXT = """;
; Message Information file
;
[message]
origmailbox=102
callerid={caller}
origtime=1700000{number:03}
msg_id=1700000{number:03}-00000{number:03}
flag=
duration={number}
"""


def message(folder: Path, place: int, number: int, caller: str = '"Eve" <555>') -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"msg{place:04}.txt"
    file.write_text(TEXT.format(number=number, caller=caller))
    file.with_suffix(".wav").write_bytes(b"sound %d" % number)


CALLERS = {
    '"Eve" <555>': ("555", "Eve"),
    '"A \\"B\\" <x>" <555>': ("555", 'A "B" <x>'),
    "Eve Smith <+447700900555>": ("+447700900555", "Eve Smith"),
    "555": ("555", ""),
    "Unknown": ("", ""),
    "": ("", ""),
    "<anonymous>": ("", ""),
    "a=b; [message]": ("", "a=b; [message]"),
    '"\u202eevil" <1>': ("1", "\u202eevil"),
}


@pytest.mark.parametrize(("text", "caller"), CALLERS.items())
def test_callers(text: str, caller: tuple[str, str]) -> None:
    assert caller_of(text) == caller


def test_whole_messages_only(tmp_path: Path) -> None:
    folder = tmp_path / "INBOX"
    message(folder, 0, 7, caller='"msg_id=x" <555>')
    (folder / "msg0001.txt").write_text("[message]\nmsg_id=1\n")
    (folder / "msg0002.wav").write_bytes(b"RIFF")
    [found] = read_folder(folder)
    assert (found.id, found.folder, found.seconds) == ("1700000007-00000007", Folder.NEW, 7)
    assert (found.name, found.number, found.size) == ("msg_id=x", "555", 7)
    sound = open_sound(folder, found.id)
    assert sound is not None
    with sound:
        assert sound.read() == b"sound 7"
    assert open_sound(folder, "another") is None
    assert read_folder(tmp_path / "Old") == []


def test_what_a_full_disk_cut_off_is_removed_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "INBOX"
    message(folder, 0, 7)
    (folder / "msg0001.txt").write_text("[message]\norigmailbox=102\n")
    (folder / "msg0001.wav").write_bytes(b"RIFF")
    (folder / "msg0002.wav").write_bytes(b"its text is being renamed")
    assert remove_broken(folder) == 1
    left = sorted(file.name for file in folder.iterdir())
    assert left == ["msg0000.txt", "msg0000.wav", "msg0002.wav"]
    assert remove_broken(tmp_path / "Old") == 0


@pytest.mark.timeout(60)
def test_a_sound_is_its_own_messages_while_others_are_deleted_before_it(tmp_path: Path) -> None:
    """The engine closes a gap: sound first, then text, under its lock."""
    folder = tmp_path / "INBOX"
    for number in range(20):
        message(folder, number, number)
    stop = threading.Event()

    def close_gaps() -> None:
        lock = folder / ".lock"
        while not stop.is_set():
            (tmp_path / "mine").touch()
            os.link(tmp_path / "mine", lock)
            for suffix in (".wav", ".txt"):
                (folder / f"msg0000{suffix}").rename(tmp_path / f"first{suffix}")
            for place in range(1, 20):
                for suffix in (".wav", ".txt"):
                    (folder / f"msg{place:04}{suffix}").rename(
                        folder / f"msg{place - 1:04}{suffix}"
                    )
            for suffix in (".wav", ".txt"):
                (tmp_path / f"first{suffix}").rename(folder / f"msg0019{suffix}")
            lock.unlink()
            stop.wait(0.05)

    engine = threading.Thread(target=close_gaps)
    engine.start()
    try:
        for attempt in range(40):
            number = attempt % 20
            sound = open_sound(folder, f"1700000{number:03}-00000{number:03}")
            assert sound is not None
            with sound:
                assert sound.read() == b"sound %d" % number
            assert len(read_folder(folder)) == 20
    finally:
        stop.set()
        engine.join()

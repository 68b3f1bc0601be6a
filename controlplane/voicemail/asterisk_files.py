"""Messages of app_voicemail as files: `INBOX/msg0000.txt` and `.wav`, renumbered at any time.

Asterisk closes a gap by renaming what is behind it, so a file's name is no message's. What is
read here is what stood there at one moment: nothing is locked, for a lock left behind by a
process that was killed would cost the mailbox every later message (source: ast_lock_path).
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from contextlib import suppress
from io import IOBase
from pathlib import Path
from typing import BinaryIO, TypeVar

from controlplane.diagnostics import fault
from controlplane.voicemail.mailboxes import Folder, Message

TRASH = "Cust5"
"""One of the folders without a meaning. `Deleted` holds nothing unless the engine is to keep all
that is deleted there, and then nothing is ever deleted for good."""

FOLDERS = {
    "INBOX": Folder.NEW,
    "Urgent": Folder.NEW,
    "Old": Folder.SAVED,
    "Work": Folder.SAVED,
    "Family": Folder.SAVED,
    "Friends": Folder.SAVED,
    TRASH: Folder.TRASH,
}
"""Asterisk's folders; a message is moved to the first that fits."""

_ATTEMPTS = 50
_PAUSE_SECONDS = 0.02
"""A folder is quiet when nothing was renamed for longer than a tick of the file system's clock."""

_CALLER = re.compile(r'\s*(?:"(?P<quoted>.*)"|(?P<name>[^<"]*?))\s*<(?P<number>[^<>]*)>\s*')
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

T = TypeVar("T")


def read_folder(path: Path) -> list[Message]:
    """Every whole message of one of Asterisk's folders; none where there is no folder."""
    return _undisturbed(path, lambda: _messages(path)) if path.is_dir() else []


def remove_broken(path: Path) -> int:
    """Messages whose text a full disk cut off: the engine counts them, and can do no more.

    A message is put into the folder when its text is complete, so none of these will ever be.
    Asterisk closes the gap when it next opens the folder.
    """
    removed = 0
    for text in path.glob("msg[0-9][0-9][0-9][0-9].txt"):
        if not {"msg_id", "duration"} <= _values(text).keys():
            text.with_suffix(".wav").unlink(missing_ok=True)
            text.unlink(missing_ok=True)
            removed += 1
    return removed


def open_sound(path: Path, message: str) -> BinaryIO | None:
    """The WAV of the message with that id, open; None where the folder has none."""
    return _undisturbed(path, lambda: _open(path, message)) if path.is_dir() else None


def _undisturbed(path: Path, read: Callable[[], T]) -> T:
    """What `read` returns where nothing is renamed meanwhile."""
    for _ in range(_ATTEMPTS):
        before = _state(path)
        if before is not None:
            with suppress(FileNotFoundError):
                found = read()
                if _state(path) == before:
                    return found
                if isinstance(found, IOBase):
                    found.close()
        time.sleep(_PAUSE_SECONDS)
    raise fault("the engine keeps changing the mailbox", str(path), "try again")


def _state(path: Path) -> int | None:
    """When the folder was last changed; None while it is being changed."""
    changed = path.stat().st_mtime_ns
    if (path / ".lock").exists() or time.time_ns() - changed < _PAUSE_SECONDS * 1e9:
        return None
    return changed


def _messages(path: Path) -> list[Message]:
    found = []
    for text in path.glob("msg[0-9][0-9][0-9][0-9].txt"):
        sound = text.with_suffix(".wav")
        values = _values(text)
        if "duration" in values and sound.is_file():
            found.append(_message(path.name, values, sound.stat().st_size))
    return found


def _open(path: Path, message: str) -> BinaryIO | None:
    for text in path.glob("msg[0-9][0-9][0-9][0-9].txt"):
        if _values(text).get("msg_id") == message:
            return text.with_suffix(".wav").open("rb")
    return None


def _values(text: Path) -> dict[str, str]:
    """`key=value` lines; a caller's name is one line of it, whatever it holds."""
    lines = text.read_text("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines if not line.startswith((";", "[")))
    return {key: value for key, equals, value in pairs if equals}


def _message(folder: str, values: dict[str, str], size: int) -> Message:
    number, name = caller_of(values.get("callerid", ""))
    return Message(
        id=values.get("msg_id", ""),
        folder=FOLDERS[folder],
        number=number,
        name=name,
        received=dt.datetime.fromtimestamp(_whole(values.get("origtime", "")), dt.UTC),
        seconds=_whole(values["duration"]),
        size=size,
        urgent=folder == "Urgent" or values.get("flag") == "Urgent",
    )


def caller_of(text: str) -> tuple[str, str]:
    """Number and name of `"Name" <number>`, of a bare number, or of `Unknown`."""
    if found := _CALLER.fullmatch(text):
        name = found["quoted"] if found["quoted"] is not None else found["name"]
        number = "" if found["number"] in _NOBODY else found["number"]
        return number, re.sub(r"\\(.)", r"\1", name or "")
    bare = text.strip()
    if bare in _NOBODY:
        return "", ""
    return (bare, "") if re.fullmatch(r"[+0-9*#]+", bare) else ("", bare)


_NOBODY = ("", "Unknown", "anonymous")
"""Who shows no number."""


def is_id(text: str) -> bool:
    """Whether it may be asked of the engine as a message's id."""
    return _ID.fullmatch(text) is not None


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else 0

"""Reads sipp's message trace: which SIP message went which way at which microsecond."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

_HEAD = re.compile(
    rb"^-{20,} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})\r?\n"
    rb"(?:UDP|TCP|TLS|SCTP) message (sent|received) [\[(](\d+)\)?[ \]]",
    re.MULTILINE,
)
_SHORT = {"f": "from", "t": "to", "i": "call-id", "m": "contact", "v": "via", "l": "content-length"}


@dataclass(frozen=True)
class Message:
    """One SIP message: `at` in seconds since the epoch, `sent` by us or received."""

    at: float
    sent: bool
    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def method(self) -> str | None:
        """The request's method; None for a response."""
        first = self.start.split(" ", 1)[0]
        return None if first.startswith("SIP/") else first

    @property
    def status(self) -> int | None:
        """The response's status; None for a request."""
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/") else None

    @property
    def uri(self) -> str:
        """The Request-URI of a request."""
        return self.start.split(" ", 2)[1]

    @cached_property
    def answers(self) -> str:
        """The method of the request this belongs to, from CSeq."""
        return self.header("cseq").split()[-1]

    @cached_property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.header("call-id")

    def header(self, name: str) -> str:
        """The first header of that name (lower case), or an empty string."""
        return self._first.get(name, "")

    @cached_property
    def _first(self) -> dict[str, str]:
        return dict(reversed(self.headers))


def _message(at: float, sent: bool, raw: bytes) -> Message | None:
    head, _, body = raw.lstrip(b"\r\n").partition(b"\r\n\r\n")
    start, *lines = head.decode("utf-8", "replace").split("\r\n")
    if " " not in start:
        return None
    pairs = (line.partition(":") for line in lines)
    named = ((name.strip().lower(), value.strip()) for name, _, value in pairs)
    headers = tuple((_SHORT.get(name, name), value) for name, value in named)
    return Message(at, sent, start, headers, body.decode("utf-8", "replace").rstrip("\n"))


class Trace:
    """A trace file that grows: what is new in it is read whenever it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._messages: list[Message] = []

    def messages(self) -> tuple[Message, ...]:
        """All complete messages in the file, oldest first."""
        return tuple(self.after(0))

    def after(self, count: int) -> list[Message]:
        """Those that follow the first `count`."""
        self._read()
        return self._messages[count:]

    def _read(self) -> None:
        if not self._path.exists() or self._path.stat().st_size == self._offset:
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        done = 0
        for head in _HEAD.finditer(data):
            begin = data.find(b"\n", head.end()) + 1
            while data[begin : begin + 1] in (b"\r", b"\n"):
                begin += 1
            end = begin + int(head[3])
            # The last message may not be wholly written yet: it is read the next time.
            if begin == 0 or end > len(data):
                break
            when = datetime.strptime(head[1].decode(), "%Y-%m-%d %H:%M:%S.%f").astimezone()
            message = _message(when.timestamp(), head[2] == b"sent", data[begin:end])
            if message is not None:
                self._messages.append(message)
            done = end
        self._offset += done

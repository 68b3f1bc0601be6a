"""Reads commands the way FreeSWITCH does, for engines made up by tests.

Lines end in CR or LF, an empty one ends the command, blanks before a value are cut, NUL ends
a string, and `content-length` bytes follow. Independent of the code under test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class ReadCommand:
    first: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def argument(self) -> str:
        """That of an application: from its header, or where that is empty from the body."""
        return self.headers.get("execute-app-arg") or self.body


class EngineReader:
    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[ReadCommand]:
        self._buffer += data
        found: list[ReadCommand] = []
        while command := self._next():
            found.append(command)
        return found

    def _next(self) -> ReadCommand | None:
        buffer = self._buffer.lstrip(b"\r\n")
        end = re.search(rb"\n\r?\n", buffer)
        if end is None:
            return None
        first, *lines = re.split(rb"[\r\n]+", buffer[: end.start()])
        command = ReadCommand(_string(first))
        for line in lines:
            name, _, value = line.partition(b":")
            command.headers[_string(name)] = _string(value.lstrip(b" "))
        length = int(command.headers.pop("content-length", "0"))
        rest = buffer[end.end() :]
        if len(rest) < length:
            return None
        command.body, self._buffer = _string(rest[:length]), rest[length:]
        return command


def _string(text: bytes) -> str:
    return text.partition(b"\0")[0].decode()

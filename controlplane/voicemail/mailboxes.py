"""Mailboxes: what every kind of engine offers of the voicemail it keeps itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Protocol

from controlplane.model.deployment import Engine


class Folder(StrEnum):
    """Where a message is. What is in the trash goes when the engine or `delete` empties it."""

    NEW = "new"
    SAVED = "saved"
    TRASH = "trash"


class Occasion(StrEnum):
    """When a greeting is heard. TEMPORARY comes before both others while one is chosen for it."""

    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True)
class Box:
    """One mailbox: its tenant and its extension."""

    tenant: str
    extension: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.extension}"


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the engine's, lasts when the message is moved, and is no other message's.

    `number` and `name` are the caller's, as written by whoever called: they may hold anything.
    `received` has its zone. `seconds` and `size` (bytes) are those of the sound.
    """

    id: str
    folder: Folder
    number: str
    name: str
    received: dt.datetime
    seconds: int
    size: int
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Greeting:
    """A greeting that was recorded or uploaded, and the occasions it is heard on."""

    name: str
    seconds: float
    active: tuple[Occasion, ...] = ()


@dataclass(frozen=True, slots=True)
class Greetings:
    """`unnamed`: occasions on which one is heard that was recorded at the phone, and is none of
    `known`. `recorded_name`: its seconds; None where nobody has said their name."""

    known: tuple[Greeting, ...] = ()
    unnamed: tuple[Occasion, ...] = ()
    recorded_name: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Messages by folder, and bytes of messages and of greetings with the recorded name."""

    messages: Mapping[Folder, int]
    message_bytes: int
    greeting_bytes: int


class Mailboxes(Protocol):
    """Every method raises Faults with one clear line, and bounds its wait.

    Whatever changes messages tells the engine, which sets the lamps of phones.
    """

    async def messages(self, box: Box) -> Sequence[Message]:
        """All of them, newest first."""
        ...

    async def sound(self, box: Box, message: str) -> BinaryIO:
        """The WAV of a message, open; it stays whole whatever happens to the message."""
        ...

    async def move(self, box: Box, message: str, folder: Folder) -> None: ...

    async def delete(self, box: Box, message: str) -> None:
        """For good, from whatever folder."""
        ...

    async def clear(self, box: Box) -> int:
        """Delete all messages, and nothing else; how many there were."""
        ...

    async def greetings(self, box: Box) -> Greetings: ...

    async def greeting(self, box: Box, name: str) -> bytes:
        """A WAV; Faults where there is none of that name."""
        ...

    async def put_greeting(self, box: Box, name: str, wav: bytes) -> None:
        """Keep it; heard at once where the one of that name was heard."""
        ...

    async def delete_greeting(self, box: Box, name: str) -> None:
        """Where it was heard, the engine's own is heard instead."""
        ...

    async def use_greeting(self, box: Box, occasion: Occasion, name: str | None) -> None:
        """None: the engine's own; for TEMPORARY, none."""
        ...

    async def recorded_name(self, box: Box) -> bytes: ...

    async def put_recorded_name(self, box: Box, wav: bytes | None) -> None:
        """None takes it away."""
        ...

    async def clear_data(self, box: Box) -> None:
        """Delete messages, greetings and recorded name."""
        ...

    async def usage(self, box: Box) -> Usage: ...

    async def record(self, box: Box, handset: str, ring: int, longest: int) -> bytes:
        """Call a handset of the tenant, and record it until `#` or the end of the call.

        `ring` and `longest` are in seconds. Faults where nobody answers, or nothing was said.
        """
        ...

    def mark(self, box: Box) -> tuple[int, ...]:
        """Another one whenever a message may have come; cheap, and asks the engine nothing.

        Ends in the time of the last change, in nanoseconds since 1970.
        """
        ...


Open = Callable[[Engine], AbstractAsyncContextManager[Mailboxes]]
"""Connects to the engine, and closes at the end. Raises Faults."""

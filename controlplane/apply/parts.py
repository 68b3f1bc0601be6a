"""Parts of a bundle: what a kind of engine can read anew, and how it is asked what it has read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from controlplane.apply.control import Control


class Part(Protocol):
    """Files that are read together; `marker` is one of them.

    `module` is what is reloaded then; "" where nothing is but what is reloaded for all parts.
    """

    @property
    def name(self) -> str: ...

    @property
    def module(self) -> str: ...

    @property
    def marker(self) -> str: ...

    def has(self, path: str) -> bool: ...

    def digest(self, files: Mapping[str, str]) -> str:
        """Of all its files but the marker, as the engine reports it once they are read."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """`all` in the order in which they are to be reloaded; a module they share is reloaded once.

    `reported`: the digest of what the engine has read of a part, given what is wanted; "" for
    nothing of ours. `needs_restart`: those files that are read only when the engine starts.
    `first` is reloaded before any part, if one is.
    """

    all: Sequence[Part]
    reported: Callable[[Any, Control, str], Awaitable[str]]
    needs_restart: Callable[[Iterable[str]], tuple[str, ...]]
    first: str = ""

    def reloads(self, parts: Sequence[Part]) -> list[tuple[str, list[Part]]]:
        """What is to be reloaded for these, in order, and which of them to ask for after each."""
        found: dict[str, list[Part]] = {self.first: []} if parts and self.first else {}
        for part in parts:
            found.setdefault(part.module or self.first, []).append(part)
        return list(found.items())

    async def reports(self, control: Control, wanted: Mapping[str, str]) -> dict[str, str]:
        """By part."""
        return {
            part.name: await self.reported(part, control, wanted.get(part.name, ""))
            for part in self.all
        }

    def wanted(self, files: Mapping[str, str]) -> dict[str, str]:
        """By part, what is to be reported once these files are read; nothing without them."""
        return {part.name: part.digest(files) for part in self.all if part.marker in files}

    def static(self, digests: Mapping[str, str]) -> dict[str, str]:
        """Of all the files, those that need a restart."""
        return {path: digests[path] for path in self.needs_restart(digests)}

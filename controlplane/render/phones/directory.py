"""Directory: the numbers that phones of a tenant show by name (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    number: str


class Directory:
    """Of lines that are to be in it, and of groups; sorted by name. Made when it is looked at."""

    def __init__(self, system: PhoneSystem) -> None:
        self._system = system

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        system = self._system
        found = [
            Entry(display_name(system, extension), extension)
            for extension, line in system.lines.items()
            if line.in_directory
        ]
        found += [
            Entry(group.name or key, group.extension)
            for key, group in system.groups.items()
            if group.extension
        ]
        return tuple(sorted(found, key=lambda it: (it.name.casefold(), it.number)))

    def page(self, page: int, length: int) -> tuple[Entry, ...]:
        """Entries of a page, counted from 1; all of them where `length` is 0."""
        return self.entries[(page - 1) * length : page * length] if length else self.entries

    def has(self, page: int, length: int) -> bool:
        return bool(length) and len(self.entries) > (page - 1) * length

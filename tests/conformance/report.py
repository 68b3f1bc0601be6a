"""The report: a row a scenario, a column a reader of all of them, and what differs below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.conformance.ending import Ending, differences
from tests.conformance.scenario import Numbered


@dataclass
class Report:
    """Endings by reader and tenant, each compared with what is wanted."""

    wanted: dict[str, Ending] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    seen: dict[str, dict[str, Ending]] = field(default_factory=dict)

    def add(
        self, reader: str, scenarios: Sequence[Numbered], wanted: Mapping[str, Ending],
        seen: Mapping[str, Ending],
    ) -> None:  # fmt: skip
        self.names |= {one.key: one.scenario.name for one in scenarios}
        self.wanted |= wanted
        self.seen.setdefault(reader, {}).update(seen)

    def faults(self, reader: str, tenant: str) -> list[str]:
        """What this reader did otherwise than wanted."""
        seen = self.seen[reader].get(tenant)
        return ["no call"] if seen is None else list(differences(self.wanted[tenant], seen))

    def __str__(self) -> str:
        whole = [reader for reader, seen in self.seen.items() if len(seen) == len(self.names)]
        rows = [["", "scenario", "wanted", *whole]]
        rows += [
            [tenant, name, str(self.wanted[tenant]), *(self._verdict(it, tenant) for it in whole)]
            for tenant, name in self.names.items()
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        notes = [
            f"{tenant} {self.names[tenant]}, {reader}: {fault}"
            for reader, seen in self.seen.items()
            for tenant in seen
            for fault in self.faults(reader, tenant)
        ]
        return "\n".join([*lines, "", *notes, self.summary(), ""])

    def _verdict(self, reader: str, tenant: str) -> str:
        return "DIFFERS" if self.faults(reader, tenant) else "as wanted"

    def summary(self) -> str:
        parts = []
        for reader, endings in self.seen.items():
            good = sum(not self.faults(reader, tenant) for tenant in endings)
            parts.append(f"{reader}: {good} of {len(endings)} as wanted")
        return "; ".join(parts)

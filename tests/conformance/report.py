"""The report: a row a scenario, a column a reader, and what differs below."""

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
        self.names |= {one.tenant: one.scenario.name for one in scenarios}
        self.wanted |= wanted
        self.seen.setdefault(reader, {}).update(seen)

    def faults(self, reader: str, tenant: str) -> list[str]:
        """What this reader did otherwise than wanted."""
        seen = self.seen[reader].get(tenant)
        return ["no call"] if seen is None else list(differences(self.wanted[tenant], seen))

    def __str__(self) -> str:
        readers = list(self.seen)
        rows = [["", "scenario", "wanted", *readers]]
        notes: list[str] = []
        for tenant, name in self.names.items():
            row = [tenant, name, str(self.wanted[tenant])]
            for reader in readers:
                if tenant not in self.seen[reader]:
                    row.append("-")
                    continue
                faults = self.faults(reader, tenant)
                row.append("DIFFERS" if faults else "as wanted")
                notes += [f"{tenant} {name}, {reader}: {fault}" for fault in faults]
            rows.append(row)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, "", *notes, self.summary(), ""])

    def summary(self) -> str:
        parts = []
        for reader, endings in self.seen.items():
            good = sum(not self.faults(reader, tenant) for tenant in endings)
            parts.append(f"{reader}: {good} of {len(endings)} as wanted")
        return "; ".join(parts)

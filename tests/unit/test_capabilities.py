"""What not every engine does is told: each has its row in the table of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from controlplane.capabilities import Capability
from controlplane.engines import ENGINES

DOCUMENT = Path(__file__).parents[2] / "docs/conformance.md"


def test_every_capability_is_a_row_and_says_what_happens_instead() -> None:
    rows = [re.split(r" *\| *", line.strip("| ")) for line in DOCUMENT.read_text().splitlines()]
    table = {row[0]: row[1:] for row in rows}
    engines = [name.lower() for name in table["capability"]]
    for capability in Capability:
        told = dict(zip(engines, table[capability.value], strict=True))
        for kind, row in ENGINES.items():
            said = told[kind.value]
            assert said == "yes" if capability in row.capabilities else len(said) > 10, capability


def test_what_every_engine_does_is_no_capability() -> None:
    for capability in Capability:
        assert any(capability not in row.capabilities for row in ENGINES.values())

"""Wherever a caller hangs up, the call becomes a line of the spool."""

from __future__ import annotations

import re

from controlplane.render.asterisk import render
from controlplane.render.asterisk.history import ENDED_CONTEXT
from tests.unit.render.asterisk.office import ENGINE, view

NO_CALLER = re.compile(
    r"cp-(h|e|d)-.*|cp-(leg|later|accept|joined|unsaid|ended|record|lamps)|globals|general"
)
"""Hints, numbers and days to look up, what runs on a called leg, and calls that the engine makes
itself."""


def test_every_context_ends_in_the_spool() -> None:
    without = []
    for name, text in render([view()], ENGINE).files.items():
        if not name.startswith("extensions/"):
            continue
        for context in re.split(r"(?m)^\[", text)[1:]:
            title, _, body = context.partition("]")
            told = f"include => {ENDED_CONTEXT}" in body or f"Goto({ENDED_CONTEXT},h,1)" in body
            if not told and not NO_CALLER.fullmatch(title):
                without.append(title)
    assert without == []

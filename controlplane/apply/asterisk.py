"""Asterisk's applier, and what an Asterisk reports of each part of a bundle that it has read."""

from __future__ import annotations

import re
from typing import assert_never

from controlplane.apply.bundle_applier import BundleApplier
from controlplane.apply.control import Connect, Control
from controlplane.apply.parts import Parts
from controlplane.render.asterisk.parts import PARTS, Part, Report, needs_restart

_DIGEST = re.compile(r"\b[0-9a-f]{16}\b")


class AsteriskApplier(BundleApplier):
    def __init__(self, connect: Connect) -> None:
        super().__init__(Parts(PARTS, _reported, needs_restart), connect)


async def _reported(part: Part, control: Control, _: str) -> str:
    """The digest of what it runs; empty where it has read none of ours."""
    match part.report:
        case Report.VARIABLE:
            answer = await control.variable(part.question)
        case Report.COMMAND:
            answer = await control.command(part.question)
        case _ as never:
            assert_never(never)
    found = _DIGEST.search(answer)
    return found[0] if found else ""

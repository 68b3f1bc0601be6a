"""What an Asterisk reports of each part of a bundle that it has read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import assert_never

from controlplane.apply.control import Control
from controlplane.render.asterisk.parts import PARTS, Part, Report

_DIGEST = re.compile(r"\b[0-9a-f]{16}\b")


async def reported(part: Part, control: Control) -> str:
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


async def reports(control: Control) -> dict[str, str]:
    """By part, in the order in which they are to be reloaded."""
    return {part.name: await reported(part, control) for part in PARTS}


def wanted(files: Mapping[str, str]) -> dict[str, str]:
    """By part, what is to be reported once these files are read; nothing without them."""
    return {part.name: part.digest(files) for part in PARTS if part.marker in files}

"""Parts of an Asterisk's bundle that can be reloaded, and what the engine reports of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from controlplane.apply.control import Control


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    module: str
    files: tuple[str, ...]
    mark: str
    ask: str = ""

    def holds(self, path: str) -> bool:
        return path.startswith(self.files)


PARTS = (
    Part("pjsip", "res_pjsip.so", ("pjsip",), r"cp-mark-([0-9a-f]+)", "pjsip show aors"),
    Part(
        "voicemail", "app_voicemail.so", ("voicemail",), r"mark-([0-9a-f]+)", "voicemail show users"
    ),
    Part("dialplan", "pbx_config.so", ("extensions", "dialplan/"), r"CP_MARK=([0-9a-f]+)"),
)


def wanted(part: Part, files: Mapping[str, str]) -> str:
    for path, text in files.items():
        if part.holds(path) and (found := re.search(part.mark, text)):
            return found[1]
    return ""


async def reported(part: Part, control: Control) -> str:
    if not part.ask:
        return await control.variable("CP_MARK")
    found = re.search(part.mark, await control.command(part.ask))
    return found[1] if found else ""

"""FreeSWITCH's applier, and what a FreeSWITCH reports of each part of a bundle it has read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controlplane.apply.bundle_applier import BundleApplier
from controlplane.apply.control import Connect, Control
from controlplane.apply.parts import Parts
from controlplane.render.freeswitch import parts as rendered

RELOAD_XML = "reloadxml"
"""Reads all files at once, and is done before all else."""


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part of the bundle, with the command behind `reloadxml` as the module."""

    rendered: rendered.Part

    @property
    def name(self) -> str:
        return self.rendered.name

    @property
    def module(self) -> str:
        return self.rendered.command

    @property
    def marker(self) -> str:
        return self.rendered.marker

    def has(self, path: str) -> bool:
        return self.rendered.has(path)

    def digest(self, files: Mapping[str, str]) -> str:
        return self.rendered.digest(files)


class FreeSwitchApplier(BundleApplier):
    def __init__(self, connect: Connect) -> None:
        parts = tuple(ReadPart(part) for part in rendered.PARTS)
        super().__init__(Parts(parts, _reported, rendered.needs_restart, RELOAD_XML), connect)


async def _reported(part: ReadPart, control: Control, wanted: str) -> str:
    answer = await control.command(part.rendered.asked(wanted))
    return part.rendered.told(answer, wanted)

"""Switch: one change of an Asterisk's files, with the reloads it takes, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from controlplane.apply.applier import Progress
from controlplane.apply.asterisk_parts import reported, reports, wanted
from controlplane.apply.asterisk_static import read_at_start, stale_files, static_text
from controlplane.apply.bundle_folder import BundleFolder
from controlplane.apply.control import Control
from controlplane.apply.engine_keys import Running
from controlplane.apply.manifest import Manifest, digest_of, encoded
from controlplane.diagnostics import fault
from controlplane.render.asterisk.parts import PARTS, Part
from controlplane.render.bundle import Bundle

RELOAD_SECONDS = 60.0
"""The longest a reload may take; 10,000 SIP accounts take 3 s."""

SETTLE_SECONDS = 5.0
"""How long after a reload the engine may take to report what it has read."""


class Switch:
    """`prepare` changes nothing that is live; `go` switches and reloads; `back` undoes `go`."""

    def __init__(self, control: Control, folder: BundleFolder, tell: Progress) -> None:
        self._control = control
        self._folder = folder
        self._tell = tell
        self._old_name: str | None = None
        self._new: Manifest | None = None
        self._wanted: dict[str, str] = {}
        self._parts: list[Part] = []
        self._switched = False
        self.changed: tuple[str, ...] = ()
        self.reloaded: list[str] = []
        self.static = ""
        self.needs_restart: tuple[str, ...] = ()

    async def prepare(self, bundle: Bundle, revision: int, was: Running, *, thorough: bool) -> None:
        """Write the bundle unless it is live already, and see which parts are to be reloaded.

        Besides those whose files differ, that is any part of which the engine reports other
        than what is wanted: an earlier apply may have been interrupted.
        """
        digests = {path: digest_of(encoded(path, text)) for path, text in bundle.files.items()}
        live = self._folder.live()
        self._old_name = self._folder.live_name()
        touched = await self._touched(live, thorough=thorough)
        old = live.digests() if live else {}
        if live is None or old != digests or touched:
            self._new = await asyncio.to_thread(self._folder.write, bundle.files, revision)
        self.changed = tuple(
            path
            for path in sorted({*old, *digests})
            if old.get(path) != digests.get(path) or path in touched
        )
        found, self._wanted = await reports(self._control), wanted(bundle.files)
        self._parts = [
            part
            for part in PARTS
            if found[part.name] != self._wanted.get(part.name)
            or any(part.has(path) for path in self.changed)
        ]
        await self._compare_static(old, digests, was)

    async def _touched(self, live: Manifest | None, *, thorough: bool) -> set[str]:
        """Files that somebody else edited, removed or added in the live bundle."""
        if live is None or (not thorough and self._folder.intact(live)):
            return set()
        found = await asyncio.to_thread(self._folder.differences, live)
        return {path for path, _ in found}

    async def _compare_static(
        self, old: Mapping[str, str], new: Mapping[str, str], was: Running
    ) -> None:
        """Which files the engine would have to start anew to read."""
        started = await self._control.started()
        read = read_at_start(was.static, started, old)
        self.static = static_text(read, started)
        self.needs_restart = stale_files(read, new)

    async def go(self) -> None:
        """Raises Faults on any failure; then call `back`."""
        if self._new is not None:
            self._tell("switch")
            self._switched = True
            self._folder.switch(self._new.name)
        for part in self._parts:
            self._tell(f"reload {part.module}")
            self.reloaded.append(part.module)
            await self._reload(part, self._wanted.get(part.name, ""))

    async def back(self) -> None:
        """The old link and what the engine had read before. Raises Faults."""
        if self._switched:
            self._folder.switch(self._old_name)
        old = wanted(self._folder.texts(self._old_name)) if self.reloaded else {}
        for part in self._parts[: len(self.reloaded)]:
            await self._reload(part, old.get(part.name, ""))
        if self._new is not None:
            self._folder.discard(self._new.name)

    async def _reload(self, part: Part, digest: str) -> None:
        await self._control.reload(part.module, RELOAD_SECONDS)
        clock = asyncio.get_running_loop().time
        until = clock() + SETTLE_SECONDS
        while (found := await reported(part, self._control)) != digest:
            if clock() >= until:
                raise fault(
                    f"after its reload {part.module} reports"
                    f" {found or 'nothing'} instead of {digest or 'nothing'}",
                    part.name,
                )
            await asyncio.sleep(0.05)

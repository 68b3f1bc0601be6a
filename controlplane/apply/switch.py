"""Switch: one change of an engine's files, with the reloads it takes, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from controlplane.apply.applier import Progress
from controlplane.apply.bundle_folder import BundleFolder
from controlplane.apply.control import Control
from controlplane.apply.engine_keys import Running
from controlplane.apply.manifest import Manifest, digest_of, encoded
from controlplane.apply.parts import Part, Parts
from controlplane.apply.static_files import read_at_start, stale_files, static_text
from controlplane.diagnostics import fault
from controlplane.render.bundle import Bundle

RELOAD_SECONDS = 60.0
"""The longest a reload may take; 10,000 SIP accounts take 3 s."""

SETTLE_SECONDS = 5.0
"""How long after a reload the engine may take to report what it has read."""


class Switch:
    """`prepare` changes nothing that is live; `go` switches and reloads; `back` undoes `go`."""

    def __init__(
        self, parts: Parts, control: Control, folder: BundleFolder, tell: Progress
    ) -> None:
        self._all = parts
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
        self._wanted = self._all.wanted(bundle.files)
        found = await self._all.reports(self._control, self._wanted)
        self._parts = [
            part
            for part in self._all.all
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
        read = read_at_start(was.static, started, self._all.static(old))
        self.static = static_text(read, started)
        self.needs_restart = stale_files(read, self._all.static(new))

    async def go(self) -> None:
        """Raises Faults on any failure; then call `back`."""
        if self._new is not None:
            self._tell("switch")
            self._switched = True
            self._folder.switch(self._new.name)
        for module, parts in self._all.reloads(self._parts):
            self._tell(f"reload {module}")
            self.reloaded.append(module)
            await self._reload(module, parts, self._wanted)

    async def back(self) -> None:
        """The old link and what the engine had read before. Raises Faults."""
        if self._switched:
            self._folder.switch(self._old_name)
        old = self._all.wanted(self._folder.texts(self._old_name)) if self.reloaded else {}
        for module, parts in self._all.reloads(self._parts)[: len(self.reloaded)]:
            await self._reload(module, parts, old)
        if self._new is not None:
            self._folder.discard(self._new.name)

    async def _reload(self, module: str, parts: list[Part], wanted: Mapping[str, str]) -> None:
        await self._control.reload(module, RELOAD_SECONDS)
        until = asyncio.get_running_loop().time() + SETTLE_SECONDS
        for part in parts:
            await self._settled(module, part, wanted.get(part.name, ""), until)

    async def _settled(self, module: str, part: Part, digest: str, until: float) -> None:
        """Raises Faults where the engine does not report the digest in time."""
        clock = asyncio.get_running_loop().time
        while (found := await self._all.reported(part, self._control, digest)) != digest:
            if clock() >= until:
                raise fault(
                    f"after its reload {module} reports"
                    f" {found or 'nothing'} instead of {digest or 'nothing'}",
                    part.name,
                )
            await asyncio.sleep(0.05)

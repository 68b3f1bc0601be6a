"""The applier of every engine: write, switch, reload what differs, put keys, read back, or undo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from controlplane.apply.applier import Applied, News, Progress
from controlplane.apply.bundle_folder import BundleFolder
from controlplane.apply.control import Connect, Control
from controlplane.apply.drift import differences
from controlplane.apply.engine_keys import EngineKeys, Running, running
from controlplane.apply.news import EVENT
from controlplane.apply.parts import Parts
from controlplane.apply.remembered import RememberedKeys
from controlplane.apply.store_keys import Delta
from controlplane.apply.switch import Switch
from controlplane.diagnostics import Diagnostic, Faults
from controlplane.model.deployment import Engine
from controlplane.render.bundle import Bundle


class BundleApplier:
    """`connect` opens a control connection to an engine; `parts` are those of its bundles."""

    def __init__(self, parts: Parts, connect: Connect) -> None:
        self._parts = parts
        self._connect = connect

    async def ready(self, engine: Engine, *, files: bool = False) -> None:
        """Faults where the engine does not answer or refuses us, or files would have no room."""
        if files:
            BundleFolder(Path(engine.folder)).refuse_full()
        async with self._connect(engine) as control:
            await running(control)

    async def apply(
        self,
        engine: Engine,
        bundle: Bundle,
        revision: int,
        tell: Progress,
        news: News,
        *,
        thorough: bool = False,
    ) -> Applied:
        async with self._alone(engine) as (control, folder):
            was = await running(control)
            if was.revision is not None and was.revision > revision and not thorough:
                # Whoever was faster had this revision in theirs.
                return Applied(was.revision, was.revision, folder.live_name() or "")
            keys = EngineKeys(control, RememberedKeys(folder.folder))
            tell("compare")
            known = await keys.find(was, thorough=thorough)
            changed = keys.plan(bundle.store)
            switch = Switch(self._parts, control, folder, tell)
            tell("write files")
            await switch.prepare(bundle, revision, was, thorough=thorough or not known)
            applied = await self._go(switch, keys, was, revision, tell)
            await _announce(control, news)
            folder.prune()
            return Applied(
                revision=applied,
                previous=was.revision,
                bundle=folder.live_name() or "",
                files_changed=len(switch.changed),
                reloads=tuple(switch.reloaded),
                keys_changed=changed,
                needs_restart=switch.needs_restart,
            )

    async def flip(
        self, engine: Engine, change: Delta, expected: int, revision: int, news: News
    ) -> Applied | None:
        async with self._alone(engine) as (control, folder):
            was = await running(control)
            keys = EngineKeys(control, RememberedKeys(folder.folder))
            if was.revision != expected or not await keys.find_few(was, change):
                return None
            applied = await self._go(None, keys, was, revision, lambda _: None)
            await _announce(control, news)
            return Applied(applied, expected, folder.live_name() or "", keys_changed=len(change))

    async def drift(self, engine: Engine, bundle: Bundle, revision: int) -> list[Diagnostic]:
        async with self._connect(engine) as control:
            folder = BundleFolder(Path(engine.folder))
            return await differences(self._parts, control, folder, bundle, revision)

    async def start_folder(self, engine: Engine, bundle: Bundle) -> None:
        folder = BundleFolder(Path(engine.folder))
        async with folder.locked():
            if folder.live() is None:
                folder.switch(folder.write(bundle.files, 0).name)

    @asynccontextmanager
    async def _alone(self, engine: Engine) -> AsyncIterator[tuple[Control, BundleFolder]]:
        folder = BundleFolder(Path(engine.folder))
        async with self._connect(engine) as control, folder.locked():
            yield control, folder

    async def _go(
        self,
        switch: Switch | None,
        keys: EngineKeys,
        was: Running,
        revision: int,
        tell: Progress,
    ) -> int:
        """The part that is undone on any failure."""
        static = was.static
        try:
            if switch is not None:
                await switch.go()
                static = switch.static
            tell("write keys")
            await keys.carry_out(revision, static)
        except BaseException as error:
            tell("roll back")
            raise await _undone(switch, keys, was, error) from error
        return revision


async def _undone(
    switch: Switch | None, keys: EngineKeys, was: Running, error: BaseException
) -> BaseException:
    """Put everything back; what to raise then. Keys and files are put back each on its own."""
    failed: list[Diagnostic] = []
    for back in ([switch.back] if switch else []) + [keys.take_back]:
        try:
            await back()
        except Faults as faults:
            failed += faults.diagnostics
    if not failed:
        what = Diagnostic(f"nothing was changed: the engine runs {was.name} again")
    else:
        why = "; ".join(item.message for item in failed)
        what = Diagnostic(
            f"the engine could not be brought back to {was.name}: {why}",
            mend="see that it runs and answers, then `ctl apply` brings it to what is stored",
        )
    if isinstance(error, Faults):
        return Faults([*error.diagnostics, what])
    return error


async def _announce(control: Control, news: News) -> None:
    """A driver that misses it follows the store by itself: never a reason to fail."""
    try:
        await control.announce(EVENT, news)
    except Faults:
        return

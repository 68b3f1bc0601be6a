"""Engine keys: the stored keys of one engine, brought from one revision to another.

Beside the keys of the bundle the engine holds three of ours. `cp/revision` is what it runs.
`cp/digest` is that of all its other keys, and `-` while they are being written: whoever was
interrupted there leaves an engine whose keys the next one compares in full. `cp/static` is what
it read at its start and cannot read again.

Asterisk writes its store to the disk up to a second late, in order. An engine that is killed
within that second comes back with older keys, and with the revision and digest that belong to
them: it is seen, and the next apply compares all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from controlplane.apply.control import Control
from controlplane.apply.remembered import RememberedKeys
from controlplane.apply.store_keys import Delta, delta, digest_after, undone
from controlplane.diagnostics import Faults, fault

ROOT = "cp"
REVISION = f"{ROOT}/revision"
DIGEST = f"{ROOT}/digest"
STATIC = f"{ROOT}/static"
OWN = (REVISION, DIGEST, STATIC)
BEING_WRITTEN = "-"

_FEW = 50
"""Keys up to this many are read back one by one, more of them all at once."""


@dataclass(frozen=True, slots=True)
class Running:
    """What the engine says of itself. `revision` None: it never had one of ours."""

    revision: int | None
    digest: str
    static: str

    @property
    def name(self) -> str:
        return "no revision of ours" if self.revision is None else f"revision {self.revision}"


async def running(control: Control) -> Running:
    found = await control.read(OWN)
    revision = found.get(REVISION, "")
    return Running(
        int(revision) if revision.isdecimal() else None,
        found.get(DIGEST, ""),
        found.get(STATIC, ""),
    )


async def all_keys(control: Control) -> dict[str, str]:
    """Every key of a bundle that the engine really has."""
    found = await control.tree(ROOT)
    for key in OWN:
        found.pop(key, None)
    return found


class EngineKeys:
    """The keys as they were found, the change to them, and the way back."""

    def __init__(self, control: Control, remembered: RememberedKeys) -> None:
        self._control = control
        self._remembered = remembered
        self._was = Running(None, "", "")
        self._before: dict[str, str] = {}
        self._digest = ""
        self._few = False
        self._change = Delta()
        self._touched = False

    async def find(self, was: Running, *, thorough: bool) -> bool:
        """Learn what the engine has; False where it is not what was remembered.

        Only then, or to be `thorough`, are all keys read.
        """
        self._was = was
        self._remembered.load()
        known = bool(was.digest) and was.digest == self._remembered.digest
        if thorough or not known:
            self._remembered.replace(await all_keys(self._control))
        self._before = dict(self._remembered.keys)
        self._digest = self._remembered.digest
        return known

    def plan(self, wanted: Mapping[str, str]) -> int:
        """How many keys `carry_out` is going to change."""
        self._change = delta(self._before, wanted)
        return len(self._change)

    async def find_few(self, was: Running, change: Delta) -> bool:
        """Plan to change these keys and look at no others; False as for `find`."""
        self._was, self._change, self._few = was, change, True
        self._digest = self._remembered.last_digest()
        self._before = await self._control.read((*change.put, *change.delete))
        return bool(was.digest) and was.digest == self._digest

    async def carry_out(self, revision: int, static: str) -> None:
        """Write what differs, then the revision; all of it read back. Raises Faults."""
        change, before = self._change, self._before
        digest = digest_after(self._digest, change, before)
        own = {STATIC: static, DIGEST: digest, REVISION: str(revision)}
        self._touched = True
        if change:
            await self._write(Delta({DIGEST: BEING_WRITTEN}))
            await self._write(change)
            await self._read_back(change)
        await self._write(Delta(own))
        found = await self._control.read(own)
        if found != own:
            raise fault(
                f"the engine reports revision {found.get(REVISION, 'none')} after it was"
                f" given revision {revision}"
            )
        if change and self._few:
            self._remembered.append(change, digest)
        elif change:
            self._remembered.change(change, digest)

    async def take_back(self) -> None:
        """As found, read back. Raises Faults."""
        old = {REVISION: self._was.revision, DIGEST: self._digest, STATIC: self._was.static}
        put = {key: str(value) for key, value in old.items() if value not in (None, "")}
        if not self._touched or await self._is_as_found(put):
            return
        change = undone(self._change, self._before)
        if change:
            await self._write(Delta({DIGEST: BEING_WRITTEN}))
            await self._write(change)
            await self._read_back(change)
        await self._write(Delta(put, tuple(key for key in old if key not in put)))
        if await self._control.read(OWN) != put:
            raise fault("the engine does not report its old revision")

    async def _is_as_found(self, own: Mapping[str, str]) -> bool:
        """An engine whose disk is full took nothing, and there is nothing to put back."""
        return await self._control.read(OWN) == own and not await self._wrong(
            undone(self._change, self._before)
        )

    async def _write(self, change: Delta) -> None:
        try:
            await self._control.write(change)
        except Faults as faults:
            mend = "see that the engine answers, and that the disk of its state folder has room"
            raise Faults(replace(it, mend=it.mend or mend) for it in faults.diagnostics) from faults

    async def _read_back(self, change: Delta) -> None:
        wrong = await self._wrong(change)
        if wrong:
            more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            raise fault(f"the engine's store did not take the key {wrong[0]}{more}")

    async def _wrong(self, change: Delta) -> list[str]:
        """The keys that the engine has not as the change leaves them."""
        if len(change) > _FEW:
            found = await self._control.tree(ROOT)
        else:
            found = await self._control.read((*change.put, *change.delete))
        wrong = [key for key, value in change.put.items() if found.get(key) != value]
        return wrong + [key for key in change.delete if key in found]

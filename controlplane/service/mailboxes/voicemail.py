"""Voicemail of a deployment: a mailbox is on every engine, its messages where calls left them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from controlplane.diagnostics import Diagnostic, Faults, fault
from controlplane.engines import ENGINES
from controlplane.model.deployment import Deployment
from controlplane.model.handset import Handset
from controlplane.model.line import Line
from controlplane.model.mailbox import Mailbox
from controlplane.service.files import written
from controlplane.store.store import Store
from controlplane.voicemail.faults import missing
from controlplane.voicemail.mailboxes import (
    Box,
    Folder,
    Greetings,
    Mailboxes,
    Message,
    Occasion,
    Usage,
)

LONGEST_RECORDING = 300
"""Seconds."""

_RING = 30
_COPY_BYTES = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """A message, and the engine that has it."""

    engine: str
    message: Message


class Voicemail:
    """Every method raises Faults. `only` is the one engine to use; all where it is empty.

    What is asked or done on an engine that does not answer is a fault: half a mailbox is not
    shown as if it were the whole.
    """

    def __init__(self, deployment: Deployment, store: Store, only: str = "") -> None:
        if only and only not in deployment.engines:
            known = ", ".join(deployment.engines)
            raise fault(f"there is no engine {only!r}", "", f"there are {known}")
        self._engines = {
            name: engine for name, engine in deployment.engines.items() if only in ("", name)
        }
        self._store = store

    def box(self, address: str) -> tuple[Box, Mailbox]:
        """Of `acme/101`, `acme/lines/101` or `acme/mailboxes/600`."""
        tenant, *path = address.strip("/").removesuffix("/voicemail").split("/")
        match path:
            case [extension] | ["lines" | "mailboxes", extension]:
                pass
            case _:
                raise fault("is no mailbox", address, "write TENANT/EXTENSION, as acme/101")
        box = Box(tenant, extension)
        found = self._stored(box)
        if found is None or not found.enabled:
            what = "is off" if found else "does not exist"
            mend = f"`ctl set {tenant}/lines/{extension}/voicemail on` makes one"
            raise fault(f"mailbox {box} {what}", address, mend)
        return box, found

    def messages(self, box: Box) -> list[Held]:
        """Newest first."""
        found = self._all(lambda engine: engine.messages(box))
        held = [Held(name, message) for name, items in found.items() for message in items]
        return sorted(held, key=lambda one: one.message.received, reverse=True)

    def save(self, box: Box, message: str, to: Path) -> int:
        """The sound of a message into a file that is not there yet; its bytes."""

        async def copy(engine: Mailboxes) -> int:
            with await engine.sound(box, message) as source:
                return written(to, iter(lambda: source.read(_COPY_BYTES), b""))

        return self._on(self._holder(box, message), copy)

    def move(self, box: Box, message: str, folder: Folder) -> None:
        self._on(self._holder(box, message), lambda engine: engine.move(box, message, folder))

    def delete(self, box: Box, *messages: str) -> None:
        """All of them, or none where one is not there."""
        holders = {held.message.id: held.engine for held in self.messages(box)}
        unknown = [missing(box, it) for it in messages if it not in holders]
        if unknown:
            raise Faults(one for faults in unknown for one in faults.diagnostics)
        for message in dict.fromkeys(messages):
            self._on(holders[message], partial(_delete, box, message))

    def clear_messages(self, box: Box) -> int:
        return sum(self._all(lambda engine: engine.clear(box)).values())

    def clear_data(self, box: Box) -> None:
        self._all(lambda engine: engine.clear_data(box))

    def usage(self, box: Box) -> Mapping[str, Usage]:
        """By engine."""
        return self._all(lambda engine: engine.usage(box))

    def greetings(self, box: Box) -> Mapping[str, Greetings]:
        """By engine."""
        return self._all(lambda engine: engine.greetings(box))

    def save_greeting(self, box: Box, name: str, to: Path) -> int:
        content = self._first(lambda engine: engine.greeting(box, name))
        return written(to, iter((content,)))

    def put_greeting(self, box: Box, name: str, wav: bytes) -> None:
        self._all(lambda engine: engine.put_greeting(box, name, wav))

    def delete_greeting(self, box: Box, name: str) -> None:
        self._all(lambda engine: engine.delete_greeting(box, name))

    def use_greeting(self, box: Box, occasion: Occasion, name: str | None) -> None:
        self._all(lambda engine: engine.use_greeting(box, occasion, name))

    def save_name(self, box: Box, to: Path) -> int:
        content = self._first(lambda engine: engine.recorded_name(box))
        return written(to, iter((content,)))

    def put_name(self, box: Box, wav: bytes | None) -> None:
        self._all(lambda engine: engine.put_recorded_name(box, wav))

    def handsets(self, box: Box) -> Sequence[str]:
        """Those that serve the mailbox's line."""
        handsets = self._store.system(box.tenant).handsets.items()
        return [name for name, handset in handsets if handset.serves == box.extension]

    def record(self, box: Box, handset: str, longest: int = LONGEST_RECORDING) -> bytes:
        """What is said at a handset of the tenant, which is called for it."""
        _, document = self._store.object_at(f"{box.tenant}/handsets/{handset}")
        if document is None:
            raise fault(f"there is no handset {handset!r}", f"{box.tenant}/handsets")
        Handset.model_validate(document)
        return self._first(lambda engine: engine.record(box, handset, _RING, longest))

    def _stored(self, box: Box) -> Mailbox | None:
        _, line = self._store.object_at(f"{box.tenant}/lines/{box.extension}")
        _, shared = self._store.object_at(f"{box.tenant}/mailboxes/{box.extension}")
        try:
            if line is not None:
                return Line.model_validate(line).voicemail
            return Mailbox.model_validate(shared) if shared is not None else None
        except ValidationError:
            raise fault("is stored in a form that this program does not know", str(box)) from None

    def _holder(self, box: Box, message: str) -> str:
        if len(self._engines) == 1:
            return next(iter(self._engines))
        for held in self.messages(box):
            if held.message.id == message:
                return held.engine
        mend = "`ctl voicemail list` names all there are"
        raise fault(f"there is no message {message!r}", str(box), mend)

    def _on(self, name: str, work: Callable[[Mailboxes], Awaitable[T]]) -> T:
        async def run() -> T:
            engine = self._engines[name]
            async with ENGINES[engine.kind].mailboxes(engine) as opened:
                return await work(opened)

        return asyncio.run(run())

    def _first(self, work: Callable[[Mailboxes], Awaitable[T]]) -> T:
        """Of the first engine that has it."""
        faults: list[Diagnostic] = []
        for name in self._engines:
            try:
                return self._on(name, work)
            except Faults as error:
                faults += error.diagnostics
        raise Faults(faults[:1])

    def _all(self, work: Callable[[Mailboxes], Awaitable[T]]) -> dict[str, T]:
        """On every engine, by its name; the faults of all that failed."""
        done: dict[str, T] = {}
        faults: list[Diagnostic] = []
        for name in self._engines:
            try:
                done[name] = self._on(name, work)
            except Faults as error:
                faults += error.diagnostics
        if faults:
            raise Faults(dict.fromkeys(faults))
        return done


async def _delete(box: Box, message: str, engine: Mailboxes) -> None:
    await engine.delete(box, message)

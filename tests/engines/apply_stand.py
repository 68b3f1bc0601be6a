"""An engine to apply to, small phone systems, and a connection that is interrupted at will."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from controlplane.apply.control import Connect
from controlplane.engines import ENGINES
from controlplane.live.asterisk import control as asterisk_control
from controlplane.model.deployment import Engine
from controlplane.model.documents import from_documents
from controlplane.render.bundle import Bundle, TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of

ADDRESS = "127.0.0.61"
PASSWORD = "opens-only-this-engine"
OFFICE = "09:00-17:30"

FILE_OPERATIONS = (
    "mkdir", "open", "write", "fsync", "fchmod", "chmod", "link", "rename", "symlink", "unlink",
)  # fmt: skip
ENGINE_COMMANDS = (
    "read", "tree", "write", "reload", "variable", "command", "started", "announce",
)  # fmt: skip


def engine_in(root: Path, **settings: Any) -> Engine:
    made = {"address": ADDRESS, "password": PASSWORD, "rtp_first": 16100, "rtp_last": 16199}
    made["folder"] = str(root / "engine")
    return Engine.model_validate(made | settings)


def documents(lines: int, *, office: str = OFFICE, **first: Any) -> dict[str, dict[str, Any]]:
    """A tenant with a handset and a mailbox a line; `first` are settings of the line 1000.

    `office` are the hours of its time frame: they are in the dialplan and nowhere else.
    """
    made: dict[str, dict[str, Any]] = {
        "acme/settings": {"name": "Acme"},
        "acme/time_frames/office": {"mon-fri": office},
    }
    for number in range(1000, 1000 + lines):
        made[f"acme/lines/{number}"] = {"voicemail": {}, "label": [f"Desk {number}"]}
        made[f"acme/handsets/phone-{number}"] = {"line": str(number)}
    made["acme/lines/1000"] |= first
    return made


def bundle(engine: Engine, lines: int, **first: Any) -> Bundle:
    return bundle_of(engine, documents(lines, **first))


def bundle_of(engine: Engine, wanted: dict[str, dict[str, Any]]) -> Bundle:
    system = from_documents("acme", wanted)
    passwords = dict.fromkeys(system.handsets, "phone-password")
    view = TenantView(system, compile_plan(system), state_of(system), passwords)
    return ENGINES[engine.kind].render((view,), engine)


class Interruption:
    """Counts file operations and engine commands; `act` happens in place of number `at`."""

    def __init__(
        self,
        at: int,
        act: Callable[[], None],
        *,
        and_later: bool = False,
        connect: Connect = asterisk_control.connect,
    ) -> None:
        self.count = 0
        self._connect = connect
        self._at = at
        self._act = act
        self._and_later = and_later

    def step(self) -> None:
        self.count += 1
        if self.count == self._at or (self._and_later and self.count > self._at):
            self._act()

    @contextmanager
    def files(self) -> Iterator[None]:
        with mock.patch.multiple(os, **{n: self._counted(getattr(os, n)) for n in FILE_OPERATIONS}):
            yield

    @asynccontextmanager
    async def connect(self, engine: Engine) -> AsyncIterator[Any]:
        """In place of the connection's own."""
        self.step()
        async with self._connect(engine) as control:
            yield _Counted(control, self)

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*args: Any, **kwargs: Any) -> Any:
            self.step()
            return real(*args, **kwargs)

        return operation


class _Counted:
    """A connection whose every command is counted before it is sent."""

    def __init__(self, real: Any, interruption: Interruption) -> None:
        self._real = real
        self._interruption = interruption

    def __getattr__(self, name: str) -> Any:
        command = getattr(self._real, name)

        async def counted(*args: Any, **kwargs: Any) -> Any:
            self._interruption.step()
            return await command(*args, **kwargs)

        return counted

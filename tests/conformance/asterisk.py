"""Asterisk for the conformance suite: a container with all tenants, and a controller beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from controlplane.apply.asterisk import AsteriskApplier
from controlplane.apply.news import news
from controlplane.live.asterisk.control import connect
from controlplane.model.deployment import Engine
from controlplane.render.asterisk import render
from controlplane.render.bundle import Bundle, TenantView
from controlplane.routing.recording import FOLDER
from tests.conformance.controlling import ControllerProcess, controlling
from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.clock import RIGHT, Clock

READY_SECONDS = 20.0


class AsteriskStand:
    """`folder` becomes the engine's; `address` is where all of it binds to.

    `clock` is what engine and controller take for the time.
    """

    def __init__(self, folder: Path, address: str, clock: Clock = RIGHT) -> None:
        self._folder = folder
        self._clock = clock
        self._state = folder / "state"
        self.engine = Engine(
            address=address,
            password="conformance",
            folder=str(folder / "engine"),
            phones_behind_nat=False,
        )
        self._applier = AsteriskApplier(connect)
        self.container = AsteriskContainer(address, folder / "engine", self._state, clock=clock)
        self._revision = 0

    def __enter__(self) -> Self:
        (self._folder / "engine").mkdir(parents=True)
        asyncio.run(self._applier.start_folder(self.engine, render((), self.engine)))
        self.container.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.container.stop()

    @property
    def sip(self) -> str:
        return f"{self.engine.address}:{self.engine.sip_port}"

    def load(self, views: Sequence[TenantView]) -> None:
        self._revision += 1
        self._views = tuple(views)
        asyncio.run(self._apply(render(views, self.engine)))

    async def _apply(self, bundle: Bundle) -> None:
        told = news(self._revision, "", None)
        await self._applier.apply(self.engine, bundle, self._revision, lambda _: None, told)

    def controller(self) -> AbstractContextManager[ControllerProcess]:
        return controlling(self._folder, self._revision, self.engine, self._views, self._clock)

    def messages(self, tenant: str) -> Mapping[str, int]:
        boxes = self._state / "spool" / "voicemail" / tenant
        found = {}
        for box in boxes.iterdir() if boxes.is_dir() else ():
            # The text is written before the sound: a message is there once it has its duration.
            texts = (box / "INBOX").glob("msg*.txt")
            found[box.name] = sum(
                "duration=" in text.read_text("utf-8", "replace") for text in texts
            )
        return found

    def recordings(self, tenant: str) -> int:
        return sum(1 for _ in (self._state / FOLDER / tenant).rglob("*.wav"))

    def noticed(self, unreachable: Sequence[str]) -> None:
        until = time.monotonic() + READY_SECONDS
        while unreachable and time.monotonic() < until:
            contacts = self.container.cli("pjsip show contacts").splitlines()
            dead = [line for line in contacts if "Unavail" in line]
            if all(any(f"/sip:{account}@" in line for line in dead) for account in unreachable):
                return
            time.sleep(0.2)

    def log(self) -> str:
        return self.container.logs()

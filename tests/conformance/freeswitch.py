"""FreeSWITCH for the conformance suite: a process with all tenants, and a controller beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from types import TracebackType
from typing import Self

from controlplane.apply.freeswitch import FreeSwitchApplier
from controlplane.apply.news import news
from controlplane.live.freeswitch.control import connect
from controlplane.model.deployment import Engine, EngineKind
from controlplane.render.bundle import Bundle, TenantView
from controlplane.render.freeswitch import render
from controlplane.render.freeswitch.names import PHONES, PROFILE
from controlplane.routing.recording import FOLDER
from tests.conformance.controlling import ControllerProcess, controlling
from tests.engines.clock import RIGHT, Clock
from tests.engines.freeswitch_process import FreeSwitchProcess


class FreeSwitchStand:
    """`folder` becomes the engine's; `address` is where all of it binds to.

    `clock` is what engine and controller take for the time.
    """

    def __init__(self, folder: Path, address: str, clock: Clock = RIGHT) -> None:
        self._folder = folder
        self._clock = clock
        self._state = folder / "state"
        self._current = folder / "engine" / "current"
        self.engine = Engine(
            kind=EngineKind.FREESWITCH,
            address=address,
            live_address=address,
            password="conformance",
            folder=str(folder / "engine"),
            mounted_at=str(folder / "engine"),
            state_folder=str(self._state),
            rtp_first=30000,
            rtp_last=32000,
        )
        self.process = FreeSwitchProcess(
            address, self._current, self._state, password=self.engine.password, clock=clock
        )
        self._applier = FreeSwitchApplier(connect)
        self._revision = 0

    def __enter__(self) -> Self:
        (self._folder / "engine").mkdir(parents=True)
        asyncio.run(self._applier.start_folder(self.engine, render((), self.engine)))
        self.process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.stop()

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
        """A message is in the table once it is complete."""
        found = self._state / "db" / "voicemail_default.db"
        with closing(sqlite3.connect(f"file:{found}?mode=ro", uri=True, timeout=10)) as table:
            rows = table.execute(
                "select username, file_path from voicemail_msgs where domain = ?", (tenant,)
            ).fetchall()
        return Counter(box for box, path in rows if Path(path).is_file())

    def recordings(self, tenant: str) -> int:
        return sum(1 for _ in (self._state / FOLDER / tenant).rglob("*.wav"))

    def noticed(self, unreachable: Sequence[str]) -> None:
        """Nothing to wait for: that a phone is not there shows when it is called."""

    def log(self) -> str:
        return self.process.logs()

    def registered(self, account: str) -> bool:
        """Whether a handset has a contact."""
        answer = self.process.api("sofia_contact", f"{PROFILE}/{account}@{PHONES}")
        return "sofia/" in answer

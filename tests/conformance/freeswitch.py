"""FreeSWITCH for the conformance suite: a process with all tenants, on its own dialplan."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from controlplane.model.deployment import Engine, EngineKind
from controlplane.render.bundle import Bundle, TenantView
from controlplane.render.freeswitch import render
from controlplane.render.freeswitch.names import PHONES, PROFILE
from controlplane.render.freeswitch.parts import PARTS
from tests.engines.freeswitch_process import FreeSwitchProcess

READY_SECONDS = 20.0


class FreeSwitchStand:
    """`folder` becomes the engine's; `address` is where all of it binds to."""

    def __init__(self, folder: Path, address: str) -> None:
        self._state = folder / "state"
        self._current = folder / "engine" / "current"
        self.engine = Engine(
            kind=EngineKind.FREESWITCH,
            address=address,
            password="conformance",
            folder=str(folder / "engine"),
            mounted_at=str(folder / "engine"),
            state_folder=str(self._state),
            rtp_first=30000,
            rtp_last=32000,
        )
        self.process = FreeSwitchProcess(
            address, self._current, self._state, password=self.engine.password
        )
        self._stored: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        self._write(render((), self.engine))
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
        bundle = render(views, self.engine)
        self._write(bundle)
        self._store(bundle)
        self.process.api("reloadxml", seconds=60)
        for part in PARTS:
            if part.command:
                self.process.api(*part.command.split(" ", 1), seconds=60)
        for part in PARTS:
            self._wait(part.question, part.digest(bundle.files))

    def controller(self) -> AbstractContextManager[Any]:
        pytest.skip("no controller decides calls of FreeSWITCH yet")

    def messages(self, tenant: str) -> Mapping[str, int]:
        """A message is in the table once it is complete."""
        found = self._state / "db" / "voicemail_default.db"
        with closing(sqlite3.connect(f"file:{found}?mode=ro", uri=True, timeout=10)) as table:
            rows = table.execute(
                "select username, file_path from voicemail_msgs where domain = ?", (tenant,)
            ).fetchall()
        return Counter(box for box, path in rows if Path(path).is_file())

    def noticed(self, unreachable: Sequence[str]) -> None:
        """Nothing to wait for: that a phone is not there shows when it is called."""

    def log(self) -> str:
        return self.process.logs()

    def _write(self, bundle: Bundle) -> None:
        new = self._current.with_name("new")
        shutil.rmtree(new, ignore_errors=True)
        for path, text in bundle.files.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_text(text, encoding="utf-8")
        shutil.rmtree(self._current, ignore_errors=True)
        os.rename(new, self._current)

    def _store(self, bundle: Bundle) -> None:
        for key in self._stored.keys() - bundle.store.keys():
            self.process.api("db", f"delete/{key}")
        for key, held in bundle.store.items():
            assert self.process.api("db", f"insert/{key}/{held}") == "+OK"
        self._stored = bundle.store

    def _wait(self, question: str, digest: str) -> None:
        command, _, argument = question.replace("{digest}", digest).partition(" ")
        until = time.monotonic() + READY_SECONDS
        while digest not in (answer := self.process.api(command, argument)):
            assert time.monotonic() < until, answer
            time.sleep(0.1)

    def registered(self, account: str) -> bool:
        """Whether a handset has a contact."""
        answer = self.process.api("sofia_contact", f"{PROFILE}/{account}@{PHONES}")
        return "sofia/" in answer

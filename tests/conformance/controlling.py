"""A controller in a process of its own, told what to decide by a file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from controlplane.model.deployment import Engine
from controlplane.render.bundle import TenantView
from tests.engines.clock import RIGHT, Clock

READY_SECONDS = 20.0


class ControllerProcess:
    def __init__(self, systems: Path) -> None:
        self._said = systems.with_suffix(".out")
        self._log = systems.with_suffix(".log")
        with self._said.open("wb") as said, self._log.open("wb") as log:
            command = [sys.executable, "-m", "tests.conformance.controller", str(systems)]
            self._process = subprocess.Popen(command, stdout=said, stderr=log)

    def wait_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while "ready" not in self._said.read_text():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the controller did not start:\n{self._log.read_text()}")
            time.sleep(0.05)

    def decisions(self) -> list[str]:
        return self._said.read_text().split("\n")[1:-1]

    def resident_mb(self) -> float:
        """10^6 bytes of memory."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)


@contextmanager
def controlling(
    folder: Path, revision: int, engine: Engine, views: Sequence[TenantView], clock: Clock = RIGHT
) -> Iterator[ControllerProcess]:
    """Has the plans of these tenants, and decides until it is left."""
    systems = folder / f"tenants-{revision}.json"
    told = {
        "seconds_ahead": clock.ahead.total_seconds(),
        "engine": engine.model_dump(mode="json"),
        "tenants": [view.system.model_dump(mode="json", by_alias=True) for view in views],
    }
    systems.write_text(json.dumps(told))
    process = ControllerProcess(systems)
    try:
        process.wait_ready()
        yield process
    finally:
        process.kill()

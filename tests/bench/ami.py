"""A manager connection of the benchmark's own: times an action, and counts events."""

from __future__ import annotations

import itertools
import socket
import time
from types import TracebackType
from typing import Self

from controlplane.model.deployment import Engine

SECONDS = 60.0


class AmiFailed(Exception):
    """The engine refused an action."""


class Ami:
    """Blocking; one action at a time. A context manager."""

    def __init__(self, engine: Engine) -> None:
        self._socket = socket.create_connection((engine.address, engine.ami_port), SECONDS)
        self._file = self._socket.makefile("rwb")
        self._file.readline()
        self._numbers = itertools.count(1)
        self.events: list[str] = []
        self.action("Login", Username=engine.user, Secret=engine.password)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._socket.close()

    def action(self, name: str, **fields: str) -> float:
        """Seconds until its response; events that came before it are in `events`."""
        number = str(next(self._numbers))
        lines = [f"Action: {name}", f"ActionID: {number}"]
        lines += [f"{key}: {value}" for key, value in fields.items()]
        start = time.perf_counter()
        self._file.write("\r\n".join([*lines, "", ""]).encode())
        self._file.flush()
        while True:
            got = self._read()
            if "Event" in got:
                self.events.append(got["Event"])
            elif got.get("ActionID") == number:
                break
        if got.get("Response") not in ("Success", "Follows"):
            raise AmiFailed(f"{name}: {got.get('Message', '')}")
        return time.perf_counter() - start

    def reloads(self) -> int:
        """How many modules the engine has reloaded since this connection was made."""
        self.action("Ping")
        return self.events.count("Reload")

    def _read(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while line := self._file.readline().decode("utf-8", "replace").rstrip("\r\n"):
            key, _, value = line.partition(":")
            found[key] = value.strip()
        if not found:
            raise AmiFailed("the engine closed the connection")
        return found

"""An Asterisk in a container on a local address, for tests: started, killed, asked, removed."""

from __future__ import annotations

import atexit
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

import docker  # type: ignore[import-untyped]
from docker.errors import APIError, NotFound  # type: ignore[import-untyped]
from testcontainers.core.container import DockerContainer

from tests import network
from tests.engines.clock import RIGHT, Clock
from tests.network import IMAGE, LABEL, OWNER

_NO_CARD = "No ethernet interface found"


class EngineFailed(Exception):
    """The container did not do what was asked; the message carries its last log lines."""


class AsteriskContainer:
    """Asterisk on `address` (of the network its process is in) with the bundles in `engine_dir`.

    `engine_dir` is mounted read-only at /engine and holds a link `current` to ``bundles/<n>``;
    `state_dir` is mounted at /state (AstDB, voicemail, logs). `address` names the container and
    finds a stale one again; where Asterisk listens is the bundle's business. `clock` is what it
    takes for the time. A context manager.
    """

    def __init__(
        self,
        address: str,
        engine_dir: Path,
        state_dir: Path,
        *,
        image: str = IMAGE,
        clock: Clock = RIGHT,
    ) -> None:
        self.address = address
        self.engine_dir = engine_dir
        self.state_dir = state_dir
        self._image = image
        self._clock = clock
        self._container: DockerContainer | None = None

    def __enter__(self) -> AsteriskContainer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, seconds: float = 30.0) -> None:
        """Starts it, also again after `kill`, and returns once it has fully booted."""
        if self._container is not None:
            self._inner().start()
        else:
            remove_stale(self.address)
            self.state_dir.mkdir(parents=True, exist_ok=True)
            container = DockerContainer(self._image)
            container.with_name(f"controlplane-test-{self.address}-{os.getpid()}")
            container.with_volume_mapping(str(self.engine_dir.resolve()), "/engine", "ro")
            container.with_volume_mapping(str(self.state_dir.resolve()), "/state", "rw")
            for library in self._clock.files:
                container.with_volume_mapping(library, library, "ro")
            for name, value in self._clock.environment.items():
                container.with_env(name, value)
            container.with_kwargs(
                network_mode=network.mode(),
                user=f"{os.getuid()}:{os.getgid()}",
                labels={LABEL: network.named(self.address), OWNER: str(os.getpid())},
            )
            atexit.register(self.stop)
            container.start()
            self._container = container
        self._wait_booted(seconds)

    def stop(self) -> None:
        """Ends and removes it; its state directory stays. Safe to call twice."""
        atexit.unregister(self.stop)
        container, self._container = self._container, None
        if container is not None:
            container.stop(force=True)

    def kill(self) -> None:
        """Kills Asterisk at once (SIGKILL); `start` brings it back with its state."""
        self._inner().kill()
        self._inner().wait(timeout=10)

    def restart(self, seconds: float = 30.0) -> None:
        """Ends Asterisk in order and starts it again."""
        self._inner().restart(timeout=10)
        self._wait_booted(seconds)

    def cli(self, command: str) -> str:
        """What the Asterisk console command prints; raises EngineFailed where it cannot run."""
        status, output = self._exec(["asterisk", "-rx", command])
        if status != 0:
            raise EngineFailed(f"{command}: exit {status}: {output}\n{self.logs()[-2000:]}")
        return output

    def execute(self, *command: str) -> str:
        """What a command inside the container prints; raises EngineFailed unless it exits 0."""
        status, output = self._exec(list(command))
        if status != 0:
            raise EngineFailed(f"{command}: exit {status}: {output}")
        return output

    def logs(self) -> str:
        """Everything Asterisk printed so far."""
        return str(self._inner().logs().decode("utf-8", "replace"))

    def _inner(self) -> Any:
        if self._container is None:
            raise EngineFailed("the container is not started")
        return self._container.get_wrapped_container()

    def _exec(self, command: list[str]) -> tuple[int, str]:
        try:
            status, output = self._inner().exec_run(command)
        except APIError as error:
            return 125, str(error)
        text = output.decode("utf-8", "replace")
        # A network of its own has no card, of which every console begins to tell.
        lines = (it for it in text.splitlines(keepends=True) if not it.startswith(_NO_CARD))
        return int(status), "".join(lines)

    def _wait_booted(self, seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            inner = self._inner()
            inner.reload()
            if inner.status == "exited":
                raise EngineFailed(f"Asterisk ended at once:\n{self.logs()[-4000:]}")
            status, output = self._exec(["asterisk", "-rx", "core waitfullybooted"])
            if status == 0 and "fully booted" in output:
                return
            time.sleep(0.1)
        raise EngineFailed(f"Asterisk did not boot in {seconds} s:\n{self.logs()[-4000:]}")


def remove_stale(address: str) -> None:
    """Removes containers on this address, and those whose test process is gone."""
    client = docker.from_env()
    try:
        for container in client.containers.list(all=True, filters={"label": LABEL}):
            owner = container.labels.get(OWNER, "")
            if (
                container.labels.get(LABEL) == network.named(address)
                or not Path(f"/proc/{owner}").exists()
            ):
                try:
                    container.remove(force=True)
                except (NotFound, APIError):
                    continue
    finally:
        client.close()

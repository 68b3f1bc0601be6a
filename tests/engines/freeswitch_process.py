"""A FreeSWITCH on a local address, for tests: started with its own folders, killed, asked."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import pytest

from controlplane.live.errors import LiveError
from controlplane.live.esl import commands
from controlplane.live.esl.messages import ApiResponse, AuthRequest, Reply
from controlplane.live.esl.parser import Parser
from tests import network
from tests.engines.clock import RIGHT, Clock

VARIABLE = "CONTROLPLANE_FREESWITCH"
IMAGE_VARIABLE = "CONTROLPLANE_FREESWITCH_IMAGE"
USUAL = (
    "/usr/local/freeswitch/bin/freeswitch",
    "/usr/bin/freeswitch",
    "/opt/freeswitch/bin/freeswitch",
)


def freeswitch_image() -> str:
    """The image that the environment variable names, which comes before any binary; or ""."""
    return os.environ.get(IMAGE_VARIABLE, "")


def freeswitch_binary() -> Path | None:
    """That which the environment variable names, else the first in the usual places."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    places = [shutil.which("freeswitch"), *USUAL]
    return next((Path(place) for place in places if place and os.access(place, os.X_OK)), None)


def require_freeswitch() -> Path | None:
    """Skips the test, with the reason, where there is none; fails it where a wrong one is named.

    None: an image is to be used.
    """
    if freeswitch_image():
        return None
    binary = freeswitch_binary()
    if binary is None:
        names = f"{VARIABLE} and {IMAGE_VARIABLE} name none"
        pytest.skip(f"no FreeSWITCH here: {names}, and none is in the usual places")
    if not os.access(binary, os.X_OK):
        pytest.fail(f"{VARIABLE} names {binary}, which cannot be run")
    return binary


class EngineFailed(Exception):
    """FreeSWITCH did not do what was asked; the message carries its last log lines."""


class FreeSwitchProcess:
    """FreeSWITCH with the configuration in `conf`; all it writes goes under `state`.

    `conf` holds freeswitch.xml; there mod_event_socket listens on `address` and `port` with
    `password`, and mod_commands is loaded. A context manager.
    """

    def __init__(
        self,
        address: str,
        conf: Path,
        state: Path,
        *,
        password: str,
        port: int = 8021,
        clock: Clock = RIGHT,
    ) -> None:
        self.address = address
        self.port = port
        self._conf = conf
        self._state = state
        self._password = password
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._container = ""

    def __enter__(self) -> FreeSwitchProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EngineFailed("FreeSWITCH is not started")
        return self._process.pid

    def start(self, seconds: float = 30.0) -> None:
        """Starts it, also again after `kill`, and returns once it takes calls."""
        folders = {name: self._state / name for name in ("log", "run", "db", "tmp", "storage")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        # -np: as root it would make itself a real-time process. -nf: stay our child.
        command = [*self._program(), "-nf", "-np", "-nonat", "-conf", str(self._conf)]
        for option in ("log", "run", "db", "storage"):
            command += [f"-{option}", str(folders[option])]
        command += ["-temp", str(folders["tmp"]), "-recordings", str(folders["storage"])]
        with (folders["log"] / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self._clock.environment},
            )
        atexit.register(self.kill)
        self._wait_ready(seconds)

    def _program(self) -> list[str]:
        """The binary; or a container of the image, which has our folders where they are here."""
        binary = require_freeswitch()
        if binary is not None:
            return [str(binary)]
        self._container = f"controlplane-test-freeswitch-{self.address}-{os.getpid()}"
        folders = {str(self._conf.parent.resolve()), str(self._state.resolve())}
        mounts = [word for folder in sorted(folders) for word in ("-v", f"{folder}:{folder}")]
        user = ["--user", f"{os.getuid()}:{os.getgid()}"]
        command = ["docker", "run", "--rm", "--network", network.mode(), "--name", self._container]
        return [*command, *user, *mounts, "--entrypoint", "freeswitch", freeswitch_image()]

    def _docker(self, verb: str) -> None:
        subprocess.run(["docker", verb, self._container], capture_output=True, check=False)

    def stop(self, seconds: float = 20.0) -> None:
        """Ends it in order; it writes what it keeps. Safe to call twice."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """Ends it at once (SIGKILL); `start` brings it back with its state."""
        atexit.unregister(self.kill)
        process, self._process = self._process, None
        if process is not None:
            if self._container:
                self._docker("kill")
                # It ends once the container's name is free again.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
            process.kill()
            process.wait()

    def restart(self, seconds: float = 30.0) -> None:
        self.stop()
        self.start(seconds)

    def pause(self) -> None:
        """Freezes it (SIGSTOP): its connections stay open and nothing answers."""
        if self._container:
            self._docker("pause")
        else:
            os.kill(self.pid, signal.SIGSTOP)

    def unpause(self) -> None:
        if self._container:
            self._docker("unpause")
        else:
            os.kill(self.pid, signal.SIGCONT)

    def api(self, name: str, argument: str = "", seconds: float = 10.0) -> str:
        """What an API command answers, over a connection of its own; raises EngineFailed."""
        try:
            with socket.create_connection((self.address, self.port), seconds) as wire:
                return self._ask(wire, commands.api(name, argument))
        except (OSError, LiveError) as error:
            raise EngineFailed(f"{name} {argument}: {error}\n{self.logs()[-2000:]}") from None

    def tell(self, command: commands.Command, seconds: float = 10.0) -> None:
        """A command that is not an API command, such as an event; raises EngineFailed."""
        try:
            with socket.create_connection((self.address, self.port), seconds) as wire:
                self._told(wire, command)
        except (OSError, LiveError) as error:
            raise EngineFailed(f"{command}: {error}\n{self.logs()[-2000:]}") from None

    def logs(self) -> str:
        """Everything FreeSWITCH logged so far."""
        files = (self._state / "log/output.txt", self._state / "log/freeswitch.log")
        return "\n".join(file.read_text("utf-8", "replace") for file in files if file.exists())

    def _ask(self, wire: socket.socket, command: commands.Command) -> str:
        parser = Parser()
        while data := wire.recv(65536):
            for message in parser.feed(data):
                match message:
                    case AuthRequest():
                        wire.sendall(commands.auth(self._password).wire + command.wire)
                    case Reply(ok=False):
                        raise EngineFailed(f"{command}: {message.text}")
                    case ApiResponse():
                        return message.body
                    case _:
                        pass
        raise EngineFailed(f"{command}: the connection closed")

    def _told(self, wire: socket.socket, command: commands.Command) -> None:
        parser = Parser()
        left = [command, commands.auth(self._password)]
        while data := wire.recv(65536):
            for message in parser.feed(data):
                match message:
                    case Reply(ok=False):
                        raise EngineFailed(f"{command}: {message.text}")
                    case Reply() if not left:
                        return
                    case AuthRequest() | Reply():
                        wire.sendall(left.pop().wire)
                    case _:
                        pass
        raise EngineFailed(f"{command}: the connection closed")

    def _wait_ready(self, seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if self._process is None or self._process.poll() is not None:
                raise EngineFailed(f"FreeSWITCH ended at once:\n{self.logs()[-4000:]}")
            try:
                if "is ready" in self.api("status", seconds=1):
                    return
            except EngineFailed:
                pass
            time.sleep(0.05)
        self.kill()
        raise EngineFailed(f"FreeSWITCH was not ready in {seconds} s:\n{self.logs()[-4000:]}")

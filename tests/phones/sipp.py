"""Starts sipp processes on ports of their own, and ends them by process id."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = 10
BLOCKS = 1000


class SippFailed(Exception):
    """A sipp process could not start or ended with an error of its own (not of the call)."""


@dataclass(frozen=True)
class Ports:
    """Ten consecutive ports of one process, the first of them for SIP."""

    first: int

    def arguments(self, ip: str) -> list[str]:
        """The sipp options that bind everything a process binds to `ip` and these ports."""
        return [
            *("-i", ip, "-p", str(self.first)),
            *("-ci", ip, "-cp", str(self.first + 1)),
            *("-mi", ip, "-mp", str(self.first + 2)),
        ]


class PortBlocks:
    """Hands out blocks of ports in turn, so that a freed one rests before it is used again."""

    def __init__(self, base: int) -> None:
        self._base = base
        self._next = 0
        self._taken: set[int] = set()
        self._lock = threading.Lock()

    def take(self) -> Ports:
        """A block nobody uses."""
        with self._lock:
            for _ in range(BLOCKS):
                index = self._next
                self._next = (self._next + 1) % BLOCKS
                if index not in self._taken:
                    self._taken.add(index)
                    return Ports(self._base + index * BLOCK)
        raise SippFailed(f"all {BLOCKS} blocks of ports are in use")

    def give_back(self, ports: Ports) -> None:
        """Lets the block be used again."""
        with self._lock:
            self._taken.discard((ports.first - self._base) // BLOCK)


class PidFile:
    """The process ids of a run, so that the next one ends what an interrupted one left."""

    def __init__(self, name: str) -> None:
        self._folder = Path(tempfile.gettempdir())
        self._all = f"controlplane-phones-{os.getuid()}-"
        self._path = self._folder / f"{self._all}{os.getpid()}-{name}"
        self._lock = threading.Lock()

    def end_stale(self) -> None:
        """Ends the sipp processes of runs that are over and left theirs running."""
        for left in self._folder.glob(f"{self._all}*"):
            owner = left.name.removeprefix(self._all).partition("-")[0]
            if not Path(f"/proc/{owner}").exists():
                _end_all(left)
                left.unlink(missing_ok=True)
        self._path.write_text("")

    def add(self, pid: int) -> None:
        """Remembers a process."""
        with self._lock, self._path.open("a") as file:
            file.write(f"{pid}\n")

    def remove(self) -> None:
        """Forgets them all."""
        self._path.unlink(missing_ok=True)


def _end_all(listed: Path) -> None:
    for word in listed.read_text().split() if listed.exists() else ():
        command = Path(f"/proc/{word}/comm")
        with contextlib.suppress(OSError):
            if command.read_text().strip() == "sipp":
                os.kill(int(word), signal.SIGKILL)


class Sipp:
    """One running sipp process, its scenario, and the paths of its trace and error files."""

    def __init__(
        self,
        name: str,
        directory: Path,
        arguments: Sequence[str],
        *,
        xml: str,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self.trace = directory / f"{name}.messages"
        self._errors = directory / f"{name}.errors"
        self._output = directory / f"{name}.output"
        scenario = directory / f"{name}.xml"
        scenario.write_text(xml, encoding="utf-8")
        pairs = [word for key, value in (keys or {}).items() for word in ("-key", key, value)]
        command = [
            *("sipp", *arguments, "-sf", str(scenario), "-nostdin"),
            *("-trace_msg", "-message_file", str(self.trace)),
            *("-trace_err", "-error_file", str(self._errors)),
            *pairs,
        ]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                cwd=directory,
                env={**os.environ, "TERM": "dumb"},
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait_bound(self, ip: str, port: int) -> None:
        """Waits until the process listens there, as the kernel's table of UDP sockets tells."""
        entry = f" {socket.inet_aton(ip)[::-1].hex().upper()}:{port:04X} "
        for _ in range(200):
            if not self.running():
                raise SippFailed(f"sipp ended at once: {self.complaint()}")
            if entry in Path("/proc/net/udp").read_text():
                return
            time.sleep(0.02)
        raise SippFailed(f"sipp does not listen at {ip}:{port}: {self.complaint()}")

    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> int | None:
        """The exit status, or None if it still runs after that long."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Ends the process at once, if it runs."""
        if self.running():
            self._process.kill()
        self._process.wait()

    def complaint(self) -> str:
        """What sipp wrote to its error file and to standard error."""
        files = (self._errors, self._output)
        return "\n".join(f.read_text("utf-8", "replace") for f in files if f.exists())[-2000:]

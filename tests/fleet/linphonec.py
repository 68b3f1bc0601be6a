"""A real Linphone (Debian package linphone-cli) that fetches its configuration and registers."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_FIRST = """\
[misc]
config-uri={url}
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
"""


class LinphonecFailed(Exception):
    """It did not become what was waited for; the message is what it printed."""


class Linphonec:
    """Starts with nothing but the URL of its configuration, in `folder`. A context manager.

    It takes every call (`-a`). `said` is what it printed.
    """

    def __init__(self, url: str, folder: Path, *, verbose: int = 0) -> None:
        if shutil.which("linphonec") is None:
            raise LinphonecFailed("linphonec is not installed (Debian package linphone-cli)")
        # It does not make these itself, and keeps nothing without them.
        for name in (".local/share/linphone", ".config/linphone", ".cache"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._rc = folder / "linphonerc"
        self._rc.write_text(_FIRST.format(url=url))
        self._words = ["linphonec", "-a", "-d", str(verbose), "-c", str(self._rc)]
        self._environment = {**os.environ, "HOME": str(folder), "TERM": "dumb"}
        self.said = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environment,
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """In order, so that it unregisters; at once where that takes long."""
        with contextlib.suppress(OSError):
            self.say("quit")
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def say(self, command: str) -> None:
        """A command of its shell, such as `call 102` or `status register`."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def wait_registered(self, identity: str, seconds: float = 30.0) -> None:
        """Until it says that it is, as `identity` (a part of the address)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            self.say("status register")
            time.sleep(0.3)
            if any("registered, identity=" in it and identity in it for it in self._lines()):
                return
        raise LinphonecFailed(f"not registered as {identity}:\n{self.said[-3000:]}")

    def wait_said(self, text: str, seconds: float = 15.0) -> None:
        end = time.monotonic() + seconds
        while text not in self.said:
            if time.monotonic() > end or self._process.poll() is not None:
                raise LinphonecFailed(f"never said {text!r}:\n{self.said[-3000:]}")
            time.sleep(0.05)

    def _lines(self) -> list[str]:
        return self.said.splitlines()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):
            while piece := self._process.stdout.readline():
                self.said += piece

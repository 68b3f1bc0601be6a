"""A real baresip (Debian package baresip-core) that registers with what a handset read, and calls.

It fetches nothing by itself: its accounts and its configuration are written here of an account as
it was learned from a served file. It is told and asked by JSON in netstrings, over its own module
for that (ctrl_tcp). It has no sound card: what it hears is what it says.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fleet.learned import Account

_MODULES = Path("/usr/lib/baresip/modules")
_CONFIG = """\
sip_listen {ip}:{port}
net_interface {ip}
audio_player aubridge,call
audio_source aubridge,call
audio_alert aubridge,alert
rtp_ports {rtp}-{last}
module_path {modules}
module g711.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {ip}:{control}
ringback_disabled yes
"""


class BaresipFailed(Exception):
    """It did not become what was waited for; the message is what it printed and told."""


class Baresip:
    """With one account, at `ip`, its files in `folder`. A context manager.

    It takes every call. `events` are all that it told, as it told them (its own words).
    """

    def __init__(self, account: Account, folder: Path, ip: str) -> None:
        if shutil.which("baresip") is None:
            raise BaresipFailed("baresip is not installed (Debian package baresip-core)")
        self.account = account
        self.said = ""
        self.events: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._folder = folder
        self._control = (ip, _free_port(ip, socket.SOCK_STREAM))
        rtp = _free_port(ip, socket.SOCK_DGRAM) & ~1
        text = _CONFIG.format(
            **{"ip": ip, "port": _free_port(ip, socket.SOCK_DGRAM), "modules": _MODULES},
            **{"control": self._control[1], "rtp": rtp, "last": rtp + 20},
        )
        (folder / "config").write_text(text)
        (folder / "accounts").write_text(_line_of(account))

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
            ["baresip", "-f", str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()
        try:
            self._link = self._connected()
        except BaseException:
            self.end()
            raise
        self._threads.append(threading.Thread(target=self._read, daemon=True))
        self._threads[1].start()

    def end(self) -> None:
        """In order, so that it unregisters; at once where that takes long."""
        self._process.terminate()
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if len(self._threads) > 1:
            self._link.close()
        for thread in self._threads:
            thread.join()
        if self._process.stdout:
            self._process.stdout.close()

    # --- what it does -------------------------------------------------------------------------

    def wait_registered(self, seconds: float = 20.0) -> None:
        """Until it says that its account is."""
        end = time.monotonic() + seconds
        said = ""
        while time.monotonic() < end:
            said = self._asked("reginfo")
            if re.search(rf"sip:{re.escape(self.account.user)}@\S+\s+.*OK", said):
                return
            time.sleep(0.1)
        raise self._failed(f"not registered: {said}")

    def call(self, called: str) -> None:
        """Begins one; what becomes of it is told in events."""
        self._asked("dial", called)

    def hang_up(self) -> None:
        self._asked("hangup")

    def wait_told(self, kind: str, since: int = 0, seconds: float = 15.0) -> dict[str, Any]:
        """The first event of that kind (`CALL_ESTABLISHED`, `CALL_CLOSED` …) from the `since`-th
        event on."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                for it in self.events[since:]:
                    if it.get("type") == kind:
                        return it
                left = end - time.monotonic()
                if left <= 0:
                    raise self._failed(f"told nothing of {kind}")
                self._changed.wait(left)

    def _failed(self, what: str) -> BaresipFailed:
        return BaresipFailed(f"{what}\n{self.events[-10:]}\n{self.said[-3000:]}")

    # --- its link -----------------------------------------------------------------------------

    def _asked(self, command: str, words: str = "", seconds: float = 5.0) -> str:
        before = len(self._answers)
        order = json.dumps({"command": command, **({"params": words} if words else {})})
        self._link.sendall(f"{len(order.encode())}:{order},".encode())
        end = time.monotonic() + seconds
        with self._changed:
            while len(self._answers) == before:
                left = end - time.monotonic()
                if left <= 0:
                    raise self._failed(f"no answer to {command}")
                self._changed.wait(left)
            answer = self._answers[-1]
        if not answer.get("ok"):
            raise self._failed(f"{command} {words}: {answer}")
        return str(answer.get("data", ""))

    def _connected(self) -> socket.socket:
        end = time.monotonic() + 10
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError):
                return socket.create_connection(self._control, 2)
            time.sleep(0.05)
        raise self._failed("it did not start")

    def _read(self) -> None:
        held = b""
        self._link.settimeout(None)
        with contextlib.suppress(OSError):
            while piece := self._link.recv(65535):
                held += piece
                while (found := re.match(rb"(\d+):", held)) and len(held) > (
                    end := found.end() + int(found[1])
                ):
                    self._heard(json.loads(held[found.end() : end]))
                    held = held[end + 1 :]

    def _heard(self, message: dict[str, Any]) -> None:
        with self._changed:
            (self.events if message.get("event") else self._answers).append(message)
            self._changed.notify_all()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):
            while piece := self._process.stdout.readline():
                self.said += piece


def _line_of(account: Account) -> str:
    """A line of its accounts; what its format cannot say is refused (`docs/examples/accounts`)."""
    unsaid = re.search(r'[\s;"]', account.password + account.auth_user + account.user)
    if unsaid or re.search(r'["\\\r\n]', account.display_name):
        raise BaresipFailed("its accounts have no way to write such a password or name")
    host, port = account.server
    return (
        f'"{account.display_name}" <sip:{account.user}@{host}>'
        f';outbound="sip:{host}:{port};transport={account.transport}"'
        f";auth_user={account.auth_user};auth_pass={account.password}"
        ";answermode=auto;regint=300;audio_codecs=PCMU,PCMA\n"
    )


def _free_port(ip: str, kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((ip, 0))
        port: int = probe.getsockname()[1]
    return port

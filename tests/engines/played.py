"""What an engine plays to its callers, as it tells itself: files and tones, in their order."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from controlplane.live.esl import commands
from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.freeswitch_process import FreeSwitchProcess

_ASTERISK = re.compile(r"Playing '([^']+?)(?:\.\w+)?' \(language")
_FREESWITCH = re.compile(r"^Playback-File-Path: (\S+)$", re.MULTILINE)


@contextmanager
def played(
    engine: AsteriskContainer | FreeSwitchProcess, state: Path, password: str
) -> Iterator[list[str]]:
    """The list is filled when the block is left."""
    found: list[str] = []
    if isinstance(engine, AsteriskContainer):
        log = f"heard-{time.time_ns()}"
        engine.cli(f"logger add channel {log} verbose(4)")
        yield found
        engine.cli(f"logger remove channel {log}")
        found += _ASTERISK.findall((state / "log" / log).read_text("utf-8", "replace"))
        return
    with socket.create_connection((engine.address, engine.port)) as wire:
        told = bytearray()
        asked = (commands.auth(password), commands.event_plain(["PLAYBACK_START"]))
        for command in asked:
            wire.sendall(command.wire)
        listening = threading.Thread(target=_listen, args=(wire, told))
        listening.start()
        time.sleep(0.3)
        yield found
        wire.shutdown(socket.SHUT_RDWR)
        listening.join()
    found += _FREESWITCH.findall(told.decode("utf-8", "replace"))


def _listen(wire: socket.socket, told: bytearray) -> None:
    with suppress(ConnectionResetError):
        while data := wire.recv(65536):
            told += data

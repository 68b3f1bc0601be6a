"""An event socket of the benchmark's own: counts what a FreeSWITCH reloads."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self, TypeVar

from controlplane.live.esl import commands
from controlplane.live.esl.messages import ApiResponse, AuthRequest, Event, Message, Reply
from controlplane.live.esl.parser import Parser
from controlplane.model.deployment import Engine

SECONDS = 60.0
RELOADS = ("RELOADXML", "MODULE_LOAD", "MODULE_UNLOAD")
"""Every command that has a module read anew is behind a `reloadxml`."""


Asked = TypeVar("Asked", AuthRequest, Reply, ApiResponse)


class EslFailed(Exception):
    """The engine refused something."""


class Esl:
    """Blocking. A context manager."""

    def __init__(self, engine: Engine) -> None:
        self._socket = socket.create_connection((engine.address, engine.esl_port), SECONDS)
        self._parser = Parser()
        self._read: list[Message] = []
        self._reloads = 0
        self._until(AuthRequest)
        for command in (commands.auth(engine.password), commands.event_plain(RELOADS)):
            self._socket.sendall(command.wire)
            reply = self._until(Reply)
            if not reply.ok:
                raise EslFailed(f"{command}: {reply.text}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def reloads(self) -> int:
        """How often the engine has read its files or a module since this connection was made."""
        self._socket.sendall(commands.api("strepoch").wire)
        self._until(ApiResponse)
        return self._reloads

    def _until(self, kind: type[Asked]) -> Asked:
        while True:
            while self._read:
                message = self._read.pop(0)
                if isinstance(message, Event):
                    self._reloads += message.name in RELOADS
                if isinstance(message, kind):
                    return message
            data = self._socket.recv(65536)
            if not data:
                raise EslFailed("the engine closed the connection")
            self._read += self._parser.feed(data)

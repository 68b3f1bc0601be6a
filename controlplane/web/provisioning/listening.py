"""Listening: the sockets, the connections there are, and the sweep that cuts off who takes long."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from contextlib import suppress
from email.utils import formatdate
from typing import Any

from controlplane.diagnostics import fault
from controlplane.web.provisioning import message
from controlplane.web.provisioning.connection import Application, Connection
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.limits import Limits
from controlplane.web.provisioning.message import Response

_SWEEP_SECONDS = 0.5
LATE_SECONDS = 2.0
"""How much later than asked a timer may fire before there is more to do than time."""

_BACKLOG = 2048
_AGAIN_SECONDS = 10


class Listening:
    """Of the running loop. Whoever opens it closes it."""

    def __init__(self, application: Application, limits: Limits, counts: Counts) -> None:
        self.loop = asyncio.get_running_loop()
        self.counts = counts
        self.ending = False
        self.date = b""
        self.overloaded = False
        self._application = application
        self._limits = limits
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._strangers: Counter[str] = Counter()
        self._servers: list[asyncio.Server] = []
        self._due = self.loop.time()
        self._timer: asyncio.Handle = self.loop.call_soon(self._sweep)

    async def open(self, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Raises Faults where the port cannot be had."""
        seconds = self._limits.handshake_seconds
        more: Any = {"ssl": tls, "ssl_handshake_timeout": seconds} if tls else {}
        try:
            server = await self.loop.create_server(
                lambda: Connection(self, self._application, self._limits),
                address.strip("[]"),
                port,
                backlog=_BACKLOG,
                **more,
            )
        except OSError as error:
            raise fault(
                f"handsets cannot be served: {error.strerror or error}",
                f"provisioning: {address}:{port}",
                "stop what uses the port, or choose another under provisioning: in the "
                "configuration",
            ) from error
        self._servers.append(server)

    async def close(self, seconds: float = 1.0) -> None:
        """No new connections; those there are may end what they are at for so long."""
        self.ending = True
        for server in self._servers:
            server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        self._timer.cancel()
        for connection in tuple(self._connections):
            connection.cut_off()
        await asyncio.sleep(0)

    # --- what connections say

    def entered(self, connection: Connection) -> Response | None:
        """What to send it away with; None: it may stay."""
        self._connections.add(connection)
        self._empty.clear()
        self._strangers[connection.source] += 1
        self.counts.connections = len(self._connections)
        many = self._strangers[connection.source] > self._limits.connections_of_strangers
        if many or len(self._connections) > self._limits.connections or self.ending:
            return message.unavailable(_AGAIN_SECONDS)
        return None

    def trusts(self, connection: Connection) -> None:
        """It has shown a token that is known."""
        connection.trusted = True
        self._one_less(connection.source)

    def left(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.counts.ended += 1
        if not self._connections:
            self._empty.set()
        self.counts.connections = len(self._connections)
        if not connection.trusted:
            self._one_less(connection.source)

    def _one_less(self, source: str) -> None:
        self._strangers[source] -= 1
        if self._strangers[source] <= 0:
            del self._strangers[source]

    def _sweep(self) -> None:
        now = self.loop.time()
        self.overloaded = now - self._due > LATE_SECONDS
        self.date = f"Date: {formatdate(usegmt=True)}\r\n".encode()
        # Whoever seems late after we were late ourselves may have been in time.
        if now - self._due < _SWEEP_SECONDS:
            for connection in [it for it in self._connections if it.deadline < now]:
                connection.cut_off()
        self._due = now + _SWEEP_SECONDS
        self._timer = self.loop.call_later(_SWEEP_SECONDS, self._sweep)

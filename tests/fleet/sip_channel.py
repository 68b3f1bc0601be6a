"""SIP messages over UDP, TCP or TLS, whole ones at a time (RFC 3261, section 18)."""

from __future__ import annotations

import re
import socket
import ssl
from typing import Protocol

LOOK = 0.1
"""Seconds that `receive` waits."""

Address = tuple[str, int]


class Channel(Protocol):
    here: Address
    reliable: bool

    def send(self, data: bytes, to: Address) -> None: ...

    def receive(self) -> tuple[bytes, Address] | None:
        """None where nothing came for a while, or nobody is there any more."""

    def close(self) -> None: ...


class Udp:
    reliable = False

    def __init__(self, ip: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ip, 0))
        self._socket.settimeout(LOOK)
        self.here: Address = self._socket.getsockname()

    def send(self, data: bytes, to: Address) -> None:
        self._socket.sendto(data, to)

    def receive(self) -> tuple[bytes, Address] | None:
        try:
            return self._socket.recvfrom(65535)
        except OSError:
            return None

    def close(self) -> None:
        self._socket.close()


class Stream:
    """One connection to the registrar, which everything goes over."""

    reliable = True

    def __init__(self, ip: str, there: Address, trust: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(there, 10, (ip, 0))
        self._socket = trust.wrap_socket(plain, server_hostname=there[0]) if trust else plain
        self._socket.settimeout(LOOK)
        self._there = there
        self._held = b""
        self.here: Address = self._socket.getsockname()[:2]

    def send(self, data: bytes, to: Address) -> None:
        self._socket.sendall(data)

    def receive(self) -> tuple[bytes, Address] | None:
        if whole := self._whole():
            return whole, self._there
        try:
            self._held += self._socket.recv(65535)
        except OSError:
            return None
        whole = self._whole()
        return (whole, self._there) if whole else None

    def _whole(self) -> bytes:
        self._held = self._held.lstrip(b"\r\n")  # keep-alives
        head, found, _ = self._held.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^(?:Content-Length|l)\s*:\s*(\d+)", head)
        if not found or not length:
            return b""
        end = len(head) + 4 + int(length[1])
        if len(self._held) < end:
            return b""
        whole, self._held = self._held[:end], self._held[end:]
        return whole

    def close(self) -> None:
        self._socket.close()


def channel(
    transport: str, ip: str, there: Address, trust: ssl.SSLContext | None = None
) -> Channel:
    """Towards the registrar at `there`, from `ip`."""
    if transport == "udp":
        return Udp(ip)
    if transport == "tls":
        return Stream(ip, there, trust or ssl.create_default_context())
    return Stream(ip, there)

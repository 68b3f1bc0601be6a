"""A UDP socket whose received messages carry the kernel's time of their arrival."""

from __future__ import annotations

import socket
import struct
import time

from tests.bench.sip_message import Message, parse

_SO_TIMESTAMPNS = 35
"""Not among Python's constants; asm-generic/socket.h. The message type is the same number."""

_ANCILLARY = socket.CMSG_SPACE(16)


class SipSocket:
    def __init__(self, ip: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind((ip, 0))
        self.ip, self.port = self._socket.getsockname()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes, to: tuple[str, int]) -> int:
        """The nanoseconds of the real-time clock just before it is handed to the kernel."""
        at = time.time_ns()
        self._socket.sendto(data, to)
        return at

    def receive(self) -> Message:
        data, ancillary, _flags, _source = self._socket.recvmsg(65535, _ANCILLARY)
        at = time.time_ns()
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("qq", content[:16])
                at = seconds * 1_000_000_000 + nanoseconds
        return parse(data, at)

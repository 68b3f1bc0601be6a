"""Limits: what a connection may take of room and time before anybody knows whose it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts and seconds.

    A handset's request has about 500 bytes in ten header lines; a Poly PUTs logs of up to half a
    megabyte. `connections_of_strangers`: at a time, of a source that has not shown a token on them;
    a site of thousands is behind one address, and shows one in its first request.
    """

    target_bytes: int = 1024
    header_bytes: int = 8192
    headers: int = 64
    upload_bytes: int = 2_000_000
    pipelined: int = 32
    connections: int = 20_000
    connections_of_strangers: int = 1024
    handshake_seconds: float = 10.0
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: float = 30.0
    write_seconds: float = 30.0
    answer_seconds: float = 60.0
    linger_seconds: float = 1.0
    downloads: int = 100

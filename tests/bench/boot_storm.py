"""Ten thousand handsets that start at once: TLS, six requests each, client and server included."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import uvloop

from tests.bench.figures import STORM_GROWTH, Figure, figure, significant
from tests.bench.process import cpu_seconds, resident_mb
from tests.bench.provisioning_stand import ADDRESS, Client, Stand, stand

HANDSETS = 10_000
AT_ONCE = 200
"""Connections under way; the rest wait for their turn, as in a listen queue."""

AGENT = "Yealink SIP-T54W 96.86.0.75"
SETTLED_SECONDS = 3.0
"""Until a server has given back what a storm took."""

MISSES = ("y000000000000.boot", "y000000000096.cfg")
"""What a Yealink asks for that there is not."""


def measure(runs: int) -> Figure:
    """The storm is repeated in one server, so that growth of its memory shows."""
    seconds, sizes, statuses = list[float](), list[float](), Counter[int]()
    with tempfile.TemporaryDirectory(prefix="controlplane-bench-") as name:
        made = stand(Path(name), HANDSETS, tls=True)
        with made.server(core=None) as pid:
            before = resident_mb(pid)
            cpu = cpu_seconds(pid)
            for _ in range(max(3, runs // 2)):
                begun = time.perf_counter()
                found = storm(made)
                seconds.append(time.perf_counter() - begun)
                time.sleep(SETTLED_SECONDS)
                sizes.append(resident_mb(pid))
                statuses.update(found)
            cpu = (cpu_seconds(pid) - cpu) / len(seconds)
    storms = len(seconds)
    wanted = {200: 3 * HANDSETS * storms, 304: HANDSETS * storms, 404: 2 * HANDSETS * storms}
    if dict(statuses) != wanted:
        raise RuntimeError(f"of {storms} storms: {dict(statuses)}, wanted {wanted}")
    measured = figure(
        seconds,
        requests_a_second=significant(6 * HANDSETS / min(seconds)),
        server_cpu_seconds=significant(cpu),
        rss_mb_before=significant(before),
        rss_mb_after_each=[significant(it) for it in sizes],
    )
    # The first one fills the memory of files; what comes after it adds nothing.
    growth = [size - sizes[0] for size in sizes[1:]]
    return Figure(measured.runs, measured.parts, {STORM_GROWTH: figure([max(growth)])})


def storm(made: Stand) -> Counter[int]:
    """All of them once; the statuses they were answered with."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_storm(made))


async def _storm(made: Stand) -> Counter[int]:
    tls = ssl.create_default_context(cafile=str(made.folder / "tls.pem"))
    statuses: Counter[int] = Counter()
    waiting = iter(made.clients)

    async def boots() -> None:
        for client in waiting:
            await _boot(made, client, tls, statuses)

    await asyncio.gather(*(boots() for _ in range(AT_ONCE)))
    return statuses


async def _boot(made: Stand, client: Client, tls: ssl.SSLContext, statuses: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection(ADDRESS, made.tls_port, ssl=tls)
    try:
        names = [f"{client.mac}.boot", *MISSES, f"{client.mac}.cfg", "phonebook.xml"]
        etag = ""
        for name in names:
            status, headers = await _get(reader, writer, client.path(name))
            statuses[status] += 1
            if name.endswith(".cfg") and status == 200:
                etag = headers.get("etag", "")
        status, _ = await _get(reader, writer, client.own, f"If-None-Match: {etag}\r\n")
        statuses[status] += 1
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, more: str = ""
) -> tuple[int, dict[str, str]]:
    head = f"GET {path} HTTP/1.1\r\nHost: {ADDRESS}\r\nUser-Agent: {AGENT}\r\n{more}\r\n"
    writer.write(head.encode())
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in pairs}
    status = int(first.split(" ")[1])
    if status != 304 and (length := int(headers["content-length"])):
        await reader.readexactly(length)
    return status, headers

"""What the provisioning server serves in a second, on one core, and what nginx does there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import NGINX_RATIO, Figure, figure, significant
from tests.bench.process import cpu_seconds, resident_mb
from tests.bench.provisioning_stand import (
    ADDRESS,
    CLIENT_CORE,
    SERVER_CORE,
    Client,
    Stand,
    stand,
)

SECONDS = 3
CONNECTIONS = 32
HANDSETS = 10_000
WINDOW = 16
"""Requests under way at a time, where each is for another handset."""


class Lacking(Exception):
    """A program that the machine has not."""


def unchanged(runs: int) -> Figure:
    """Conditional keep-alive requests for one handset's configuration, answered 304. In the same
    run nginx serves the same bytes as a file: the two take turns."""
    ours: list[float] = []
    theirs: list[float] = []
    for program in ("wrk", "nginx"):
        if shutil.which(program) is None:
            raise Lacking(f"there is no {program}: apt-get install wrk nginx-light")
    with tempfile.TemporaryDirectory(prefix="controlplane-bench-") as name:
        folder = Path(name)
        made = stand(folder, 100)
        client = made.clients[0]
        with made.server() as pid, _nginx(folder, made, client) as port:
            own, file = _etag(made.port, client.own), _etag(port, client.own)
            for _ in range(runs):
                ours.append(_wrk(made.port, client.own, own))
                theirs.append(_wrk(port, client.own, file))
            memory = resident_mb(pid)
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    beside = {NGINX_RATIO: figure(ratios, nginx_per_second=figure(theirs))}
    found = figure(ours, connections=CONNECTIONS, rss_mb=significant(memory))
    return Figure(found.runs, found.parts, beside)


def rendered(runs: int) -> Figure:
    """The configuration of each of 10,000 handsets, none of which has been asked for before."""
    rates, cpu = [], []
    with tempfile.TemporaryDirectory(prefix="controlplane-bench-") as name:
        made = stand(Path(name), HANDSETS)
        for _ in range(runs):
            with made.server() as pid:
                before, begun = cpu_seconds(pid), time.perf_counter()
                size = _each_once(made)
                rates.append(HANDSETS / (time.perf_counter() - begun))
                cpu.append((cpu_seconds(pid) - before) * 1000 / HANDSETS)
                memory = resident_mb(pid)
    more = {"bytes_a_file": size // HANDSETS, "rss_mb": significant(memory)}
    return figure(rates, server_cpu_ms=figure(cpu), **more)


def _each_once(made: Stand) -> int:
    """Bytes of all bodies; every one is seen to be its handset's own."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    total = 0
    try:
        with socket.create_connection((ADDRESS, made.port), 30) as line:
            file = line.makefile("rb", buffering=1 << 20)
            for start in range(0, len(made.clients), WINDOW):
                some = made.clients[start : start + WINDOW]
                line.sendall(b"".join(_request(it.own) for it in some))
                for client in some:
                    body = _body(file)
                    if client.token.encode() not in body:
                        raise RuntimeError("a handset was given another's file, or none")
                    total += len(body)
            file.close()
    finally:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    return total


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode()


def _body(file: object) -> bytes:
    length = 0
    status = file.readline()  # type: ignore[attr-defined]
    if b" 200 " not in status:
        raise RuntimeError(f"no file was served: {status!r}")
    while line := file.readline().strip():  # type: ignore[attr-defined]
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return bytes(file.read(length))  # type: ignore[attr-defined]


def _etag(port: int, path: str) -> str:
    with socket.create_connection((ADDRESS, port), 10) as line:
        line.sendall(_request(path))
        head = line.recv(65536).decode("latin-1")
    found = re.search(r"^etag: (\S+)", head, re.IGNORECASE | re.MULTILINE)
    if found is None:
        raise RuntimeError(f"no ETag: {head[:100]}")
    return found[1]


def _wrk(port: int, path: str, etag: str) -> float:
    """Requests a second, every one of them answered, and with 304."""
    words = ["taskset", "-c", str(CLIENT_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    words += ["-H", f"If-None-Match: {etag}", f"http://{ADDRESS}:{port}{path}"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    read = re.search(r"(\d+) requests in [^,]+, ([0-9.]+)(MB|GB|KB) read", told)
    if rate is None or read is None or "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(f"not all was answered: {told}")
    size = float(read[2]) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[read[3]] / int(read[1])
    if size > 600:
        raise RuntimeError(f"{size:.0f} bytes an answer: those were no 304")
    return float(rate[1])


@contextmanager
def _nginx(folder: Path, made: Stand, client: Client) -> Iterator[int]:
    """On the server's core, with what the server answers as a file; its port."""
    with socket.create_connection((ADDRESS, made.port), 10) as line:
        line.sendall(_request(client.own))
        body = _body(line.makefile("rb"))
    file = folder / "www" / client.own[1:]
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    folder.chmod(0o755)
    port = made.port + 1
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;"
        "user root; events { worker_connections 1024; } http { access_log off; types {}"
        f" default_type text/plain; sendfile on; keepalive_requests 1000000000; server {{"
        f" listen {ADDRESS}:{port}; root {folder}/www; add_header Cache-Control no-store; }} }}"
    )
    words = ["taskset", "-c", str(SERVER_CORE), "nginx", "-c", str(configuration)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not (folder / "nginx.pid").exists() or not _listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"no nginx: {(folder / 'nginx.log').read_text()[-300:]}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((ADDRESS, port), 1).close()
    except OSError:
        return False
    return True

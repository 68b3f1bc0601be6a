"""Network: local addresses of a test process's own, so that several can put engines to the test.

Engines, phones and controllers are told apart by addresses of 127.0.0.0/8. A process that
enters a network of its own has all of them to itself, and so have its children; its containers
join it. The network is that of a container which does nothing and ends with the process.
"""

from __future__ import annotations

import atexit
import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CLONE_NEWNET = 0x40000000
"""From linux/sched.h; Python has `os.setns` from 3.12 on."""

_HOST = Path("/proc/self/ns/net")

IMAGE = os.environ.get("CONTROLPLANE_ASTERISK_IMAGE", "controlplane/asterisk:22")
LABEL = "controlplane-test"
OWNER = "controlplane-test.pid"

_holder: Any = None
_host = -1


def mode() -> str:
    """What containers of this process are to be started with as their network."""
    return "host" if _holder is None else f"container:{_holder.id}"


def named(address: str) -> str:
    """`address`, told apart from the same one of another network."""
    return address if _holder is None else f"{address} of {_holder.short_id}"


def enter() -> None:
    """Go to a network of our own, for good; to be called before other threads are started."""
    global _holder, _host
    import docker  # type: ignore[import-untyped]

    client = docker.from_env()
    _holder = client.containers.run(
        IMAGE,
        ["infinity"],
        entrypoint="sleep",
        init=True,
        detach=True,
        network_mode="none",
        name=f"controlplane-test-network-{os.getpid()}",
        labels={LABEL: f"network {os.getpid()}", OWNER: str(os.getpid())},
    )
    atexit.register(_leave, _holder, os.getpid())
    _holder.reload()
    _host = os.open(_HOST, os.O_RDONLY)
    _go(Path(f"/proc/{_holder.attrs['State']['Pid']}/ns/net"))


@contextmanager
def outside() -> Iterator[None]:
    """Meanwhile the network is the machine's, for this thread and what it starts."""
    if _holder is None:
        yield
        return
    own = os.open(_HOST, os.O_RDONLY)
    _set(_host)
    try:
        yield
    finally:
        _set(own)
        os.close(own)


def _leave(holder: Any, owner: int) -> None:
    if os.getpid() == owner:
        holder.remove(force=True)


def _go(network: Path) -> None:
    found = os.open(network, os.O_RDONLY)
    _set(found)
    os.close(found)


def _set(network: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(network, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"no network of our own: {os.strerror(number)} (needs root)")

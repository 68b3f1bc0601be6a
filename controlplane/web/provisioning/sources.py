"""Sources: who asks for what there is not, how often, and for how many MACs."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network

import structlog

from controlplane.web.provisioning.counts import Counts

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 60.0
MISSES = 60
"""In a window, of one source, before it is told nothing but no, and once in the log."""

_SOURCES = 10_000
_MACS = 256
_MAC = re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")


@dataclass(slots=True)
class _Source:
    since: float
    misses: int = 0
    macs: set[bytes] = field(default_factory=set)


class Sources:
    """`now` in seconds. An IPv6 source is its /64: one house has as many addresses as it likes."""

    def __init__(self, now: Callable[[], float], counts: Counts) -> None:
        self._now = now
        self._counts = counts
        self._known: OrderedDict[str, _Source] = OrderedDict()
        self._told: dict[str, float] = {}

    def refused(self, source: str) -> bool:
        """Whether it has missed too often by now."""
        found = self._known.get(_network(source))
        if found is None or self._now() - found.since > WINDOW_SECONDS:
            return False
        return found.misses >= MISSES

    def missed(self, source: str, target: bytes) -> None:
        """It asked for what there is not."""
        key, now = _network(source), self._now()
        found = self._known.get(key)
        if found is None or now - found.since > WINDOW_SECONDS:
            found = self._known[key] = _Source(now)
            self._known.move_to_end(key)
            if len(self._known) > _SOURCES:
                self._known.popitem(last=False)
        found.misses += 1
        self._counts.events["missed"] += 1
        mac = _MAC.search(target) if len(found.macs) < _MACS else None
        if mac and mac[0].strip(b"0"):
            found.macs.add(mac[0].lower())
        if found.misses == MISSES:
            self._counts.events["source refused"] += 1
            log.warning("source refused", source=key, misses=MISSES, macs=len(found.macs))

    def first(self, who: str) -> bool:
        """Whether `who` was not asked about in this window yet."""
        now = self._now()
        if now - self._told.get(who, -WINDOW_SECONDS) < WINDOW_SECONDS:
            return False
        if len(self._told) > _SOURCES:
            self._told.clear()
        self._told[who] = now
        return True


@lru_cache(50_000)
def within(source: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of the networks."""
    address = ip_address(source.partition("%")[0])
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in ip_network(it, strict=False) for it in networks)


def _network(source: str) -> str:
    if ":" not in source:
        return source
    address = ip_address(source.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or ip_network(f"{address}/64", strict=False))

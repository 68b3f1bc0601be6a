"""From "do not disturb on" to the next call obeying, and how many modules reloaded for it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from controlplane.service.changes.door import Door
from tests.bench.dialled import TENANT
from tests.bench.figures import Figure, figure
from tests.bench.live_calls import rings
from tests.bench.place import Loaded, Place
from tests.bench.sip_caller import CallFailed, SipBench

LONGEST = 5.0


def measure(place: Place, lines: int) -> Figure:
    """The controller decides; `static_seconds` the same with no controller at all."""
    loaded = place.loaded(lines)
    caller, called = loaded.keys[20], loaded.keys[21]
    count = 5 if place.quick else 20
    with place.engine.reloads(loaded.engine) as counted, loaded.door() as door:
        with loaded.controller(), loaded.phones([caller, called]) as (phones, passwords):
            decided = _Flips(loaded, phones, passwords, door)
            live = [decided.one(caller, called) for _ in range(count)]
        with loaded.phones([caller, called]) as (phones, passwords):
            alone = _Flips(loaded, phones, passwords, door)
            static = [alone.one(caller, called) for _ in range(count)]
        reloads = counted.reloads()
    return figure(
        [whole for whole, _ in live],
        change_seconds=figure([change for _, change in live]),
        static_seconds=figure([whole for whole, _ in static]),
        reloads=reloads,
        calls_that_did_not_obey_at_once=decided.late + alone.late,
    )


class _Flips:
    def __init__(
        self, loaded: Loaded, phones: SipBench, passwords: Mapping[str, str], door: Door
    ) -> None:
        self._loaded = loaded
        self._phones = phones
        self._passwords = passwords
        self._door = door
        self.late = 0

    def one(self, caller: str, called: str) -> tuple[float, float]:
        """Seconds until the first response to the first call that obeyed; seconds of the change."""
        account = self._loaded.account(caller)
        address = f"{TENANT}/lines/{called}/do_not_disturb"
        rings(self._phones, self._passwords, account, called)
        start, began = time.time_ns(), time.perf_counter()
        self._door.set(address, True)
        change = time.perf_counter() - began
        while time.perf_counter() - began < LONGEST:
            placed = self._phones.call(account, self._passwords[account], called)
            if not placed.rang:
                break
            self.late += 1
        else:
            raise CallFailed(f"line {called} still rings {LONGEST:g} s after do not disturb")
        self._door.set(address, False)
        return (placed.first - start) / 1e9, change

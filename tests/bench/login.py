"""From a login at a handset to the next call that rings there, and how many modules reloaded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from controlplane.service.changes.door import Door
from controlplane.service.handsets.hotdesk import HotDesk
from controlplane.store.store import Store
from tests.bench.dialled import TENANT
from tests.bench.figures import Figure, figure
from tests.bench.place import Loaded, Place
from tests.bench.sip_caller import CallFailed, SipBench

LONGEST = 5.0


def measure(place: Place, lines: int) -> Figure:
    """The controller decides; `static_seconds` the same with no controller at all."""
    loaded = place.loaded(lines)
    caller, line, at = loaded.keys[30], loaded.keys[31], loaded.keys[32]
    count = 5 if place.quick else 20
    with (
        place.engine.reloads(loaded.engine) as counted,
        Store.open(loaded.deployment.database) as store,
    ):
        desk = HotDesk(store, Door(loaded.deployment, store))
        for key in (line, at):
            desk.logout(TENANT, f"PH-{key}", "bench")
        logins = _Logins(loaded, desk, caller, line, at)
        with loaded.controller(), loaded.phones([caller, at]) as (phones, passwords):
            live = [logins.one(phones, passwords) for _ in range(count)]
        with loaded.phones([caller, at]) as (phones, passwords):
            static = [logins.one(phones, passwords) for _ in range(count)]
        for key in (line, at):
            desk.login(TENANT, key, f"PH-{key}", "bench")
        reloads = counted.reloads()
    return figure(
        [whole for whole, _ in live],
        change_seconds=figure([change for _, change in live]),
        static_seconds=figure([whole for whole, _ in static]),
        reloads=reloads,
        calls_that_did_not_ring_there_at_once=logins.late,
    )


@dataclass
class _Logins:
    """`line` logs in to the handset of the line `at`, where nobody is."""

    loaded: Loaded
    desk: HotDesk
    caller: str
    line: str
    at: str
    late: int = 0

    def one(self, phones: SipBench, passwords: Mapping[str, str]) -> tuple[float, float]:
        """Seconds until the handset rang for the first time; seconds of the change."""
        account = self.loaded.account(self.caller)
        if phones.call(account, passwords[account], self.line).rang:
            raise CallFailed(f"line {self.line} rings, and is logged in nowhere")
        start, began = time.time_ns(), time.perf_counter()
        self.desk.login(TENANT, self.line, f"PH-{self.at}", "bench")
        change = time.perf_counter() - began
        while time.perf_counter() - began < LONGEST:
            placed = phones.call(account, passwords[account], self.line)
            if placed.rang:
                break
            self.late += 1
        else:
            raise CallFailed(f"line {self.line} does not ring {LONGEST:g} s after its login")
        self.desk.logout(TENANT, f"PH-{self.at}", "bench")
        return (placed.first - start) / 1e9, change

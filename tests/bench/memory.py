"""Memory of `ctl run` that follows a tenant, after some calls."""

from __future__ import annotations

from tests.bench.figures import Figure, figure
from tests.bench.live_calls import rings
from tests.bench.place import Place
from tests.bench.process import resident_mb

CALLS = 50


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    caller, *called = loaded.keys[:11]
    before, after = [], []
    for _ in range(place.runs(3)):
        with (
            loaded.controller() as pid,
            loaded.phones([caller, *called]) as (phones, passwords),
        ):
            before.append(resident_mb(pid))
            for number in range(CALLS):
                rings(phones, passwords, loaded.account(caller), called[number % len(called)])
            after.append(resident_mb(pid))
    return figure(after, before_calls_mb=figure(before))

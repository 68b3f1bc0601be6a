"""How many ended calls a second come from an engine's spool into the embedded store."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path

from controlplane.history.ingest import Ingester
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.spool import Mark, spool_line
from controlplane.routing.stored import state_of
from controlplane.store.store import Store
from tests.bench.figures import Figure, figure

CALLS = 20_000
_LINES = [str(1000 + number) for number in range(1000)]
_BEGAN = 1_795_300_000_000


def measure(runs: int) -> Figure:
    """Each run into a database of its own; a third of the calls came to a group of ten."""
    system = _system()
    known = {"acme": (compile_plan(system), state_of(system))}
    text = "".join(_line(number) for number in range(CALLS))
    rates, megabytes = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="controlplane-bench-") as folder:
            (Path(folder) / "calls-20261122.spool").write_text(text)
            with Store.create(f"sqlite:///{folder}/store.db") as store:
                ingester = Ingester(store, {"pbx": Path(folder)}, lambda: known)
                begun = time.perf_counter()
                done = ingester.ingest(dt.datetime.now(dt.UTC))
                rates.append(CALLS / (time.perf_counter() - begun))
            if done.calls != CALLS:
                raise RuntimeError(f"{done.calls} of {CALLS} calls were stored")
            megabytes.append((Path(folder) / "store.db").stat().st_size / 1e6)
    return figure(rates, calls=CALLS, database_mb=round(max(megabytes), 1))


def _system() -> PhoneSystem:
    groups = {
        f"g{first}": {"extension": str(5000 + first), "members": _LINES[first : first + 10]}
        for first in range(0, 1000, 10)
    }
    return PhoneSystem.model_validate(
        {
            "tenant": "acme",
            "lines": {line: {} for line in _LINES},
            "handsets": {f"H{line}": {"line": line} for line in _LINES},
            "groups": groups,
        }
    )


def _line(number: int) -> str:
    caller, called = _LINES[number % 1000], _LINES[(number * 7 + 1) % 1000]
    values = {
        **{"call": f"1795300000.{number}", "tenant": "acme", "handset": f"H{caller}"},
        **{"number": caller, "name": "Ada%20Byron", "began": str(_BEGAN + number * 100)},
        **{"ended": str(_BEGAN + number * 100 + 9000), "cause": "16", "routine": "0123456789ab"},
        **{"dialled": called, "seen": f"&line/{called}", "step": "ring"},
    }
    rings = f"PJSIP/acme.H{called}"
    if number % 3 == 0:
        first = number % 1000 // 10 * 10
        rings = "&".join(f"PJSIP/acme.H{line}" for line in _LINES[first : first + 10])
        values |= {"dialled": str(5000 + first), "seen": f"&group/g{first}"}
        called = _LINES[first]
    if number % 5:
        values |= {"peer": f"acme.H{called}", "line": called, "talked": "5000"}
    return spool_line(Mark.MILLISECONDS, {**values, "what": rings}) + "\n"

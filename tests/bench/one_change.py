"""How long one line's new ring time takes: YAML to read back, a whole process."""

from __future__ import annotations

import subprocess
import sys

from examples.stack import ROOT
from tests.bench.figures import Figure, figure, times
from tests.bench.place import Loaded, Place, timed_ctl


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    whole, inside = [], []
    for run in range(place.runs(5)):
        loaded.change_ring(2 * run)
        whole.append(timed_ctl(loaded.stack, "apply", str(loaded.file), "--yes"))
        loaded.change_ring(2 * run + 1)
        inside.append(_inside(loaded))
    return times(whole, without_start_seconds=figure(inside))


def _inside(loaded: Loaded) -> float:
    """Seconds of the same verb in a process that has imported all it needs before."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.warm_apply", str(loaded.file)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "CONTROLPLANE_CONFIG": str(loaded.stack.config)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        raise RuntimeError(f"ctl apply in a warm process: {done.stderr}")
    return float(done.stderr.splitlines()[-1])

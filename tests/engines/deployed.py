"""A deployment in a folder: what `ctl init` makes there, and its engine, of either kind."""

from __future__ import annotations

from pathlib import Path

from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.freeswitch_process import FreeSwitchProcess, require_freeswitch
from tests.unit.cli.conftest import run_process

Engine = AsteriskContainer | FreeSwitchProcess


def initialised(home: Path, kind: str, address: str, *more: str) -> Path:
    """Its configuration; `more` options go to `ctl init`. Skips where there is no such engine."""
    options = ["--kind", kind, "--address", address, "--no-nat", *more]
    if kind == "freeswitch":
        require_freeswitch()
        options += ["--live-address", address, "--state-folder", str(_state(home, kind))]
    done = run_process("init", *options, cwd=home)
    assert done.returncode == 0, done.stderr
    return home / "controlplane.yaml"


def engine_of(home: Path, kind: str, address: str) -> Engine:
    """Not yet started: a context manager."""
    state = _state(home, kind)
    if kind == "freeswitch":
        password = password_of(home)
        return FreeSwitchProcess(address, home / "var/freeswitch/current", state, password=password)
    state.mkdir(parents=True, exist_ok=True)
    return AsteriskContainer(address, home / "var/asterisk", state)


def password_of(home: Path) -> str:
    """The engine's, for its control connections."""
    written = (home / "controlplane.yaml").read_text()
    return written.split("password: ")[1].split("\n")[0]


def _state(home: Path, kind: str) -> Path:
    return home / ("state" if kind == "freeswitch" else "var/asterisk-state")

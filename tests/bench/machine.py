"""The machine, the versions and the revision that a measurement belongs to."""

from __future__ import annotations

import datetime as dt
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from examples.stack import ROOT
from tests.bench.engines import MEASURED

_LIBRARIES = ("pydantic", "sqlalchemy", "aiohttp", "panoramisk", "pyyaml", "jinja2")


def described() -> dict[str, Any]:
    """`date`, `git`, `machine` and `versions` of bench.json."""
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "git": _git(),
        "machine": {
            "processor": _field(Path("/proc/cpuinfo"), "model name"),
            "cores": len(_fields(Path("/proc/cpuinfo"), "processor")),
            "memory_mb": int(_field(Path("/proc/meminfo"), "MemTotal").split()[0]) // 1000,
            "load_before": float(Path("/proc/loadavg").read_text().split()[0]),
            "kernel": platform.release(),
            "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        },
        "versions": {
            "controlplane": _installed("controlplane"),
            "python": platform.python_version(),
            **{one.name: one.version() for one in MEASURED if not one.missing()},
            "docker": _printed("docker", "version", "--format", "{{.Server.Version}}"),
            "sipp": _sipp(),
            **{name: _installed(name) for name in _LIBRARIES},
        },
    }


def _installed(name: str) -> str:
    """Empty where it is used without being installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _git() -> dict[str, Any]:
    return {
        "revision": _printed("git", "-C", str(ROOT), "rev-parse", "HEAD"),
        "modified": bool(_printed("git", "-C", str(ROOT), "status", "--porcelain")),
    }


def _printed(*command: str) -> str:
    """What it prints; empty where it cannot run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _sipp() -> str:
    words = _printed("sipp", "-v").split()
    return words[1].rstrip(".") if len(words) > 1 else ""


def _fields(path: Path, name: str) -> list[str]:
    rows = (line.partition(":") for line in path.read_text().splitlines())
    return [value.strip() for key, _, value in rows if key.strip() == name]


def _field(path: Path, name: str) -> str:
    return next(iter(_fields(path, name)), "0")

"""Static files: those an engine reads only when it starts, and whether it has read ours.

It read those that were live when it started. That is remembered in its own store with the time
of that start, as `asterisk.conf=1f0c33ab,modules.conf=99d2c4e1 at 2026-11-22 10:00:00`.
"""

from __future__ import annotations

from collections.abc import Mapping

_SHOWN = 8
_AT = " at "


def read_at_start(remembered: str, started: str, live: Mapping[str, str]) -> dict[str, str]:
    """Path -> short digest of what it has read; `live` are those of the live bundle's."""
    text, _, when = remembered.partition(_AT)
    if when != started:
        return _short(live)
    return dict(pair.split("=", 1) for pair in text.split(",") if "=" in pair)


def static_text(read: Mapping[str, str], started: str) -> str:
    """What is remembered in the engine."""
    return ",".join(f"{path}={digest}" for path, digest in sorted(read.items())) + _AT + started


def stale_files(read: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """The files it would have to start anew to read."""
    now = _short(wanted)
    return tuple(path for path in sorted({*read, *now}) if read.get(path) != now.get(path))


def _short(digests: Mapping[str, str]) -> dict[str, str]:
    return {path: digest[:_SHOWN] for path, digest in digests.items()}

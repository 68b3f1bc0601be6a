"""A look at a FreeSWITCH, over its event socket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from controlplane.live.looks import Look, Seen
from controlplane.model.deployment import Engine


async def _esl(engine: Engine, key: str, seconds: float) -> Seen:
    from controlplane.live.esl.settings import DEFAULT_TIMINGS
    from controlplane.live.freeswitch.control import opened

    timings = replace(DEFAULT_TIMINGS, connect=seconds, request=seconds)
    async with opened(engine, timings) as control:
        stored = await control.api("db", f"select/{key}")
        clock = await control.api("strepoch")
    return Seen(_clock(clock), stored)


def _clock(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.strip().isdecimal() else None


LOOKS = (
    Look(
        "ESL",
        lambda engine: f"{engine.address}:{engine.esl_port}",
        _esl,
        "the engine may still run with older files: `ctl apply`, or restart it",
    ),
)

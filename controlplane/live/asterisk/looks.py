"""Looks at an Asterisk: over ARI, which tells its clock, and over AMI, which tells stored keys.

Imports stand in the functions: only `ctl doctor` pays for them.
"""

from __future__ import annotations

from datetime import datetime

from controlplane.live.looks import Look, Seen
from controlplane.model.deployment import Engine


def _ari_place(engine: Engine) -> str:
    return f"http://{engine.address}:{engine.ari_port}"


async def _ari(engine: Engine, _: str, seconds: float) -> Seen:
    from controlplane.live.ari.requests import ping
    from controlplane.live.ari.rest import AriHttp
    from controlplane.live.ari.settings import AriSettings

    settings = AriSettings(_ari_place(engine), engine.user, engine.password, engine.application)
    async with AriHttp(settings) as ari:
        answer = await ari.request(ping(), within=seconds)
    stamp = answer.body.get("timestamp") if isinstance(answer.body, dict) else None
    return Seen(clock=_clock(stamp))


def _clock(stamp: object) -> datetime | None:
    """As ARI writes it."""
    try:
        return datetime.strptime(str(stamp), "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return None


async def _ami(engine: Engine, key: str, seconds: float) -> Seen:
    from controlplane.live.ami.connection import AmiConnection
    from controlplane.live.ami.settings import AmiSettings

    settings = AmiSettings(
        engine.address, engine.user, engine.password, engine.ami_port, timeout=seconds
    )
    async with AmiConnection(settings) as ami:
        family, _, name = key.rpartition("/")
        return Seen(stored=await ami.db_get(family, name) or "")


LOOKS = (
    Look(
        "ARI",
        _ari_place,
        _ari,
        "the engine may still run with older files: `ctl apply`, or restart it",
    ),
    Look(
        "AMI",
        lambda engine: f"{engine.address}:{engine.ami_port}",
        _ami,
        "restart the engine after `ctl apply`",
    ),
)

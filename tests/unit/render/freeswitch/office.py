"""The same small phone system as Asterisk's, on a FreeSWITCH."""

from __future__ import annotations

from controlplane.model.deployment import Engine, EngineKind
from tests.unit.render.asterisk.office import view

ENGINE = Engine(
    kind=EngineKind.FREESWITCH, address="127.0.0.41", password="engine;${x}", folder="/srv/engine"
)

__all__ = ["ENGINE", "view"]

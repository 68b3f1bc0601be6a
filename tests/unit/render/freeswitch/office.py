"""The same small phone system as Asterisk's, on a FreeSWITCH: no trunk goes over TLS."""

from __future__ import annotations

from typing import Any

from controlplane.model.deployment import Engine, EngineKind
from controlplane.render.bundle import TenantView
from tests.unit.render.asterisk import office

ENGINE = Engine(
    kind=EngineKind.FREESWITCH, address="127.0.0.41", password="engine;${x}", folder="/srv/engine"
)

_TRUNKS = {**office.TRUNKS, "backup": {**office.TRUNKS["backup"], "transport": "tcp"}}


def view(tenant: str = "acme", **changes: Any) -> TenantView:
    """The office as `tenant`; `changes` replace whole collections."""
    return office.view(tenant, **{"trunks": _TRUNKS, **changes})

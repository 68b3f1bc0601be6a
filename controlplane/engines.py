"""THE table: a kind of engine, and everything that is particular to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from controlplane.apply.applier import Applier
from controlplane.apply.asterisk import AsteriskApplier
from controlplane.live import asterisk_control
from controlplane.model.deployment import Engine, EngineKind
from controlplane.render.asterisk import render
from controlplane.render.asterisk.store import stored
from controlplane.render.bundle import Bundle, TenantView


@dataclass(frozen=True, slots=True)
class EngineRow:
    """`render`: all tenants to the engine's bundle. `state_key`: a tenant, a state key and
    its value, as key and value of the engine's own store. `applier` brings bundles onto it."""

    render: Callable[[Sequence[TenantView], Engine], Bundle]
    state_key: Callable[[str, str, str], tuple[str, str]]
    applier: Applier


ENGINES: Mapping[EngineKind, EngineRow] = {
    EngineKind.ASTERISK: EngineRow(
        render=render,
        state_key=stored,
        applier=AsteriskApplier(asterisk_control.connect),
    ),
}

"""THE table: a kind of engine, and everything that is particular to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from controlplane.apply.applier import Applier
from controlplane.apply.asterisk import AsteriskApplier
from controlplane.live import asterisk_control
from controlplane.model.deployment import Engine, EngineKind
from controlplane.render.asterisk import render, state_keys
from controlplane.render.bundle import Bundle, TenantView


@dataclass(frozen=True, slots=True)
class EngineRow:
    """`render`: all tenants to the engine's bundle. `state_keys`: a tenant's state as keys of
    the engine's own store. `applier` brings bundles onto it."""

    render: Callable[[Sequence[TenantView], Engine], Bundle]
    state_keys: Callable[[str, Mapping[str, str]], Mapping[str, str]]
    applier: Applier


ENGINES: Mapping[EngineKind, EngineRow] = {
    EngineKind.ASTERISK: EngineRow(
        render=render,
        state_keys=state_keys,
        applier=AsteriskApplier(asterisk_control.connect),
    ),
}

"""THE table: a kind of engine, and everything that is particular to it."""

from __future__ import annotations

from asyncio import Event
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from controlplane.apply.applier import Applier
from controlplane.apply.asterisk import AsteriskApplier
from controlplane.apply.freeswitch import FreeSwitchApplier
from controlplane.capabilities import ALL, Capability
from controlplane.live.asterisk import control as asterisk_control
from controlplane.live.asterisk import looks as asterisk_looks
from controlplane.live.freeswitch import control as freeswitch_control
from controlplane.live.freeswitch import looks as freeswitch_looks
from controlplane.live.looks import Look
from controlplane.model.deployment import Engine, EngineKind
from controlplane.render import asterisk, freeswitch
from controlplane.render.asterisk.lacking import lacking as asterisk_lacking
from controlplane.render.asterisk.store import stored as asterisk_stored
from controlplane.render.bundle import Bundle, TenantView
from controlplane.render.freeswitch.lacking import lacking as freeswitch_lacking
from controlplane.render.freeswitch.store import stored as freeswitch_stored

if TYPE_CHECKING:
    from controlplane.diagnostics import Diagnostic
    from controlplane.live.deciding import OnNews, Watch
    from controlplane.live.driver import Driver
    from controlplane.live.registrar import Open as OpenRegistrar
    from controlplane.live.registrar import Registrar
    from controlplane.model.phone_system import PhoneSystem
    from controlplane.voicemail.mailboxes import Mailboxes
    from controlplane.voicemail.mailboxes import Open as OpenMailboxes


class LiveEngine(Protocol):
    """One engine whose calls are decided. `down`: why not now; "" while they are."""

    @property
    def down(self) -> str: ...

    async def serve(self, stop: Event, drain_seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class EngineRow:
    """`render`: all tenants to the engine's bundle, from the templates in `templates`.
    `capabilities`: what of it such an engine does, of what not every engine does.
    `lacks`: what a tenant asks for and such an engine does not do.
    `stored`: a tenant, a state key and its value, as keys and values of the engine's own store.
    `applier` brings bundles onto it. `live`: an engine's name, itself, and what decides, counts
    and hears of its calls. `looks`: how `ctl doctor` sees whether it can be reached. `mailboxes`
    opens its voicemail. `registrar` opens what knows, tells and drops the phones at it.
    """

    render: Callable[[Sequence[TenantView], Engine], Bundle]
    templates: str
    capabilities: frozenset[Capability]
    lacks: Callable[[PhoneSystem], Iterable[Diagnostic]]
    stored: Callable[[str, str, str], Mapping[str, str]]
    applier: Applier
    live: Callable[[str, Engine, Driver, Watch, OnNews, Random], LiveEngine]
    looks: Sequence[Look]
    mailboxes: OpenMailboxes
    registrar: OpenRegistrar


def _asterisk_live(*parts: Any) -> LiveEngine:
    # Only a controller pays for what this imports; every other command starts without it.
    from controlplane.live.asterisk.engine import AsteriskDriver

    return AsteriskDriver(*parts)


def _freeswitch_live(*parts: Any) -> LiveEngine:
    from controlplane.live.freeswitch.engine import FreeSwitchDriver

    return FreeSwitchDriver(*parts)


def _asterisk_mailboxes(engine: Engine) -> AbstractAsyncContextManager[Mailboxes]:
    from controlplane.voicemail.asterisk import opened

    return opened(engine)


def _freeswitch_mailboxes(engine: Engine) -> AbstractAsyncContextManager[Mailboxes]:
    from controlplane.voicemail.freeswitch import opened

    return opened(engine)


def _asterisk_registrar(engine: Engine) -> AbstractAsyncContextManager[Registrar]:
    from controlplane.live.asterisk.registrar import opened

    return opened(engine)


def _freeswitch_registrar(engine: Engine) -> AbstractAsyncContextManager[Registrar]:
    from controlplane.live.freeswitch.registrar import opened

    return opened(engine)


ENGINES: Mapping[EngineKind, EngineRow] = {
    EngineKind.ASTERISK: EngineRow(
        render=asterisk.render,
        templates="dialplan_templates/asterisk",
        capabilities=ALL
        - {
            Capability.LONG_NAMES_TOGETHER,
            Capability.NEWEST_FIRST,
            Capability.FREED_WITHOUT_US,
        },
        lacks=asterisk_lacking,
        stored=asterisk_stored,
        applier=AsteriskApplier(asterisk_control.connect),
        live=_asterisk_live,
        looks=asterisk_looks.LOOKS,
        mailboxes=_asterisk_mailboxes,
        registrar=_asterisk_registrar,
    ),
    EngineKind.FREESWITCH: EngineRow(
        render=freeswitch.render,
        templates="dialplan_templates/freeswitch",
        capabilities=frozenset(
            {
                Capability.LONG_NAMES_TOGETHER,
                Capability.NEWEST_FIRST,
                Capability.FREED_WITHOUT_US,
            }
        ),
        lacks=freeswitch_lacking,
        stored=freeswitch_stored,
        applier=FreeSwitchApplier(freeswitch_control.connect),
        live=_freeswitch_live,
        looks=freeswitch_looks.LOOKS,
        mailboxes=_freeswitch_mailboxes,
        registrar=_freeswitch_registrar,
    ),
}

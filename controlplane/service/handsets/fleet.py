"""Fleet: how each handset stands — seen when and where from, with which files, registered where."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controlplane.diagnostics import Diagnostic, Faults
from controlplane.engines import ENGINES
from controlplane.live.registrar import Registration
from controlplane.model.deployment import Deployment, Engine
from controlplane.render.phones.catalogue import catalogue
from controlplane.service.handsets.current_files import CurrentFiles
from controlplane.service.handsets.listing import Phone, listed
from controlplane.store.handset_seen import Seen, SeenStore
from controlplane.store.store import Store

HANDSETS = "handsets"
"""What differs of them is told beside what differs of each engine."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`seen`: its last fetch. `current`: whether what it fetched is what it would get now; None
    where it never fetched its configuration. `registered`: by engine."""

    phone: Phone
    seen: Seen | None
    current: bool | None
    registered: Mapping[str, Registration]


def registrations(
    deployment: Deployment,
) -> tuple[dict[str, Mapping[str, Registration]], list[Diagnostic]]:
    """By engine, by account; and what is wrong with the engines that do not tell."""

    async def ask(engine: Engine) -> Mapping[str, Registration] | Faults:
        try:
            async with ENGINES[engine.kind].registrar(engine) as registrar:
                return await registrar.registered()
        except Faults as faults:
            return faults

    async def ask_all() -> list[Mapping[str, Registration] | Faults]:
        return await asyncio.gather(*map(ask, deployment.engines.values()))

    found: dict[str, Mapping[str, Registration]] = {}
    wrong: list[Diagnostic] = []
    for name, answer in zip(deployment.engines, asyncio.run(ask_all()), strict=True):
        if isinstance(answer, Faults):
            wrong += answer.diagnostics
        else:
            found[name] = answer
    return found, wrong


def standing(
    deployment: Deployment,
    store: Store,
    phones: Iterable[Phone],
    registered: Mapping[str, Mapping[str, Registration]],
) -> Iterator[Standing]:
    """Of each. Raises Faults."""
    current = CurrentFiles(deployment, store) if deployment.provisioning else None
    seen_of = SeenStore(store.database)
    tenants: dict[str, dict[str, Seen]] = {}
    for phone in phones:
        if phone.tenant not in tenants:
            tenants[phone.tenant] = seen_of.of(phone.tenant)
        seen = tenants[phone.tenant].get(phone.id)
        here = {name: it[phone.account] for name, it in registered.items() if phone.account in it}
        yield Standing(phone, seen, _current(current, phone, seen), here)


def _current(current: CurrentFiles | None, phone: Phone, seen: Seen | None) -> bool | None:
    if current is None or seen is None or not seen.file:
        return None
    return current.is_current(phone.tenant, phone.id, seen.file, seen.fingerprint)


def drift(deployment: Deployment, store: Store) -> list[Diagnostic]:
    """Of all handsets that have fetched. Raises Faults."""
    return list(differences(standing(deployment, store, listed(store), {})))


def differences(standings: Iterable[Standing]) -> Iterator[Diagnostic]:
    """One finding a handset that has other files than it would get now, or is other than stored."""
    for it in standings:
        address, name = it.phone.address, f"{it.phone.tenant}/{it.phone.id}"
        if it.current is False and it.seen is not None:
            message = f"has files made from revision {it.seen.revision}, and would get others now"
            yield Diagnostic(message, address, f"`ctl handset sync {name}` has it fetch them")
        said = catalogue().seen(it.seen.agent) if it.seen and it.seen.agent else None
        if said is None:
            continue
        model = f"{said.vendor}/{said.model}"
        wanted = it.phone.handset.model
        if said.model and wanted and model != wanted and model in catalogue().models:
            yield Diagnostic(
                f"says it is a {model}, and is stored as {wanted}",
                f"{address}/model",
                f"`ctl handset edit {name} model={model}`, if it is right",
            )


def standing_data(it: Standing) -> dict[str, Any]:
    """For programs. `current` null: it never fetched its configuration."""
    seen = it.seen
    said = catalogue().seen(seen.agent) if seen and seen.agent else None
    return {
        "tenant": it.phone.tenant,
        "handset": it.phone.id,
        "model": it.phone.handset.model,
        "firmware": (said.firmware if said else "") or it.phone.handset.firmware,
        "serves": it.phone.handset.serves,
        "last_seen": seen.at.isoformat(timespec="seconds") if seen else None,
        "address": seen.address if seen else None,
        "agent": seen.agent if seen else None,
        "file": (seen.file or None) if seen else None,
        "revision": seen.revision if seen and seen.file else None,
        "current": it.current,
        "registered": {
            name: {"address": at.address, "contact": at.contact, "reachable": at.reachable}
            for name, at in it.registered.items()
        },
    }

"""Registrations: which of them a change ends, and who is registered at which engine."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from controlplane.diagnostics import Diagnostic, Faults, printable
from controlplane.engines import ENGINES
from controlplane.live.registrar import Registration
from controlplane.model.change import Change
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment, Engine
from controlplane.render.phones.catalogue import catalogue
from controlplane.service.handsets.telling import SERVED_SECONDS
from controlplane.store.store import Store

_ON_ITS_WAY_SECONDS = 0.1
"""An engine answers before a NOTIFY is sent, and finds no contact once it is ended."""

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]*[.][A-Za-z0-9][A-Za-z0-9_-]*")


def account_of(tenant: str, handset: str) -> str:
    """The SIP account of a handset, which is permanent: on every engine the same."""
    return f"{tenant}.{handset}"


def ended_by(change_set: ChangeSet) -> tuple[str, ...]:
    """Accounts whose credentials are good no more once it is applied: of handsets that are
    removed, or have another SIP password."""
    return tuple(
        account_of(change_set.tenant, change.address.split("/", 2)[2])
        for change in change_set.changes
        if change.address.split("/")[1] == "handsets" and _ends(change)
    )


def to_be_told(change_set: ChangeSet) -> dict[str, str]:
    """Of those, the handsets that stay: by account, the Event that makes them fetch. Once their
    registration is ended nobody reaches them, and they would only see that they are refused."""
    found = {}
    for change in change_set.changes:
        _, collection, key = (*change.address.split("/", 2), "")[:3]
        if collection == "handsets" and change.after is not None and _ends(change):
            vendor = str(change.after.get("model") or "").partition("/")[0]
            if (known := catalogue().vendors.get(vendor)) and known.check_sync:
                found[account_of(change_set.tenant, key)] = known.check_sync
    return found


def _ends(change: Change) -> bool:
    if change.before is None:
        return False
    after = change.after
    return after is None or after.get("sip_password") != change.before.get("sip_password")


def end(
    engines: Mapping[str, Engine], accounts: Sequence[str], told: Mapping[str, str] | None = None
) -> None:
    """At each of these. `told` first, by account: the Event of a NOTIFY. Raises Faults, one for
    each engine where they may still be registered."""
    if not accounts:
        return
    said: list[Diagnostic] = []
    for name, engine in engines.items():
        try:
            asyncio.run(_end(engine, accounts, told or {}))
        except Faults as faults:
            who = accounts[0] if len(accounts) == 1 else f"{len(accounts)} handsets"
            text = f"{who} may still be registered at {name}: {faults.diagnostics[0].message}"
            said.append(Diagnostic(text, engine.address, "`ctl apply` tries it again"))
    if said:
        raise Faults(said)


async def _end(engine: Engine, accounts: Sequence[str], told: Mapping[str, str]) -> None:
    async with ENGINES[engine.kind].registrar(engine) as registrar:
        # Looked at before anybody is told: who is registers anew at once, and that is to stay.
        held = await registrar.held(accounts)
        for account, event in told.items():
            with suppress(Faults):
                await registrar.notify(account, event)
        if told:
            await asyncio.sleep(_ON_ITS_WAY_SECONDS)
        await registrar.end(held)


def registered(engine: Engine) -> Mapping[str, Registration]:
    """By account. Raises Faults where the engine does not tell."""

    async def ask() -> Mapping[str, Registration]:
        async with ENGINES[engine.kind].registrar(engine) as registrar:
            return await registrar.registered()

    return asyncio.run(ask())


def end_after(change_set: ChangeSet, deployment: Deployment) -> None:
    """Once every engine has what the change set says. Raises Faults."""
    ended = ended_by(change_set)
    told = to_be_told(change_set) if ended and deployment.provisioning is not None else {}
    if told:
        time.sleep(SERVED_SECONDS)
    end(deployment.engines, ended, told)


def end_strangers(deployment: Deployment, store: Store) -> None:
    """Those that are no handset's. Raises Faults."""
    handsets = _accounts(store)
    for name, engine in deployment.engines.items():
        end({name: engine}, _strangers(engine, handsets))


def _accounts(store: Store) -> frozenset[str]:
    return frozenset(
        account_of(tenant, handset)
        for tenant in store.tenants()
        for handset in store.keys(tenant, "handsets")
    )


def _strangers(engine: Engine, handsets: frozenset[str]) -> tuple[str, ...]:
    """Accounts named as ours that are registered there, and are no handset's. Raises Faults."""
    found = sorted(registered(engine))
    return tuple(it for it in found if it not in handsets and _ACCOUNT.fullmatch(it))


def differences(engine: Engine, store: Store) -> Iterator[Diagnostic]:
    """One finding a registration that should not be there. Raises Faults."""
    for account in _strangers(engine, _accounts(store)):
        yield Diagnostic(
            "is registered and is no handset's",
            f"registrations/{printable(account)}",
            "`ctl apply` ends it",
        )

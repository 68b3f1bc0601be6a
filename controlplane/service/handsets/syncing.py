"""Syncing: handsets that are stored are told to fetch, at the engines where they are registered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from controlplane.engines import ENGINES
from controlplane.live.registrar import Registrar, Registration
from controlplane.model.deployment import Deployment
from controlplane.render.phones.catalogue import catalogue
from controlplane.service.handsets.current_files import CurrentFiles
from controlplane.service.handsets.listing import Phone
from controlplane.service.handsets.telling import Course, Fetch, Manner, Result, Target, Telling
from controlplane.store.handset_seen import Seen, SeenStore
from controlplane.store.store import Store

WRITTEN_SECONDS = 1.0
"""Who serves handsets has written by then who fetched: what came before a NOTIFY is known, and not
taken for what it brought."""

_REASONS = {
    Result.OFFLINE: "is registered at no engine",
    Result.UNTOLD: "is of no model that is told by NOTIFY",
}


@dataclass(frozen=True, slots=True)
class Synced:
    """`seconds` from the first NOTIFY to the end."""

    course: Course
    seconds: float

    def data(self) -> dict[str, Any]:
        """For programs."""
        counts = self.course.counted()
        return {
            "handsets": len(self.course.results),
            **{result.value: counts[result] for result in Result},
            "notifies": self.course.told,
            "notifies_lost": self.course.lost,
            "seconds": round(self.seconds, 1),
            "not_fetched": [
                {
                    "handset": account.replace(".", "/", 1),
                    "result": result.value,
                    "reason": self.course.reasons.get(account, ""),
                }
                for account, result in sorted(self.course.results.items())
                if result is not Result.FETCHED
            ],
        }


def sync(
    deployment: Deployment,
    store: Store,
    phones: Iterable[Phone],
    registered: Mapping[str, Mapping[str, Registration]],
    manner: Manner,
    tell: Callable[[Course], None] = lambda _: None,
    *,
    restart: bool = False,
) -> Synced:
    """Tell each to fetch, and wait until it has. `registered`: by engine, by account. `restart`:
    tell them to start anew instead. Raises Faults where nothing is served to handsets."""
    fetches = _Fetches(deployment, store, phones)
    course = Course(0)
    targets = []
    for account, phone in fetches.phones.items():
        event, node = _event(phone, restart=restart), _node(account, registered)
        if not event or not node:
            course.results[account] = result = Result.UNTOLD if not event else Result.OFFLINE
            course.reasons[account] = _REASONS[result]
        else:
            targets.append(Target(account, node, event))
    seconds = asyncio.run(_run(deployment, targets, fetches, manner, tell, course))
    return Synced(course, seconds)


async def _run(
    deployment: Deployment,
    targets: list[Target],
    fetches: _Fetches,
    manner: Manner,
    tell: Callable[[Course], None],
    course: Course,
) -> float:
    """The seconds it took."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        nodes: dict[str, Registrar] = {}
        for name in sorted({it.node for it in targets}):
            engine = deployment.engines[name]
            opened = ENGINES[engine.kind].registrar(engine)
            nodes[name] = await stack.enter_async_context(opened)
        if targets:
            await asyncio.sleep(WRITTEN_SECONDS)
            await asyncio.to_thread(fetches.begin)
        targets = [replace(it, seen=fetches.at(it.account)) for it in targets]
        began = loop.time()

        async def look() -> Mapping[str, Fetch]:
            return await asyncio.to_thread(fetches.look)

        done = await Telling(targets, nodes, look, manner, tell).run()
    course.results.update(done.results)
    course.reasons.update(done.reasons)
    course.count, course.told, course.lost = done.count, done.told, done.lost
    return loop.time() - began


class _Fetches:
    """What each of these handsets fetched last, as the store knows it."""

    def __init__(self, deployment: Deployment, store: Store, phones: Iterable[Phone]) -> None:
        self.phones = {it.account: it for it in phones}
        self._tenants = sorted({it.tenant for it in self.phones.values()})
        self._seen = SeenStore(store.database)
        self._current = CurrentFiles(deployment, store)
        self._known: dict[str, Fetch] = {}
        self._before: dict[str, Seen] = {}

    def begin(self) -> None:
        """What was fetched until now is before."""
        self._before = self._all()

    def at(self, account: str) -> object:
        """When it fetched last, as of the beginning; None if never."""
        seen = self._before.get(account)
        return seen.at if seen else None

    def look(self) -> Mapping[str, Fetch]:
        """Of those that fetched since. Raises Faults."""
        for account, seen in self._all().items():
            if seen.at == self.at(account) or not seen.file:
                continue
            known = self._known.get(account)
            if known is None or known.at != seen.at:
                of = (seen.tenant, seen.handset, seen.file, seen.fingerprint)
                self._known[account] = Fetch(seen.at, self._current.is_current(*of))
        return dict(self._known)

    def _all(self) -> dict[str, Seen]:
        return {
            account: seen
            for tenant in self._tenants
            for handset, seen in self._seen.of(tenant).items()
            if (account := f"{tenant}.{handset}") in self.phones
        }


def _event(phone: Phone, *, restart: bool) -> str:
    """What its vendor's phones obey; "" where there is nothing."""
    vendor = catalogue().vendors.get((phone.handset.model or "").partition("/")[0])
    if vendor is None:
        return ""
    return vendor.restart if restart else vendor.check_sync


def _node(account: str, registered: Mapping[str, Mapping[str, Registration]]) -> str:
    """An engine at which it is, best one at which it answers; "" for none."""
    here = [name for name, accounts in registered.items() if account in accounts]
    here.sort(key=lambda name: registered[name][account].reachable is not True)
    return here[0] if here else ""

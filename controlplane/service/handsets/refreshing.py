"""Refreshing: handsets whose files a change has altered are told to fetch, while `ctl run` runs.

Only those that one change touches by name: the handset, its line, its line's user. Of a change that
alters the files of many, an administrator decides when they fetch: `ctl handset sync --stale`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack

import structlog

from controlplane.diagnostics import Faults
from controlplane.engines import ENGINES
from controlplane.live.registrar import Registrar
from controlplane.model.change import Change
from controlplane.model.deployment import Deployment
from controlplane.model.handset import Handset
from controlplane.render.phones.catalogue import catalogue
from controlplane.service.handsets.registrations import account_of
from controlplane.service.handsets.telling import (
    SERVED_SECONDS,
    Course,
    Fetch,
    Manner,
    Result,
    Target,
    Telling,
)
from controlplane.store.handset_seen import SeenStore
from controlplane.store.store import Store

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
MOST = 50
"""Handsets of one look: of more, somebody is to decide."""

_MANNER = Manner(patience=10.0)
_ALL = "all"

_IN_FILES = {
    "lines": frozenset({"user", "label", "keys"}),
    "users": frozenset({"first", "last", "timezone"}),
}
_NOT_IN_FILES = frozenset({"record_calls", "emergency_caller_id"})
"""Settings of a handset that its files do not show."""


class Refresher:
    """Run `run` in a loop of its own: it waits for the database in threads."""

    def __init__(self, deployment: Deployment, store: Store, manner: Manner = _MANNER) -> None:
        self._deployment = deployment
        self._store = store
        self._manner = manner
        self._seen = SeenStore(store.database)
        self._trouble = ""

    async def run(self) -> None:
        """Until cancelled. A store that cannot be read is looked at again and again."""
        revision: int | None = None
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    if revision is None:
                        revision = await asyncio.to_thread(self._store.latest_revision)
                    newest, found = await asyncio.to_thread(self._look, revision)
                    revision, self._trouble = newest, ""
                    if found:
                        group.create_task(self._refresh(found, newest))
                except Faults as faults:
                    self._ill(str(faults))
                except Exception as error:  # nothing that is stored may end it
                    self._ill(f"{type(error).__name__}: {error}")
                await asyncio.sleep(LOOK_SECONDS)

    def _look(self, revision: int) -> tuple[int, dict[str, Target]]:
        """The newest revision, and who is to be told of what changed since, by account."""
        newest = self._store.latest_revision()
        if newest <= revision:
            return newest, {}
        changes = self._store.changes_since(revision)
        newest = max(newest, *(it for it, _ in changes)) if changes else newest
        touched = affected(self._store, (change for _, change in changes))
        if len(touched) > MOST:
            log.info("handsets not told by themselves", count=len(touched))
            return newest, {}
        found: dict[str, Target] = {}
        for tenant, handset in touched:
            if event := self._event(tenant, handset):
                account = account_of(tenant, handset)
                seen = self._seen.of(tenant).get(handset)
                found[account] = Target(account, _ALL, event, seen.at if seen else None)
        return newest, found

    def _event(self, tenant: str, handset: str) -> str:
        """ "" where it is no more, or is of no model that is told by NOTIFY."""
        _, document = self._store.object_at(f"{tenant}/handsets/{handset}")
        vendor = str((document or {}).get("model") or "").partition("/")[0]
        found = catalogue().vendors.get(vendor)
        return found.check_sync if found else ""

    async def _refresh(self, targets: Mapping[str, Target], revision: int) -> None:
        tenants = sorted({account.partition(".")[0] for account in targets})

        def look() -> dict[str, Fetch]:
            return {
                account: Fetch(seen.at, seen.revision >= revision)
                for tenant in tenants
                for handset, seen in self._seen.of(tenant).items()
                if (account := account_of(tenant, handset)) in targets
            }

        async def looked() -> Mapping[str, Fetch]:
            return await asyncio.to_thread(look)

        await asyncio.sleep(SERVED_SECONDS)
        try:
            async with AsyncExitStack() as stack:
                everywhere = Everywhere([it async for it in self._open(stack)])
                telling = Telling(targets.values(), {_ALL: everywhere}, looked, self._manner)
                _say(await telling.run(), revision)
        except Faults as faults:
            self._ill(str(faults))
        except Exception as error:  # nor what an engine says
            self._ill(f"{type(error).__name__}: {error}")

    async def _open(self, stack: AsyncExitStack) -> AsyncIterator[Registrar]:
        """Those that answer."""
        for name, engine in self._deployment.engines.items():
            try:
                opened = ENGINES[engine.kind].registrar(engine)
                yield await stack.enter_async_context(opened)
            except Faults as faults:
                log.warning("handsets not told", engine=name, reason=faults.diagnostics[0].message)

    def _ill(self, reason: str) -> None:
        if reason != self._trouble:
            log.warning("handsets not told", reason=reason)
        self._trouble = reason


class Everywhere:
    """All engines at once: where an account is not registered, nobody is told."""

    def __init__(self, registrars: list[Registrar]) -> None:
        self._registrars = registrars

    async def notify(self, account: str, event: str) -> None:
        """Raises Faults where no engine takes it."""
        told = (it.notify(account, event) for it in self._registrars)
        answers = await asyncio.gather(*told, return_exceptions=True)
        wrong = [it for it in answers if isinstance(it, BaseException)]
        if wrong and len(wrong) == len(answers):
            raise wrong[0]


def affected(store: Store, changes: Iterable[Change]) -> list[tuple[str, str]]:
    """Tenant and Phone ID of the handsets whose files these changes alter by name."""
    found: dict[tuple[str, str], None] = {}
    for change in changes:
        tenant, collection, *key = change.address.split("/", 2)
        for handset in _touched(store, tenant, collection, "".join(key), change):
            found[tenant, handset] = None
    return list(found)


def _touched(store: Store, tenant: str, collection: str, key: str, change: Change) -> Iterator[str]:
    settings = {path.split("/")[0] for path, _, _ in change.fields()}
    if collection == "handsets":
        if change.after is not None and (change.before is None or settings - _NOT_IN_FILES):
            yield key
        return
    if change.before is None or change.after is None:
        return
    if not settings & _IN_FILES.get(collection, frozenset()):
        return
    lines = [key] if collection == "lines" else store.keys_where(tenant, "lines", "user", key)
    for line in lines:
        for setting in ("login", "line"):
            for handset in store.keys_where(tenant, "handsets", setting, line):
                _, document = store.object_at(f"{tenant}/handsets/{handset}")
                if document and Handset.model_validate(document).serves == line:
                    yield handset


def _say(course: Course, revision: int) -> None:
    counts = course.counted()
    log.info(
        "handsets told",
        revision=revision,
        fetched=counts[Result.FETCHED],
        lost=counts[Result.LOST] + counts[Result.STOPPED],
    )

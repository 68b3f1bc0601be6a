"""Phone flips: what a person turned on or off by a feature code becomes a commit of that line.

An engine does it by itself, whoever decides, and tells of it with the call's history. A flip is
committed once the history knows of it, in the order in which the calls ended, and before anything
else is: so nobody's commit undoes it unseen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controlplane.diagnostics import Faults, Unavailable
from controlplane.history.entry import Known
from controlplane.history.ingest import Ingester
from controlplane.model.change import Document
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment
from controlplane.routing.features import Flipped, flipped_at
from controlplane.routing.hotdesk import LOGOUT_NAME
from controlplane.routing.state import OUT
from controlplane.service import world
from controlplane.service.calls.call_history import spool_folders
from controlplane.service.changes.door import Door
from controlplane.service.changes.setting import Put, changed_object, changed_setting
from controlplane.store import call_log
from controlplane.store.call_log import PlaceOfCall, Reading
from controlplane.store.store import Store

_SPOOL = ("", "phone flips")
"""Under which the number of the last call is kept whose flip was committed."""

_MARK = b"flip/"

PutBack = Callable[[str, Mapping[str, str | None]], object]
"""Is told of a tenant's keys that are again as they are stored."""

Warn = Callable[[str], object]
"""Is told in one line of what could not be kept, or not be seen."""


@dataclass(frozen=True, slots=True)
class PhoneFlips:
    """`put_back` hears of flips that could not stay, after every engine has heard of it; `kept` of
    those that are stored."""

    store: Store
    door: Door
    warn: Warn
    put_back: PutBack = lambda *_: None
    kept: Callable[[str, Flipped], object] = lambda *_: None

    def take_in(self) -> int:
        """Commit those that are known and not committed yet: how many.

        Raises Faults where that cannot be done now; the next call goes on there.
        """
        with self.store.database.read() as connection:
            start = call_log.position(connection, *_SPOOL)
            waiting = call_log.places_behind(connection, start, _MARK.decode())
        for found in waiting:
            if flipped := flipped_at(found.place):
                self._commit(found, flipped)
            self._done(start, found.call_id)
            start = found.call_id
        return len(waiting)

    def _commit(self, found: PlaceOfCall, flipped: Flipped) -> None:
        author, reason = f"line {flipped.line}", f"dialled {found.dialled}"
        try:
            change = _change(self.store, found.tenant, flipped, author, reason)
            if change.changes:
                self.door.judge(change)
        except Unavailable:
            raise
        except Faults as faults:
            self.warn(f"what {author} {reason} for is not kept: {faults}")
            self.door.converge()
            self.put_back(found.tenant, {flipped.key: self._stored(found.tenant, flipped.key)})
            return
        if change.changes:
            self.door.apply(change)
        self.kept(found.tenant, flipped)

    def _stored(self, tenant: str, key: str) -> str | None:
        views = {view.system.tenant: view for view in world.load(self.store).views()}
        return views[tenant].state.get(key) if tenant in views else None

    def _done(self, start: int, end: int) -> None:
        """Whoever commits the same flips beside us has moved on already: theirs were the same."""
        engine, name = _SPOOL
        with self.store.database.write() as connection:
            now = dt.datetime.now(dt.UTC)
            call_log.take(connection, Reading(engine, name, name, start, end, (), ()), now)


def catch_up(
    deployment: Deployment,
    store: Store,
    door: Door,
    warn: Warn,
    known: Callable[[], Known] | None = None,
) -> None:
    """Take in what phones flipped until now, also where no controller reads the history.

    `known`: plans and state, for who has them already. Raises Faults. An engine whose history
    cannot be seen from here tells nothing.
    """

    def stored() -> Known:
        return {v.system.tenant: (v.plan, v.state) for v in world.load(store).views()}

    ingester = Ingester(store, spool_folders(deployment), known or stored)
    try:
        if ingester.holds(_MARK):
            ingester.ingest(dt.datetime.now(dt.UTC))
    except OSError as error:
        warn(f"feature codes dialled of late are not known: {error}")
    PhoneFlips(store, door, warn).take_in()


def _change(store: Store, tenant: str, flipped: Flipped, author: str, reason: str) -> ChangeSet:
    """Raises Faults where the model has no such setting, or it does not take the value."""
    name = flipped.key.removeprefix(f"line/{flipped.line}/")
    kind, _, key = name.partition("/")
    if kind == "group":

        def edited(before: Document) -> Document:
            others = [it for it in before.get("logged_out", []) if it != flipped.line]
            out = [flipped.line] if flipped.value == OUT else []
            return {**before, "logged_out": [*others, *out]}

        return changed_object(store, f"{tenant}/groups/{key}", edited, author, reason)
    if name == LOGOUT_NAME:

        def freed(before: Document) -> Document:
            ours = before.get("login") == flipped.line
            return {key: it for key, it in before.items() if not (ours and key == "login")}

        return changed_object(store, f"{tenant}/handsets/{flipped.value}", freed, author, reason)
    line, value = f"{tenant}/lines/{flipped.line}", flipped.value or None
    if name == "dnd":
        return changed_setting(store, f"{line}/do_not_disturb", Put(value and True), author, reason)
    return changed_setting(store, f"{line}/{name}", Put(value), author, reason)

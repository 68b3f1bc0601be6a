"""The one door: every change is planned, committed, rendered and brought to every engine here.

What is stored is what runs. Before a commit every engine must answer. Where an engine then
refuses the new revision, it is put back to what it ran, and the commit is taken back by an
inverse commit: history shows both, and what is stored is again what runs. A process killed
between the two leaves a commit that no engine has; calls go on by the old revision, and the next
apply, with changes or without, brings the engines to what is stored.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controlplane.apply.applier import Applied, Progress
from controlplane.diagnostics import Diagnostic, Faults
from controlplane.engines import ENGINES
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment
from controlplane.model.documents import to_documents
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.texts import Texts
from controlplane.service import world
from controlplane.service.changes import flips
from controlplane.service.changes.bringing import Bringing
from controlplane.service.changes.going_back import backwards, taking_back
from controlplane.service.changes.kept_secrets import with_kept_secrets
from controlplane.service.changes.planned import Planned, following, judged
from controlplane.service.changes.possible import refuse_impossible
from controlplane.service.changes.setting import Put, changed_setting
from controlplane.service.collector import collector_paused
from controlplane.service.handsets import fleet, registrations
from controlplane.store.store import Store

_SECRET_BYTES = 18


@dataclass(frozen=True, slots=True)
class Outcome:
    """`committed`: there is a new revision. `engines`: what was done on each, all read back."""

    revision: int
    committed: bool
    engines: Mapping[str, Applied] = field(default_factory=dict)


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


class Door:
    """Every method raises Faults. `tell` hears what is begun; `now` is the time of commits."""

    def __init__(
        self,
        deployment: Deployment,
        store: Store,
        *,
        tell: Progress = lambda _: None,
        now: Callable[[], dt.datetime] = _utc_now,
        new_secret: Callable[[], str] = _new_secret,
    ) -> None:
        self._deployment = deployment
        self._store = store
        self._tell = tell
        self._now = now
        self._new_secret = new_secret
        self._bringing = Bringing(deployment, store, tell, now)
        self._alone = threading.RLock()

    @collector_paused()
    def plan(
        self,
        wanted: PhoneSystem,
        source: str,
        *,
        documents: Texts | None = None,
        author: str = "",
        reason: str = "",
        prefer_wanted: bool = False,
    ) -> Planned:
        """Compare a tenant, whole and sound, with what is stored. `source` names its file.

        `documents` are those of `wanted`, for who has them already.
        Passwords and PINs that it does not mention stay as stored.

        The change set may hold conflicts; then it cannot be applied.
        """
        tenant = wanted.tenant
        snapshot = self._store.load(tenant)
        base = self._store.last_source(tenant, source) if source else None
        written = documents or Texts.of(to_documents(wanted))
        kept = with_kept_secrets(written, snapshot.documents)
        change_set = ChangeSet.between(
            tenant,
            snapshot.revision,
            snapshot.documents,
            kept,
            base.documents if base else None,
            author=author,
            reason=reason,
            source=source,
            prefer_wanted=prefer_wanted,
        )
        after = change_set.applied_to(snapshot.documents)
        if after == written or change_set.conflicts:
            return self._possible(Planned(change_set, snapshot, wanted))
        return self._possible(judged(change_set, snapshot))

    def judge(self, change_set: ChangeSet) -> Planned:
        """A change set from elsewhere, as read from a file. Faults where it leads to no sound
        phone system."""
        return self._possible(judged(change_set, self._store.load(change_set.tenant)))

    def _possible(self, planned: Planned) -> Planned:
        refuse_impossible(self._deployment, planned.system)
        return planned

    def apply(self, planned: Planned | ChangeSet) -> Outcome:
        """Commit, and bring every engine there. Without changes: bring them to what is stored.

        One after the other, from whatever threads: a flip needs the engines as the one before it
        left them.
        """
        with self._alone, collector_paused():
            return self._apply(planned)

    def _apply(self, planned: Planned | ChangeSet) -> Outcome:
        change_set = planned if isinstance(planned, ChangeSet) else planned.change_set
        if not change_set.changes and not change_set.conflicts and not change_set.source_changes:
            return self.converge()
        flipped = flips.of(change_set, self._store.around)
        if isinstance(planned, ChangeSet) and not (flipped and self._sound_alone(change_set)):
            planned = self.judge(planned)
        self._bringing.ready(files=flipped is None)
        self._tell("commit")
        before = self._store.latest_revision()
        # Once more: what it depends on may have changed meanwhile, and cannot from here on.
        flipped = flips.of(change_set, self._store.around)
        revision = self._commit(change_set)
        if revision == before and not change_set.changes:
            return self.converge()
        try:
            if flipped is not None and revision == before + 1:
                done = self._bringing.flip(change_set.tenant, flipped, before, revision)
                if done is not None:
                    return Outcome(revision, True, done)
            known = following(planned, revision)
            done = self._bringing.all(known, change_set.tenant)
        except BaseException as error:
            raise self._taken_back(change_set, revision, error) from error
        # Not before: until an engine has the new files, the old credentials register again.
        registrations.end_after(change_set, self._deployment)
        return Outcome(revision, True, done)

    @collector_paused()
    def converge(self) -> Outcome:
        """Bring every engine to what is stored, comparing every file and key, and end the
        registrations there that are no handset's."""
        while True:
            revision = self._store.latest_revision()
            done = self._bringing.all(None, "", thorough=True)
            if self._store.latest_revision() == revision:
                break
        registrations.end_strangers(self._deployment, self._store)
        return Outcome(revision, False, done)

    def set(
        self,
        address: str,
        value: Any,
        *,
        author: str = "",
        reason: str = "",
        based_on: int | None = None,
    ) -> Outcome:
        """Change one setting: `acme/lines/101/do_not_disturb`. None: back to its default.

        `based_on`: the revision that was looked at. Refused where the object was changed since.
        """
        edit = Put(value)
        return self.change(changed_setting(self._store, address, edit, author, reason, based_on))

    def change(self, change_set: ChangeSet) -> Outcome:
        """As `apply` for what was made by `setting`: where nothing changes, nothing is done."""
        if not change_set.changes:
            return Outcome(change_set.revision, False)
        return self.apply(change_set)

    def rollback(
        self, revision: int, *, tenant: str = "", author: str = "", reason: str = ""
    ) -> Outcome:
        """Make the tenant, or every tenant changed since, what it was at `revision`."""
        outcome = Outcome(self._store.latest_revision(), False)
        for change_set in self.backwards(revision, tenant=tenant, author=author, reason=reason):
            outcome = self.apply(change_set)
        return outcome

    def backwards(
        self, revision: int, *, tenant: str = "", author: str = "", reason: str = ""
    ) -> tuple[ChangeSet, ...]:
        """The change sets of `rollback`, one a tenant."""
        return backwards(self._store, revision, tenant=tenant, author=author, reason=reason)

    @collector_paused()
    def drift(self) -> dict[str, list[Diagnostic]]:
        """By engine: every difference between what is stored and what it really has; and, where
        files are served to handsets, what differs of those that have fetched, as `handsets`."""
        known = world.load(self._store)
        views = known.views()
        found = {}
        for name, engine in self._deployment.engines.items():
            row = ENGINES[engine.kind]
            bundle = row.render(views, engine)
            found[name] = asyncio.run(row.applier.drift(engine, bundle, known.revision))
            found[name] += registrations.differences(engine, self._store)
        if self._deployment.provisioning is not None:
            found[fleet.HANDSETS] = fleet.drift(self._deployment, self._store)
        return found

    def _sound_alone(self, change_set: ChangeSet) -> bool:
        """Whether that is seen without reading the whole tenant."""
        return flips.harmless(change_set) or flips.sound_alone(
            change_set, lambda collection: self._store.keys(change_set.tenant, collection)
        )

    def _commit(self, change_set: ChangeSet) -> int:
        return self._store.commit(change_set, self._now(), self._new_secret, world.check_documents)

    def _taken_back(
        self, change_set: ChangeSet, revision: int, error: BaseException
    ) -> BaseException:
        """Commit the inverse, and bring there whoever went on; what to raise then."""
        said = [*error.diagnostics] if isinstance(error, Faults) else []
        self._tell("take the commit back")
        why = said[0].message if said else "interrupted"
        try:
            self._commit(taking_back(change_set, revision, why))
        except Faults as faults:
            mend = f"`ctl apply` brings the engines to it, `ctl rollback {revision - 1}` drops it"
            stays = Diagnostic(f"revision {revision} stays stored, and is not running", "", mend)
            return Faults([*said, *faults.diagnostics, stays])
        try:
            self._bringing.all(None, change_set.tenant)
        except Faults as faults:
            known = {item.message for item in said}
            said += [item for item in faults.diagnostics if item.message not in known]
        return Faults(said) if isinstance(error, Faults) else error

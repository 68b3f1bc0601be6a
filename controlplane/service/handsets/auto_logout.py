"""Automatic logout: at a time of day, and where a handset was not used for some hours."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from controlplane.diagnostics import Faults
from controlplane.model.hot_desk import HotDeskRules
from controlplane.model.places import Tenant
from controlplane.service.handsets.hotdesk import HotDesk
from controlplane.store.bindings import Login
from controlplane.store.store import Store

LOOK_SECONDS = 30.0
_TOGETHER = 25
"""Logouts of one commit: a flip has only so many keys."""

_AUTHOR = "automatic logout"


@dataclass(slots=True)
class AutoLogout:
    """`look` again and again: it looks no more often than there is something new. `warn` is told
    in one line of what could not be done, and is tried again."""

    store: Store
    desk: HotDesk
    warn: Callable[[str], object]
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    _looked: dt.datetime = field(default=dt.datetime.min.replace(tzinfo=dt.UTC))

    def look(self) -> int:
        """How many handsets were freed. Raises Faults where the store cannot be asked."""
        now = self.now()
        # A clock that was set back is no reason to wait for it.
        if dt.timedelta() <= now - self._looked < dt.timedelta(seconds=LOOK_SECONDS):
            return 0
        self._looked = now
        return sum(self._look(tenant, now) for tenant in self.store.tenants())

    def _look(self, tenant: str, now: dt.datetime) -> int:
        _, document = self.store.object_at(f"{tenant}/settings")
        settings = Tenant.model_validate(document or {})
        rules = settings.hot_desk
        if rules.logout_at is None and rules.idle_hours is None:
            return 0
        due: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for login, reason in self._due(tenant, settings.timezone, rules, now):
            due[reason].append((login.handset, login.line))
        return sum(self._log_out(tenant, some, why) for why, some in due.items())

    def _due(
        self, tenant: str, timezone: str, rules: HotDeskRules, now: dt.datetime
    ) -> Iterator[tuple[Login, str]]:
        """Those to be logged out, and why."""
        idle = dt.timedelta(hours=rules.idle_hours or 0)
        logins = self.store.logins(tenant)
        old = rules.idle_hours is not None and any(it.since < now - idle for it in logins)
        used = self.store.handsets_used(tenant, now - idle) if old else frozenset()
        for login in logins:
            at = rules.logout_at
            if at and login.since < last_moment(now, login.timezone or timezone, at):
                yield login, f"logged out at {at}"
            elif rules.idle_hours and login.since < now - idle and login.handset not in used:
                yield login, f"not used for {rules.idle_hours} h"

    def _log_out(self, tenant: str, logins: list[tuple[str, str]], reason: str) -> int:
        done = 0
        for first in range(0, len(logins), _TOGETHER):
            some = logins[first : first + _TOGETHER]
            try:
                done += self.desk.logout_all(tenant, some, _AUTHOR, reason)
            except Faults as faults:
                self.warn(f"{len(some)} handsets of {tenant} could not be freed: {faults}")
        return done


def last_moment(now: dt.datetime, timezone: str, at: str) -> dt.datetime:
    """When it was `at`, a time of day as 19:00, in that zone last."""
    local = now.astimezone(ZoneInfo(timezone))
    hour, minute = map(int, at.split(":"))
    today = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    # Told in UTC: two times of one zone are compared by its clocks, which go back once a year.
    if today.astimezone(dt.UTC) <= now.astimezone(dt.UTC):
        return today.astimezone(dt.UTC)
    return (today - dt.timedelta(days=1)).astimezone(dt.UTC)

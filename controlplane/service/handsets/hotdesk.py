"""Hot desk: a line logs in to a handset and out of it, from wherever; who was first the store says.

A login is one line of state in the model, and a flip on every engine: nothing is reloaded, and no
phone registers anew. Where two come at once the database takes one of them, and the other is told
what it would have been told a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from controlplane.diagnostics import Diagnostic, Faults, fault
from controlplane.model.change import Change, Document
from controlplane.model.change_set import ChangeSet
from controlplane.model.checks.nearest import nearest
from controlplane.model.documents import from_documents
from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.places import NumberStatus
from controlplane.model.texts import Texts
from controlplane.service.changes.door import Door, Outcome
from controlplane.store.store import Store

_ATTEMPTS = 5
_KEPT = "log that line out there first, or move it"


class Why(StrEnum):
    """TAKEN: another line is logged in to the handset. ELSEWHERE: the line is logged in to another
    handset. NUMBER: the line's numbers are not active."""

    TAKEN = "taken"
    ELSEWHERE = "elsewhere"
    NUMBER = "number"


class LoginRefused(Faults):
    """Nothing has changed."""

    def __init__(self, why: Why, diagnostic: Diagnostic) -> None:
        super().__init__([diagnostic])
        self.why = why


@dataclass(frozen=True, slots=True)
class HotDesk:
    """Methods raise Faults. `catch_up` takes in what phones did and nobody has committed yet."""

    store: Store
    door: Door
    catch_up: Callable[[], object] = lambda: None

    def login(
        self,
        tenant: str,
        line: str,
        handset: str,
        author: str,
        *,
        reason: str = "",
        move: bool = False,
    ) -> Outcome:
        """Bind the line to the handset, on all engines when it returns.

        LoginRefused where either is bound already, unless `move` takes both from where they are.
        What is so already is not committed again.
        """
        text = reason or f"logged in to {handset}"

        def made(revision: int, found: Texts) -> ChangeSet:
            changes = _login(tenant, line, handset, found, move=move)
            return ChangeSet(tenant, revision, changes, author=author, reason=text)

        try:
            return self._commit(tenant, line, handset, made)
        except LoginRefused:
            self.catch_up()
            return self._commit(tenant, line, handset, made)

    def logout(
        self, tenant: str, handset: str, author: str, *, reason: str = "", line: str = ""
    ) -> Outcome:
        """Take the login from the handset; with `line`, only if it is that one's."""
        text = reason or f"logged out of {handset}"

        def made(revision: int, found: Texts) -> ChangeSet:
            before = _handset(tenant, handset, found, self.store)
            bound = before.get("login")
            if bound is None or line not in ("", bound):
                return ChangeSet(tenant, revision, ())
            change = Change(f"{tenant}/handsets/{handset}", before, _without_login(before))
            return ChangeSet(tenant, revision, (change,), author=author, reason=text)

        return self._commit(tenant, line, handset, made)

    def logout_all(
        self, tenant: str, logins: Sequence[tuple[str, str]], author: str, reason: str
    ) -> int:
        """Free handsets of these lines, in one commit: how many. Who is not there any more stays
        where they are."""
        revision = self.store.latest_revision()
        found = self.store.around(tenant, [handset for handset, _ in logins], ())
        places = ((f"{tenant}/handsets/{handset}", line) for handset, line in logins)
        changes = tuple(
            Change(place, found[place], _without_login(found[place]))
            for place, line in places
            if place in found and found[place].get("login") == line
        )
        self.door.change(ChangeSet(tenant, revision, changes, author=author, reason=reason))
        return len(changes)

    def _commit(
        self, tenant: str, line: str, handset: str, made: Callable[[int, Texts], ChangeSet]
    ) -> Outcome:
        """Look, and commit what is made of it; again where somebody else was there first."""
        for attempt in range(1, _ATTEMPTS + 1):
            revision, found = self.store.around_login(tenant, handset, line)
            if attempt == 1:
                _refuse_unknown(tenant, line, handset, found, self.store)
            change_set = made(revision, found)
            try:
                return self.door.change(change_set)
            except Faults:
                _, now = self.store.around_login(tenant, handset, line)
                if attempt == _ATTEMPTS or now == found:
                    raise
        raise AssertionError("the last attempt returns or raises")


def line_of(store: Store, tenant: str, number: str) -> str:
    """The extension of the line that an extension or a public number is; Faults where it is none,
    or a number that nobody can log in with: reserved, pending, disabled, or a main number."""
    if number in store.keys(tenant, "lines"):
        return number
    address = f"{tenant}/numbers/{number}"
    _, document = store.object_at(address)
    if document is None:
        near = nearest(number, store.keys(tenant, "lines"))
        mend = f"did you mean {near!r}?" if near else "write its extension or its public number"
        raise fault(f"there is no line {number!r}", f"{tenant}/lines", mend)
    system = store.system(tenant)
    found = system.numbers[number]
    for name, site in system.sites.items():
        if site.main_number == number:
            message = f"{number} is the main number of site {name}: nobody logs in with it"
            raise LoginRefused(Why.NUMBER, Diagnostic(message, address, "log a line in by its own"))
    if not found.reachable:
        state = found.status.value if found.enabled else "disabled"
        message = f"{number} is {state}: nobody can log in with it"
        raise LoginRefused(Why.NUMBER, Diagnostic(message, address, "activate it first"))
    if found.to is None or str(found.to) != f"line/{found.to.key}":
        raise fault(f"{number} leads to {found.to or 'nowhere'}, not to a line", address)
    return found.to.key


def _login(tenant: str, line: str, handset: str, found: Texts, *, move: bool) -> tuple[Change, ...]:
    """The changes; none where it is so already. Raises LoginRefused."""
    system = from_documents(tenant, found)
    here = f"{tenant}/handsets/{handset}"
    phone = system.handsets[handset]
    if line in (phone.login, None if phone.login else phone.line):
        return ()
    _refuse_inactive(system, line)
    holder = next((name for name, it in system.handsets.items() if it.login == line), None)
    if phone.login and not move:
        who = f"line {phone.login} ({display_name(system, phone.login)})"
        message = f"handset {handset} is taken: {who} is logged in there"
        raise LoginRefused(Why.TAKEN, Diagnostic(message, f"{here}/login", _KEPT))
    if holder and not move:
        message = f"line {line} is logged in at handset {holder}"
        place = f"{tenant}/handsets/{holder}/login"
        raise LoginRefused(Why.ELSEWHERE, Diagnostic(message, place, _KEPT))
    changes = [Change(here, found[here], {**found[here], "login": line})]
    if holder:
        there = f"{tenant}/handsets/{holder}"
        changes.append(Change(there, found[there], _without_login(found[there])))
    return tuple(changes)


def _refuse_inactive(system: PhoneSystem, line: str) -> None:
    """A line all of whose numbers wait to be activated is none that anybody works with yet."""
    mains = {site.main_number for site in system.sites.values()}
    own = {key: it for key, it in system.numbers.items() if key not in mains}
    if own and all(it.status is not NumberStatus.ACTIVE for it in own.values()):
        number, waiting = next(iter(own.items()))
        message = f"number {number} of line {line} is {waiting.status.value}: it cannot log in yet"
        place = f"{system.tenant}/numbers/{number}/status"
        raise LoginRefused(Why.NUMBER, Diagnostic(message, place, "activate the number first"))


def _refuse_unknown(tenant: str, line: str, handset: str, found: Texts, store: Store) -> None:
    _handset(tenant, handset, found, store)
    if line and f"{tenant}/lines/{line}" not in found:
        raise fault(f"there is no line {line!r}", f"{tenant}/lines", "write its extension")


def _handset(tenant: str, handset: str, found: Texts, store: Store) -> Document:
    address = f"{tenant}/handsets/{handset}"
    if address not in found:
        near = nearest(handset, store.keys(tenant, "handsets"))
        mend = f"did you mean {near!r}?" if near else "write the Phone ID on its screen"
        raise fault(f"there is no handset {handset!r}", f"{tenant}/handsets", mend)
    return found[address]


def _without_login(handset: Document) -> Document:
    return {key: value for key, value in handset.items() if key != "login"}

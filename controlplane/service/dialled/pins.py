"""PINs of lines: one opens the mailbox, signs in to a handset and opens the voice portal.

A line begins with its default PIN, which only lets its owner choose another. After three wrong
attempts in a row nothing opens until the PIN is reset, whoever asks and wherever.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from controlplane.diagnostics import Diagnostic, Faults
from controlplane.store.pins import MOST_FAILURES, PinEvent, PinHistory, Pins, StoredPin

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from controlplane.store.store import Store

LEAST, MOST = 4, 10
"""Digits of a PIN."""

PHONE = "phone"
"""The author of what somebody did at one."""


class Attempt(StrEnum):
    """CHANGE: the default PIN was right, and a PIN of one's own must be chosen first."""

    RIGHT = "right"
    CHANGE = "change"
    WRONG = "wrong"
    LOCKED = "locked"


class PinService:
    """`default` gives the default PIN of a tenant's line as its settings have it, None where they
    have none; `make` a new one, for such a line.

    Methods hash and wait for the database: call them from a thread. They raise Faults.
    """

    def __init__(
        self,
        pins: Pins,
        default: Callable[[str, str], str | None],
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        make: Callable[[], str] = lambda: new_pin(),
    ) -> None:
        self._pins = pins
        self._default = default
        self._now = now
        self._make = make

    def status(self, tenant: str, line: str) -> StoredPin:
        return self._pins.read(tenant, line)

    def default(self, tenant: str, line: str) -> str:
        """The default PIN, for an administrator; made now where there is none yet."""
        found = self._default(tenant, line)
        return self._pins.initial(tenant, line, self._make()) if found is None else found

    def attempt(self, tenant: str, line: str, digits: str) -> Attempt:
        stored = self._pins.begin_attempt(tenant, line)
        if stored is None:
            return Attempt.LOCKED
        if stored.hash is None:
            default = self._default(tenant, line) or stored.initial
            right = default is not None and hmac.compare_digest(default, digits)
        else:
            right = _is_hash_of(stored.hash, digits)
        if not right:
            if stored.failures + 1 >= MOST_FAILURES:
                self._pins.note(self._entry(tenant, line, PinEvent.LOCKED, PHONE))
            return Attempt.WRONG
        self._pins.succeeded(tenant, line)
        return Attempt.RIGHT if stored.hash else Attempt.CHANGE

    def refused(self, tenant: str, line: str, digits: str) -> Diagnostic | None:
        """Why this is no PIN that can be chosen."""
        address = f"{tenant}/lines/{line}"
        if not (digits.isascii() and digits.isdecimal() and LEAST <= len(digits) <= MOST):
            return Diagnostic("is not a PIN", address, f"choose {LEAST} to {MOST} digits")
        known = {self._default(tenant, line), self._pins.read(tenant, line).initial, line}
        if digits in known or _is_trivial(digits):
            mend = "choose neither the default PIN nor the extension nor digits in a row"
            return Diagnostic("is a PIN that anybody would try", address, mend)
        return None

    def choose(self, tenant: str, line: str, digits: str, author: str = PHONE) -> None:
        """Give the line a PIN of its own. Faults where it is none that can be chosen."""
        if fault := self.refused(tenant, line, digits):
            raise Faults([fault])
        entry = self._entry(tenant, line, PinEvent.CHANGED, author)
        self._pins.change(_hasher().hash(digits), entry)

    def reset(self, tenant: str, line: str, author: str = "", reason: str = "") -> None:
        """Back to the default PIN, and not locked."""
        self._pins.change(None, self._entry(tenant, line, PinEvent.RESET, author, reason))

    def _entry(
        self, tenant: str, line: str, event: PinEvent, author: str, reason: str = ""
    ) -> PinHistory:
        return PinHistory(tenant, line, self._now(), author, event, reason)


def stored_default(store: Store) -> Callable[[str, str], str | None]:
    """The default PIN of a line as it is stored."""

    def default(tenant: str, line: str) -> str | None:
        _, document = store.object_at(f"{tenant}/lines/{line}")
        found = (document or {}).get("default_pin")
        return None if found is None else str(found)

    return default


def pin_service(store: Store) -> PinService:
    return PinService(Pins(store.database), stored_default(store))


def pin_history(store: Store, address: str, limit: int) -> tuple[PinHistory, ...]:
    """What happened to PINs at an address (`acme/lines/101`), newest first; "": anywhere."""
    tenant, collection, line, setting = (*address.split("/"), "", "", "", "")[:4]
    if collection not in ("", "lines") or setting not in ("", "pin"):
        return ()
    return Pins(store.database).history(tenant, line, limit)


_MADE = 6
"""Digits of a default PIN made here."""


def new_pin() -> str:
    while True:
        made = "".join(secrets.choice("0123456789") for _ in range(_MADE))
        if not _is_trivial(made):
            return made


def _is_trivial(digits: str) -> bool:
    """One digit again and again, or digits that go up or down by one."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return len(steps) == 1 and steps <= {0, 1, 9}


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # slow to load, and few commands need it

    return PasswordHasher()


def _is_hash_of(hashed: str, digits: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(hashed, digits)
    except (VerificationError, InvalidHashError):
        return False

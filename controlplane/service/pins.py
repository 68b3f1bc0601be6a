"""PINs of lines: one opens the mailbox, signs in to a handset and opens the voice portal.

A line begins with its default PIN, which only lets its owner choose another. After three wrong
attempts in a row nothing opens until the PIN is reset, whoever asks and wherever.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from controlplane.diagnostics import fault
from controlplane.store.pins import Pins, StoredPin

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 4, 10
"""Digits of a PIN."""


class Attempt(StrEnum):
    """CHANGE: the default PIN was right, and a PIN of one's own must be chosen first."""

    RIGHT = "right"
    CHANGE = "change"
    WRONG = "wrong"
    LOCKED = "locked"


class PinService:
    """`default` gives the default PIN of a tenant's line, None where it has none.

    Methods hash and wait for the database: call them from a thread. They raise Faults.
    """

    def __init__(
        self,
        pins: Pins,
        default: Callable[[str, str], str | None],
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._pins = pins
        self._default = default
        self._now = now

    def status(self, tenant: str, line: str) -> StoredPin:
        return self._pins.read(tenant, line)

    def attempt(self, tenant: str, line: str, digits: str) -> Attempt:
        stored = self._pins.begin_attempt(tenant, line)
        if stored is None:
            return Attempt.LOCKED
        if stored.hash is None:
            default = self._default(tenant, line)
            right = default is not None and hmac.compare_digest(default, digits)
        else:
            right = _is_hash_of(stored.hash, digits)
        if not right:
            return Attempt.WRONG
        self._pins.succeeded(tenant, line)
        return Attempt.RIGHT if stored.hash else Attempt.CHANGE

    def choose(self, tenant: str, line: str, digits: str) -> None:
        """Give the line a PIN of its own. Faults where it is none that can be chosen."""
        address = f"{tenant}/lines/{line}"
        if not (digits.isascii() and digits.isdecimal() and LEAST <= len(digits) <= MOST):
            raise fault("is not a PIN", address, f"choose {LEAST} to {MOST} digits")
        if digits in (self._default(tenant, line), line) or len(set(digits)) == 1:
            mend = "choose neither the default PIN nor the extension nor one digit repeated"
            raise fault("is a PIN that anybody would try", address, mend)
        self._pins.change(tenant, line, _hasher().hash(digits), self._now())

    def reset(self, tenant: str, line: str) -> None:
        """Back to the default PIN, and not locked."""
        self._pins.change(tenant, line, None, self._now())


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

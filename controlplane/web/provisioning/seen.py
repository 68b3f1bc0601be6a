"""Seen: who fetched, noted in memory and written in batches, so that no request waits for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from controlplane.service.handsets.enrolment import Enrolment
from controlplane.store.handset_seen import Seen, SeenStore
from controlplane.store.handset_tokens import Token
from controlplane.web.provisioning.message import Request
from controlplane.web.provisioning.shelf import Held

_AGENT = 200


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    source: str
    agent: bytes
    held: Held | None
    revision: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Looks by handset, and tokens that were shown for the first time by digest."""

    looks: dict[tuple[str, str], _Look]
    shown: dict[str, Token]

    def __bool__(self) -> bool:
        return bool(self.looks or self.shown)


class SeenBatch:
    """`now`: seconds since 1970. What could not be written is kept, one look a handset."""

    def __init__(self, store: SeenStore, enrolment: Enrolment, now: Callable[[], float]) -> None:
        self._store = store
        self._enrolment = enrolment
        self._now = now
        self._looks: dict[tuple[str, str], _Look] = {}
        self._shown: dict[str, Token] = {}

    def note(self, token: Token, request: Request, held: Held | None, revision: int) -> None:
        """`held`: its own configuration, which it has now; None: it was here."""
        key = (token.tenant, token.handset)
        if held is None and (before := self._looks.get(key)) is not None:
            held, revision = before.held, before.revision
        agent = request.headers.get(b"user-agent", b"")
        self._looks[key] = _Look(self._now(), request.source, agent, held, revision)

    def confirm(self, token: Token) -> None:
        """It was shown, so those before it are to end."""
        self._shown[token.digest] = token

    def taken(self) -> Batch:
        """What is to be written now."""
        batch = Batch(self._looks, self._shown)
        self._looks, self._shown = {}, {}
        return batch

    def given_back(self, batch: Batch) -> None:
        """It was not written."""
        self._looks = {**batch.looks, **self._looks}
        self._shown = {**batch.shown, **self._shown}

    def write(self, batch: Batch) -> None:
        """Blocking; for a thread. Raises Faults."""
        for token in batch.shown.values():
            self._enrolment.confirm(token)
        if batch.looks:
            self._store.write(_seen(key, look) for key, look in batch.looks.items())


def _seen(key: tuple[str, str], look: _Look) -> Seen:
    agent = look.agent.decode("ascii", "replace")
    printable = "".join(it if it.isprintable() else "?" for it in agent)[:_AGENT]
    at = dt.datetime.fromtimestamp(look.at, dt.UTC)
    if look.held is None:
        return Seen(*key, at, look.source, printable)
    held = look.held
    return Seen(*key, at, look.source, printable, held.name, held.fingerprint, look.revision)

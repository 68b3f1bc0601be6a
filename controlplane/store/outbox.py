"""Outbox: mails about voicemail that are to be sent, each exactly once, in whatever time it takes.

A row is made when a message is first seen, and stays, so that the message is never new again.
Whoever sends claims it first. A claim that is not ended in time is anybody's again: its mail may
then have been sent without our hearing so. It bears the same Message-ID the second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select, update

from controlplane.store.connection import Database
from controlplane.store.schema import mails


class MailState(StrEnum):
    """WAITING to be sent; SENDING, claimed; SENT, its message not yet put where it belongs;
    DONE; DROPPED, for the reason that is noted."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DONE = "done"
    DROPPED = "dropped"


_OPEN = (MailState.WAITING, MailState.SENDING, MailState.SENT)


@dataclass(frozen=True, slots=True)
class Mail:
    """`message` is the engine's id. `attempts` include the one under way. Times have a zone."""

    engine: str
    message: str
    tenant: str
    mailbox: str
    state: MailState
    attempts: int
    found: dt.datetime
    due: dt.datetime
    mail_id: str
    reason: str = ""


_LONGEST = dt.timedelta(days=2)
"""More than any setting lets a mail wait."""


class Outbox:
    """Every method raises Faults where the database refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Iterable[Mail]) -> int:
        """Those that were never there; their number."""
        wanted = {(mail.engine, mail.message): mail for mail in new}
        if not wanted:
            return 0
        with self._database.write() as connection:
            for engine in {engine for engine, _ in wanted}:
                ids = [message for at, message in wanted if at == engine]
                asked = select(mails.c.message).where(
                    mails.c.engine == engine, mails.c.message.in_(ids)
                )
                for known in connection.execute(asked).scalars().all():
                    del wanted[engine, known]
            if wanted:
                connection.execute(insert(mails), [_values(mail) for mail in wanted.values()])
        return len(wanted)

    def claim(
        self, now: dt.datetime, lease: dt.timedelta, longest: dt.timedelta = _LONGEST
    ) -> Mail | None:
        """The one that is due first, for the caller alone until the lease is over.

        Its state is SENDING; or SENT, where only its message is still to be put away. One that is
        due in more than the `longest` wait there is was noted by a clock that has been set back
        since, and does not wait for it to come round again.
        """
        asked = (
            select(mails)
            .where(mails.c.state.in_(_OPEN), (mails.c.due <= now) | (mails.c.due > now + longest))
            .order_by(mails.c.due)
            .limit(1)
        )
        with self._database.read() as connection:
            if connection.execute(asked).first() is None:
                return None
        with self._database.write() as connection:
            found = connection.execute(asked).mappings().first()
            if found is None:
                return None
            mail = Mail(**{**found, "state": MailState(found["state"])})
            state = MailState.SENT if mail.state is MailState.SENT else MailState.SENDING
            values = {"state": state, "attempts": mail.attempts + 1, "due": now + lease}
            connection.execute(update(mails).where(*_is(mail)).values(values))
        return Mail(**{**_values(mail), "state": state, "attempts": mail.attempts + 1})

    def end(
        self, mail: Mail, state: MailState, reason: str = "", due: dt.datetime | None = None
    ) -> None:
        """Give a claimed one back in another state, to be looked at again when it is `due`."""
        clean = reason.replace("\x00", "").encode(errors="replace").decode()[:500]
        values: dict[str, Any] = {"state": state, "reason": clean}
        if due is not None:
            values["due"] = due
        if state is MailState.SENT:
            values["attempts"] = 0
        with self._database.write() as connection:
            connection.execute(update(mails).where(*_is(mail)).values(values))

    def next_due(self) -> dt.datetime | None:
        """When the next one is due; None where nothing is open."""
        asked = select(mails.c.due).where(mails.c.state.in_(_OPEN)).order_by(mails.c.due).limit(1)
        with self._database.read() as connection:
            return connection.execute(asked).scalar()

    def counts(self) -> dict[MailState, int]:
        with self._database.read() as connection:
            rows = connection.execute(select(mails.c.state)).scalars().all()
        return {state: rows.count(state) for state in MailState}

    def forget(self, before: dt.datetime) -> None:
        """Those that ended and whose messages were found before."""
        ended = (MailState.DONE, MailState.DROPPED)
        with self._database.write() as connection:
            connection.execute(
                delete(mails).where(mails.c.state.in_(ended), mails.c.found < before)
            )


def _is(mail: Mail) -> tuple[Any, Any]:
    return mails.c.engine == mail.engine, mails.c.message == mail.message


def _values(mail: Mail) -> dict[str, Any]:
    return {name: getattr(mail, name) for name in Mail.__slots__}

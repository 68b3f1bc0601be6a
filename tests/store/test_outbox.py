"""The outbox: a message is mailed by one, once, and a claim that is not ended comes back."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from controlplane.store.outbox import Mail, MailState, Outbox
from controlplane.store.store import Store

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
LEASE = dt.timedelta(minutes=10)


def mail(number: int = 1, engine: str = "asterisk") -> Mail:
    at = NOW + dt.timedelta(seconds=number)
    state = MailState.WAITING
    return Mail(engine, f"m{number}", "acme", "102", state, 0, NOW, at, f"<{number}@x>")


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store.database)


def test_a_message_is_added_once_for_ever(outbox: Outbox) -> None:
    assert outbox.add([mail(1), mail(1), mail(2), mail(1, "other")]) == 3
    assert outbox.add([replace(mail(1), mail_id="<again@x>")]) == 0
    later = NOW + dt.timedelta(minutes=1)
    first = outbox.claim(later, LEASE)
    assert first is not None
    outbox.end(first, MailState.DONE)
    assert outbox.add([mail(1)]) == 0
    assert outbox.counts()[MailState.DONE] == 1


def test_what_is_claimed_is_nobody_elses_until_the_lease_is_over(outbox: Outbox) -> None:
    outbox.add([mail(1)])
    later = NOW + dt.timedelta(minutes=1)
    claimed = outbox.claim(later, LEASE)
    assert claimed is not None
    assert (claimed.state, claimed.attempts) == (MailState.SENDING, 1)
    assert outbox.claim(later + LEASE / 2, LEASE) is None
    again = outbox.claim(later + LEASE, LEASE)
    assert again is not None
    assert (again.mail_id, again.attempts) == (claimed.mail_id, 2)


def test_a_clock_that_was_set_back_keeps_no_mail_waiting(outbox: Outbox) -> None:
    outbox.add([mail(1)])
    at = NOW + dt.timedelta(minutes=1)
    first = outbox.claim(at, LEASE)
    assert first is not None
    outbox.end(first, MailState.WAITING, "the server is away", at + LEASE)
    assert outbox.claim(at + LEASE / 2, LEASE, LEASE) is None
    back = at - dt.timedelta(days=30)
    again = outbox.claim(back, LEASE, LEASE)
    assert again is not None
    assert again.attempts == 2
    assert outbox.claim(back + LEASE / 2, LEASE, LEASE) is None, "it is claimed"


def test_a_mail_that_was_sent_is_only_settled(outbox: Outbox) -> None:
    outbox.add([mail(1)])
    later = NOW + dt.timedelta(minutes=1)
    claimed = outbox.claim(later, LEASE)
    assert claimed is not None
    outbox.end(claimed, MailState.SENT, due=later)
    settled = outbox.claim(later, LEASE)
    assert settled is not None
    assert settled.state is MailState.SENT
    outbox.end(settled, MailState.DONE)
    assert outbox.claim(later + LEASE * 3, LEASE) is None
    assert outbox.next_due() is None
    outbox.forget(NOW + LEASE)
    assert sum(outbox.counts().values()) == 0


def test_two_controllers_claim_different_ones(store: Store) -> None:
    outbox = Outbox(store.database)
    outbox.add([mail(number) for number in range(40)])
    later = NOW + dt.timedelta(minutes=2)
    with ThreadPoolExecutor(4) as several:
        claimed = list(several.map(lambda _: outbox.claim(later, LEASE), range(40)))
    assert len({one.message for one in claimed if one}) == 40


def test_a_hostile_reason_is_kept(outbox: Outbox, tmp_path: Path) -> None:
    outbox.add([mail(1)])
    claimed = outbox.claim(NOW + dt.timedelta(minutes=1), LEASE)
    assert claimed is not None
    outbox.end(claimed, MailState.DROPPED, "a\x00b\udcff" + "x" * 9_999)
    assert outbox.counts()[MailState.DROPPED] == 1

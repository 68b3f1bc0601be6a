"""Tokens of handsets: exchanged once, followed, revoked; last seen, in batches; both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import text

from controlplane.diagnostics import Faults
from controlplane.service.handsets.enrolment import Enrolment
from controlplane.store.handset_seen import Seen, SeenStore
from controlplane.store.handset_tokens import Token, TokenKind, TokenStore, digest_of
from controlplane.store.store import Store

Put = Callable[..., int]
AT = dt.datetime(2026, 7, 1, 12, 0, 0, tzinfo=dt.UTC)


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def enrolment(store: Store, put: Put, clock: Clock) -> Enrolment:
    put({"settings": {}, "handsets/LDN-07": {"mac": "805ec0123456", "model": "yealink/T54W"}})
    numbers = count(1)
    return Enrolment(store, clock, lambda: f"token-{next(numbers)}")


def live(store: Store) -> dict[str, TokenKind]:
    """Kinds by digest of what opens something."""
    found = TokenStore(store.database).of("acme", "LDN-07")
    return {it.digest: it.kind for it in found if it.ended is None}


def token(store: Store, plain: str) -> Token:
    (found,) = (it for it in TokenStore(store.database).of("acme") if it.digest == digest_of(plain))
    return found


def test_an_enrolment_is_exchanged_once(enrolment: Enrolment, store: Store) -> None:
    made = enrolment.enrol("acme", "LDN-07", "ada")
    assert "token-1" not in repr(made), "a secret is in no repr"
    opened = token(store, made.token)
    assert (opened.kind, opened.mac, opened.author) == (TokenKind.ENROLMENT, "805ec0123456", "ada")
    assert enrolment.exchange(opened) == "token-2"
    assert enrolment.exchange(opened) is None
    assert live(store) == {digest_of("token-2"): TokenKind.NEXT}
    assert token(store, "token-1").end == "used"


def test_of_many_who_exchange_at_once_one_is_given_a_token(
    enrolment: Enrolment, store: Store
) -> None:
    opened = token(store, enrolment.enrol("acme", "LDN-07", "ada").token)
    with ThreadPoolExecutor(4) as threads:
        given = list(threads.map(enrolment.exchange, [opened] * 8))
    assert len([it for it in given if it is not None]) == 1
    assert len(live(store)) == 1


def test_an_enrolment_that_is_over_gives_nothing(
    enrolment: Enrolment, store: Store, clock: Clock
) -> None:
    opened = token(store, enrolment.enrol("acme", "LDN-07", "ada", minutes=5).token)
    clock.now += dt.timedelta(minutes=5)
    assert enrolment.exchange(opened) is None
    assert digest_of("token-2") not in live(store)


def test_enrolling_again_ends_what_was_not_used_and_keeps_what_is(
    enrolment: Enrolment, store: Store
) -> None:
    enrolment.exchange(token(store, enrolment.enrol("acme", "LDN-07", "ada").token))
    first = enrolment.enrol("acme", "LDN-07", "ada")
    second = enrolment.enrol("acme", "LDN-07", "ada")
    assert live(store) == {
        digest_of("token-2"): TokenKind.NEXT,
        digest_of(second.token): TokenKind.ENROLMENT,
    }
    assert enrolment.exchange(token(store, first.token)) is None
    assert enrolment.exchange(token(store, second.token)) == "token-6"
    assert live(store) == {digest_of("token-6"): TokenKind.NEXT}


def test_a_rotated_token_lives_until_its_successor_is_shown(
    enrolment: Enrolment, store: Store, clock: Clock
) -> None:
    enrolment.exchange(token(store, enrolment.enrol("acme", "LDN-07", "ada").token))
    enrolment.confirm(token(store, "token-2"))
    assert live(store) == {digest_of("token-2"): TokenKind.ACTIVE}
    enrolment.rotate("acme", "LDN-07")
    active = token(store, "token-2")
    assert active.rotating
    following = []
    for _ in range(2):
        clock.now += dt.timedelta(seconds=1)
        following.append(enrolment.follow(active))
    assert len(live(store)) == 3, "a phone may have heard of either"
    enrolment.confirm(token(store, following[0]))
    first, second = (digest_of(it) for it in following)
    assert live(store) == {first: TokenKind.ACTIVE, second: TokenKind.NEXT}, (
        "it may have this by now"
    )
    assert not token(store, following[0]).rotating
    enrolment.confirm(token(store, following[1]))
    assert live(store) == {second: TokenKind.ACTIVE}
    enrolment.confirm(token(store, following[0]))
    assert live(store) == {second: TokenKind.ACTIVE}, "the dead stay dead"


def test_revoked_is_everything(enrolment: Enrolment, store: Store) -> None:
    enrolment.exchange(token(store, enrolment.enrol("acme", "LDN-07", "ada").token))
    opened = token(store, enrolment.enrol("acme", "LDN-07", "ada").token)
    assert enrolment.revoke("acme", "LDN-07", "eve") == 2
    assert live(store) == {}
    assert enrolment.exchange(opened) is None
    assert {it.ended_by for it in TokenStore(store.database).of("acme")} == {"", "eve"}
    assert enrolment.revoke("acme", "LDN-07", "eve") == 0


def test_another_handset_of_the_same_name_has_nothing_of_the_first(
    enrolment: Enrolment, store: Store, put: Put
) -> None:
    enrolment.exchange(token(store, enrolment.enrol("acme", "LDN-07", "ada").token))
    enrolment.enrol("acme", "LDN-07", "ada")
    seen = SeenStore(store.database)
    seen.write([Seen("acme", "LDN-07", AT, "10.1.2.3"), Seen("acme", "LDN-08", AT, "10.1.2.4")])
    document = {"mac": "805ec0123456", "model": "yealink/T54W"}
    put({"handsets/LDN-07": None})
    put({"handsets/LDN-07": document}, restores=True)
    assert len(live(store)) == 2, "what is undone is as it was"
    change, _ = TokenStore(store.database).since(0)
    put({"handsets/LDN-07": None})
    put({"handsets/LDN-07": document, "handsets/LDN-09": {}}, author="eve")
    assert live(store) == {}
    newest, ended = TokenStore(store.database).since(change)
    assert newest > change
    assert {it.ended_by for it in ended} == {"eve"}
    assert set(seen.of("acme")) == {"LDN-08"}


def test_who_follows_hears_each_change_once(enrolment: Enrolment, store: Store) -> None:
    tokens = TokenStore(store.database)
    assert tokens.since(0) == (0, ())
    enrolment.enrol("acme", "LDN-07", "ada")
    change, found = tokens.since(0)
    assert [it.kind for it in found] == [TokenKind.ENROLMENT]
    assert tokens.since(change) == (change, ())
    enrolment.exchange(found[0])
    newest, found = tokens.since(change)
    assert newest > change
    assert {(it.kind, it.end) for it in found} == {("enrolment", "used"), ("next", "")}
    assert tokens.since(newest + 10) == (newest, ()), "older than what was seen: restored"


def test_no_token_is_stored(enrolment: Enrolment, store: Store) -> None:
    made = enrolment.enrol("acme", "LDN-07", "ada")
    enrolment.exchange(token(store, made.token))
    with store.database.read() as connection:
        rows = connection.execute(text("SELECT * FROM handset_tokens")).all()
    assert "token-" not in repr(rows)


@pytest.mark.parametrize("do", ["enrol", "rotate"])
def test_a_handset_that_is_not_there(enrolment: Enrolment, do: str) -> None:
    with pytest.raises(Faults, match="there is no such handset"):
        getattr(enrolment, do)("acme", "LDN-99", *(["ada"] if do == "enrol" else []))


def test_a_handset_without_a_token_is_not_rotated(enrolment: Enrolment) -> None:
    with pytest.raises(Faults, match="ctl handset enrol acme/LDN-07"):
        enrolment.rotate("acme", "LDN-07")


def test_what_a_handset_fetched_stays_where_it_only_looked_in(store: Store) -> None:
    seen = SeenStore(store.database)
    first = Seen("acme", "LDN-07", AT, "10.1.2.3", "Yealink", "805ec0123456.cfg", "abcd", 7)
    seen.write([first, Seen("acme", "LDN-08", AT, "10.1.2.4")])
    later = AT + dt.timedelta(minutes=1)
    seen.write([Seen("acme", "LDN-07", later, "10.1.2.5", "Yealink T54W")])
    found = seen.of("acme")
    assert found["LDN-07"] == Seen(
        "acme", "LDN-07", later, "10.1.2.5", "Yealink T54W", "805ec0123456.cfg", "abcd", 7
    )
    assert found["LDN-08"] == Seen("acme", "LDN-08", AT, "10.1.2.4")
    seen.write([Seen("acme", f"M-{number}", AT, "10.1.2.3") for number in range(2000)])
    assert len(seen.of("acme")) == 2002

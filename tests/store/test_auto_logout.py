"""Automatic logout, at a time of day and of handsets that were not used, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert

from controlplane.service.handsets.auto_logout import AutoLogout, last_moment
from controlplane.store.schema import calls
from controlplane.store.store import Store
from tests.store.test_hotdesk import desk_on

Put = Callable[..., int]

NOON = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
OFFICE: dict[str, Any] = {
    "sites/tokyo": {"timezone": "Asia/Tokyo"},
    "sites/here": {},
    **{f"lines/{it}": {} for it in ("101", "102", "103")},
    "handsets/D1": {"login": "101", "site": "tokyo"},
    "handsets/D2": {"login": "102", "site": "here"},
    "handsets/D3": {"line": "101", "login": "103"},
    "handsets/D4": {"line": "103"},
}


class Place:
    def __init__(self, store: Store, put: Put) -> None:
        self.store, self.put = store, put
        self.said: list[str] = []
        self.clock = NOON
        self.auto = AutoLogout(store, desk_on(store), self.said.append, lambda: self.clock)

    def office(self, **rules: Any) -> None:
        self.put({"settings": {"hot_desk": rules}, **OFFICE}, at=NOON)

    def out(self, at: dt.datetime) -> list[str]:
        """Who is logged out at that moment."""
        before = set(self.logins())
        self.clock = at
        assert self.auto.look() == len(before) - len(self.logins())
        return sorted(before - set(self.logins()))

    def logins(self) -> list[str]:
        return [it.handset for it in self.store.logins("acme")]

    def called(self, ended: dt.datetime, **who: str) -> None:
        row = dict.fromkeys(("engine", "tenant", "direction", "number", "name", "dialled"), "")
        row |= dict.fromkeys(("called", "path", "rang", "outcome", "decided"), "")
        times = {"began": ended - HOUR, "ended": ended, "wait_ms": 0, "talk_ms": 0}
        with self.store.database.write() as connection:
            call = {**row, **times, "call": str(ended), "tenant": "acme", **who}
            connection.execute(insert(calls), call)


@pytest.fixture
def place(store: Store, put: Put) -> Place:
    return Place(store, put)


@pytest.mark.proves("G1", "G2")
def test_at_a_time_of_day_by_the_clock_of_the_handset_s_site(place: Place) -> None:
    place.office(logout_at="19:00")
    # 12:00 UTC is 21:00 in Tokyo: who logs in after the hour stays until the next day's.
    assert place.out(NOON + HOUR) == []
    assert place.out(dt.datetime(2026, 7, 1, 18, 59, tzinfo=dt.UTC)) == []
    assert place.out(dt.datetime(2026, 7, 1, 19, 0, 10, tzinfo=dt.UTC)) == ["D2", "D3"]
    assert place.out(dt.datetime(2026, 7, 2, 9, 59, tzinfo=dt.UTC)) == []
    assert place.out(dt.datetime(2026, 7, 2, 10, 1, tzinfo=dt.UTC)) == ["D1"]
    newest = place.store.history("acme/handsets/D1", 1)[0]
    assert (newest.author, newest.reason) == ("automatic logout", "logged out at 19:00")


def test_who_was_due_while_no_controller_ran_is_logged_out_then(place: Place) -> None:
    place.office(logout_at="19:00")
    assert place.out(NOON + 40 * HOUR) == ["D1", "D2", "D3"]


@pytest.mark.proves("G1")
def test_where_a_handset_was_not_used_for_hours(place: Place) -> None:
    place.office(idle_hours=8)
    place.called(NOON + 3 * HOUR, handset="D2")
    place.called(NOON + 4 * HOUR, answered_by="D3")
    assert place.out(NOON + 7 * HOUR) == []
    assert place.out(NOON + 8 * HOUR + dt.timedelta(minutes=1)) == ["D1"]
    assert place.out(NOON + 11 * HOUR + dt.timedelta(minutes=1)) == ["D2"]
    assert place.out(NOON + 12 * HOUR + dt.timedelta(minutes=1)) == ["D3"]


def test_without_rules_nobody_is_logged_out(place: Place) -> None:
    place.office()
    assert place.out(NOON + 1000 * HOUR) == []


def test_many_go_together(place: Place) -> None:
    many = {f"lines/{n}": {} for n in range(2000, 2060)}
    many |= {f"handsets/P{n}": {"login": str(n)} for n in range(2000, 2060)}
    place.put({"settings": {"hot_desk": {"logout_at": "19:00"}}, **many}, at=NOON)
    before = place.store.latest_revision()
    assert len(place.out(NOON + 8 * HOUR)) == 60
    assert place.store.latest_revision() == before + 3


@pytest.mark.parametrize(
    ("now", "zone", "at", "last"),
    [
        ("2026-07-01 18:30", "Europe/London", "19:00", "2026-07-01 18:00"),
        ("2026-07-01 17:30", "Europe/London", "19:00", "2026-06-30 18:00"),
        ("2026-07-01 18:00", "Europe/London", "19:00", "2026-07-01 18:00"),
        # The night on which clocks go back: 01:30 comes twice, and the first counts.
        ("2026-10-25 01:10", "Europe/London", "01:30", "2026-10-25 00:30"),
        ("2026-10-25 00:10", "Europe/London", "01:30", "2026-10-24 00:30"),
        # The one on which they go forward: there is no 01:30.
        ("2026-03-29 12:00", "Europe/London", "01:30", "2026-03-29 01:30"),
        ("2026-03-30 00:10", "Asia/Kolkata", "05:30", "2026-03-30 00:00"),
    ],
)
def test_when_it_was_that_time_last(now: str, zone: str, at: str, last: str) -> None:
    moment = dt.datetime.fromisoformat(now).replace(tzinfo=dt.UTC)
    assert last_moment(moment, zone, at) == dt.datetime.fromisoformat(last).replace(tzinfo=dt.UTC)

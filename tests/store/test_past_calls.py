"""What a driver knows of past calls is what is stored of them, by whomever."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from controlplane.calls.facts import Member
from controlplane.history.ingest import Ingester
from controlplane.live.driver import Driver
from controlplane.routing.spool import Mark, spool_line
from controlplane.service.calls.past_calls import PastCalls, asks
from controlplane.store import call_log
from controlplane.store.schema import call_places, calls
from controlplane.store.store import Store
from tests.unit.render.asterisk.office import view

BEGAN = 1_795_300_000
GROUPS = {
    "idle": {"extension": "604", "strategy": "longest-idle", "members": ["101", "102"]},
    "turns": {"extension": "602", "strategy": "round-robin", "members": ["101", "102"]},
}


def ended(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(BEGAN + at, dt.UTC)


def line(at: int, by: str, seen: str = "&group/idle", **fields: str) -> str:
    """A call from outside that began at `at` and that a line, if any, answered; of ten seconds."""
    took = {"peer": "acme.B1", "line": by, "talked": "3000"} if by else {}
    usual = {
        **{"call": f"1.{at}", "tenant": "acme", "trunk": "uplink", "number": "+447700900555"},
        **{"dialled": "604", "began": f"{BEGAN + at}000", "ended": f"{BEGAN + at + 10}000"},
        **{"step": "ring", "seen": seen, "cause": "16", "routine": "r", **took},
    }
    return spool_line(Mark.MILLISECONDS, {**usual, **fields}) + "\n"


class Calls:
    """A store, and drivers that are told of the calls in it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.spool = folder / "calls-20261122.spool"
        self.ingester = Ingester(store, {"pbx": folder}, dict)

    def end(self, *lines: str) -> None:
        with self.spool.open("a") as file:
            file.writelines(lines)
        self.ingester.ingest(ended(1000))

    def controller(self, **groups: Any) -> tuple[PastCalls, Driver]:
        driver, office = Driver(), view(groups=groups or GROUPS)
        driver.follow({"acme": (office.plan, office.state)})
        return PastCalls(self.store, driver), driver


def told(controller: tuple[PastCalls, Driver]) -> tuple[dict[str, int], dict[str, Member]]:
    past, driver = controller
    past.look()
    past.tell()
    return dict(driver.turns_of("acme")), dict(driver.members_of("acme"))


@pytest.fixture
def made(store: Store, tmp_path: Path) -> Calls:
    return Calls(store, tmp_path)


def test_who_took_which_calls_and_until_when(made: Calls) -> None:
    made.end(line(0, "101"), line(20, "102"), line(40, "101"), line(60, "", "&group/turns"))
    turns, members = told(made.controller())
    assert turns == {"idle": 3, "turns": 1}
    assert members == {"101": Member(ended(50), {"idle": 2}), "102": Member(ended(30), {"idle": 1})}


def test_a_call_placed_or_taken_outside_groups_ends_idleness_and_counts_for_none(
    made: Calls,
) -> None:
    inside = {"handset": "A1", "trunk": "", "number": "101"}
    made.end(
        line(0, "102", "&line/102", **inside),
        line(20, "", "&line/102", **inside, rang="busy!PJSIP/acme.B1&"),
        line(40, "102", "&group/idle&line/102"),
    )
    turns, members = told(made.controller())
    assert turns == {"idle": 1}
    assert members == {"101": Member(ended(10)), "102": Member(ended(50))}


def test_only_new_rows_are_added_and_two_controllers_agree(made: Calls) -> None:
    first, second = made.controller(), made.controller()
    for at in range(0, 100, 20):
        made.end(line(at, "101"), line(at + 1, "102", "&group/turns"))
        told(first)
    known = told(first)
    assert known == told(second) == told(first) == told(made.controller())
    assert known[0] == {"idle": 5, "turns": 5}
    assert known[1]["102"] == Member(ended(91), {"turns": 5})


def test_an_older_call_that_is_stored_later_does_not_set_the_end_back(made: Calls) -> None:
    controller = made.controller()
    made.end(line(50, "101"))
    told(controller)
    made.end(line(10, "101"))
    assert told(controller)[1] == {"101": Member(ended(60), {"idle": 2})}


def test_turns_never_go_back_behind_those_the_driver_counted(made: Calls) -> None:
    past, driver = made.controller()
    driver.remember("acme", {"turns": 7, "other": 1}, {})
    made.end(line(0, "101", "&group/turns"), line(20, "101"))
    assert told((past, driver))[0] == {"turns": 7, "other": 1, "idle": 1}


def test_calls_that_are_forgotten(made: Calls) -> None:
    controller = made.controller()
    made.end(line(0, "101"), line(20, "102"))
    told(controller)
    with made.store.database.write() as connection:
        call_log.forget_before(connection, ended(1000))
    told(controller)
    made.end(line(40, "102"))
    assert told(controller) == ({"idle": 2}, {"102": Member(ended(50), {"idle": 1})})


def test_tenants_without_such_groups_are_not_looked_at(made: Calls) -> None:
    made.end(line(0, "101"))
    plain = {"idle": {"strategy": "linear", "members": ["101"]}}
    controller = made.controller(**plain)
    assert told(controller) == ({}, {})
    office = view(groups=GROUPS)
    controller[1].follow({"acme": (office.plan, office.state)})
    assert told(controller)[0] == {"idle": 1}
    with made.store.database.write() as connection:
        connection.execute(delete(call_places))
        connection.execute(delete(calls))
    assert told(controller)[0] == {"idle": 1}


@pytest.mark.parametrize(
    ("group", "wanted"),
    [
        ({"strategy": "ring-all"}, False),
        ({"strategy": "linear"}, False),
        ({"strategy": "random"}, False),
        ({"strategy": "ring-all", "wrap_up": 10}, True),
        ({"strategy": "linear", "wrap_up": 10}, True),
        ({"strategy": "round-robin"}, True),
        ({"strategy": "fewest-calls"}, True),
    ],
)
def test_which_groups_go_by_past_calls(group: dict[str, Any], wanted: bool) -> None:
    assert asks(view(groups={"sales": {"members": ["101"], **group}}).plan) is wanted

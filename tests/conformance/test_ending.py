"""The comparison itself: every way two endings can differ is seen, and said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.conformance.ending import ANY, Ending, differences
from tests.conformance.report import Report
from tests.conformance.tenants import LISTED

ENDING = Ending(
    rang=frozenset({"A1", "B1"}),
    answered=frozenset({"B1"}),
    mailbox="",
    status=200,
    cause=17,
    told=False,
    shown={"B1": "Ada <101>"},
)


def test_equal_endings_do_not_differ() -> None:
    assert list(differences(ENDING, replace(ENDING))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rang": frozenset({"B1"})}, "rang B1, not A1 B1"),
        ({"answered": frozenset()}, "answered by nobody, not B1"),
        ({"answered": frozenset({"A1"})}, "answered by A1, not B1"),
        ({"mailbox": "101"}, "message in 101, not in any"),
        ({"status": 486}, "status 486, not 200"),
        ({"cause": 19}, "cause 19, not 17"),
        ({"told": True}, "an announcement"),
        ({"shown": {}}, "B1 shows nothing, not Ada <101>"),
        ({"shown": {"B1": "Bob <102>"}}, "B1 shows Bob <102>, not Ada <101>"),
        ({"shown": {"B1": "Ada <101>", "C1": "x"}}, "C1 shows x, not nothing"),
    ],
)
def test_each_difference_is_said(change: dict[str, Any], said: str) -> None:
    assert list(differences(ENDING, replace(ENDING, **change))) == [said]


def test_what_may_be_either() -> None:
    either = replace(ENDING, answered=frozenset({"A1", "B1"}), cause=None, shown={"B1": ANY})
    assert list(differences(either, ENDING)) == []


def test_the_report_shows_who_differs() -> None:
    one = LISTED[0]
    report = Report()
    report.add("live", [one], {one.tenant: ENDING}, {one.tenant: ENDING})
    report.add("static", [one], {one.tenant: ENDING}, {one.tenant: replace(ENDING, status=486)})
    assert report.faults("live", one.tenant) == []
    table = str(report).splitlines()
    assert table[1].split()[-2:] == ["wanted", "DIFFERS"]
    assert f"{one.tenant} answered, static: status 486, not 200" in table
    assert "live: 1 of 1 as wanted; static: 0 of 1 as wanted" in table


def test_a_call_that_was_not_put_through_is_a_fault() -> None:
    one = LISTED[0]
    report = Report()
    report.add("live", [one], {one.tenant: ENDING}, {})
    assert report.faults("live", one.tenant) == ["no call"]

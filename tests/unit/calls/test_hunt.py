"""Hunt groups: in which order members ring, and who is left out."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from controlplane.calls.facts import Facts, Member
from controlplane.calls.hunt import in_order
from controlplane.calls.simulator import Journey
from controlplane.model.group import Strategy
from controlplane.routing.steps import Cause, PhoneLeg, Ring, TrunkLeg
from tests.conformance.scenario import NOON
from tests.unit.calls.build import MAIN, MOBILE, from_trunk, journey

ABC = ("101", "102", "103")
A, B, C = PhoneLeg("A1"), PhoneLeg("B1"), PhoneLeg("C1")
MINUTE = dt.timedelta(minutes=1)
OUT = dict.fromkeys(ABC, "rings-out")


def went(
    does: dict[str, str] | None = None,
    *,
    facts: Facts | None = None,
    lines: dict[str, object] | None = None,
    **group: object,
) -> Journey:
    groups = {"sales": {"members": list(ABC), "ring": 2, "strategy": "linear", **group}}
    return journey(
        from_trunk(MAIN),
        does or {},
        facts=facts,
        groups=groups,
        lines=lines or {},
        numbers={MAIN: {"to": "group/sales"}},
    )


def test_the_orders() -> None:
    members = {
        "101": Member(NOON, {"sales": 2}),
        "102": Member(NOON - MINUTE, {"sales": 3}),
        "103": Member(NOON + MINUTE, {"sales": 1, "other": 9}),
    }
    facts = Facts(NOON, {"sales": 4}, members)
    assert in_order(Strategy.LINEAR, "sales", ABC, facts) == ABC
    assert in_order(Strategy.ROUND_ROBIN, "sales", ABC, facts) == ("102", "103", "101")
    assert in_order(Strategy.LONGEST_IDLE, "sales", ABC, facts) == ("102", "101", "103")
    assert in_order(Strategy.FEWEST_CALLS, "sales", ABC, facts) == ("103", "101", "102")
    assert in_order(Strategy.LONGEST_IDLE, "sales", (*ABC, "104"), facts)[0] == "104"
    assert in_order(Strategy.ROUND_ROBIN, "sales", (), facts) == ()


def test_every_random_order_is_as_likely() -> None:
    found = Counter(
        in_order(Strategy.RANDOM, "sales", ABC, Facts(NOON, chance=(n + 0.5) / 600))
        for n in range(600)
    )
    assert len(found) == 6
    assert set(found.values()) == {100}


def test_members_ring_one_after_the_other() -> None:
    tried = went(OUT)
    assert (tried.rang, tried.cause) == ((A, B, C), Cause.NO_ANSWER)
    assert [stage.at for stage in tried.stages] == [0, 2, 4, 6]
    assert went({"101": "rings-out"}).answered == B
    assert went({"101": "busy", "102": "offline"}).answered == C


def test_where_nobody_answers_the_overflow_takes_the_call() -> None:
    lines = {"104": {"voicemail": {}}}
    assert went(OUT, lines=lines, overflow="mailbox/104").mailbox == "104"


def test_round_robin_says_that_its_turn_is_taken() -> None:
    taken = went(strategy="round-robin", facts=Facts(NOON, {"sales": 1}))
    assert taken.rang == (B,)
    assert taken.stages[0].decision.turns == ("sales",)
    assert went().stages[0].decision.turns == ()


def test_who_is_logged_out_or_not_to_be_disturbed_is_passed_over() -> None:
    assert went(OUT, logged_out=["101"]).rang == (B, C)
    assert went(OUT, lines={"102": {"do_not_disturb": True}}).rang == (A, C)
    nobody = went(OUT, logged_out=list(ABC))
    assert (nobody.rang, nobody.cause) == ((), Cause.NO_ANSWER)


def test_who_is_in_a_call_is_passed_over_where_asked() -> None:
    assert went({"101": "in-call"}, skip_busy=True).rang == (B,)
    assert went({"101": "in-call"}).rang == (A,)
    assert went({"101": "in-call"}, skip_busy=True, strategy="ring-all").rang == (B, C)


def test_who_just_had_a_call_is_left_in_peace() -> None:
    facts = Facts(NOON, members={"101": Member(NOON - MINUTE / 2)})
    assert went(facts=facts, wrap_up=60).rang == (B,)
    assert went(facts=facts, wrap_up=10).rang == (A,)


@pytest.mark.parametrize(("follow", "leg"), [(False, A), (True, TrunkLeg("uplink", MOBILE, MAIN))])
def test_forwards_of_members_are_followed_where_asked(follow: bool, leg: object) -> None:
    lines = {"101": {"forward": {"always": MOBILE}}}
    followed = went(lines=lines, follow_forwards=follow)
    assert followed.rang == (leg,)
    step = followed.stages[0].decision.step
    assert isinstance(step, Ring)
    assert step.terms_of(step.legs[0]).confirm is follow


def test_the_prefix_is_shown_to_each() -> None:
    tried = went(OUT, caller_name_prefix="Sales:")
    assert {who.name for who in tried.shown.values()} == {"Sales:"}

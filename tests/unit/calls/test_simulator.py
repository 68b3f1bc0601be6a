"""The simulator: how ringing ends, who rang, and when."""

from __future__ import annotations

from itertools import permutations

import pytest

from controlplane.calls.simulator import ring_outcome
from controlplane.calls.world import Behaviour
from controlplane.routing.steps import CallerId, Cause, Leg, Outcome, PhoneLeg, Ring, TrunkLeg
from tests.unit.calls.build import DDI, MAIN, MOBILE, from_handset, from_trunk, journey

A, B, C = PhoneLeg("A1"), PhoneLeg("B1"), PhoneLeg("C1")


@pytest.mark.parametrize(
    ("does", "outcome"),
    [
        (("answers", "busy", "offline"), Outcome.ANSWERED),
        (("rings-out", "busy", "declines"), Outcome.NO_ANSWER),
        (("rings-out", "offline", "fails"), Outcome.NO_ANSWER),
        (("busy", "offline", "fails"), Outcome.BUSY),
        (("declines", "offline", "unreachable"), Outcome.BUSY),
        (("offline", "unreachable", "fails"), Outcome.OFFLINE),
    ],
)
def test_several_legs_in_any_order(does: tuple[str, ...], outcome: Outcome) -> None:
    for order in permutations(does):
        legs: dict[Leg, Behaviour] = dict(zip((A, B, C), map(Behaviour, order), strict=True))
        step = Ring(tuple(legs), 20, CallerId("101"))
        assert ring_outcome(step, legs)[0] is outcome


def test_who_rings_out_rang_and_who_is_busy_did_not() -> None:
    groups = {"all": {"extension": "600", "members": ["101", "102", "103"], "ring": 2}}
    when = {"101": "rings-out", "102": "busy", "103": "offline"}
    went = journey(from_trunk(MAIN), when, groups=groups, numbers={MAIN: {"to": "group/all"}})
    assert went.rang == (A,)
    assert went.shown == {A: CallerId("+447700101123"), B: CallerId("+447700101123")}
    assert went.cause is Cause.NO_ANSWER


def test_outside_only_the_number_is_seen() -> None:
    went = journey(from_handset(MOBILE))
    assert went.shown == {TrunkLeg("uplink", MOBILE, MAIN): CallerId(MAIN)}


def test_ringing_takes_its_time_and_being_busy_none() -> None:
    lines = {
        "101": {"forward": {"unanswered": "line/102"}, "ring": 3},
        "102": {"forward": {"busy": "line/103"}},
    }
    when = {"101": "rings-out", "102": "busy", "103": "rings-out"}
    went = journey(from_trunk(MAIN), when, lines=lines)
    assert [stage.at for stage in went.stages] == [0, 3, 3, 5]


@pytest.mark.parametrize(("patience", "rang", "gone"), [(1, (B,), True), (3, (B, C), True)])
def test_the_caller_hangs_up_while_it_rings(
    patience: int, rang: tuple[PhoneLeg, ...], gone: bool
) -> None:
    lines = {"102": {"forward": {"unanswered": "line/103"}}}
    when = {"102": "rings-out", "103": "rings-out"}
    went = journey(from_trunk(DDI), when, patience=patience, lines=lines)
    assert (went.rang, went.gone, went.cause, went.answered) == (rang, gone, None, None)


def test_patience_that_lasts_changes_nothing() -> None:
    went = journey(from_trunk(DDI), {"102": "rings-out"}, patience=2)
    assert (went.gone, went.cause) == (False, Cause.NO_ANSWER)
    assert journey(from_trunk(DDI), patience=0).answered == B


def test_a_message_can_be_left_once_the_line_is_busy() -> None:
    went = journey(from_handset("102"), {"102": "busy"}, lines={"102": {"voicemail": {}}})
    assert (went.mailbox, went.cause) == ("102", Cause.NORMAL)

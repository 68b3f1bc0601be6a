"""Answering rules on the walk: which one is active, and what it does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from controlplane.calls.simulator import Journey
from controlplane.routing.steps import Cause, Leg, PhoneLeg, Ring, Terms, TrunkLeg
from tests.unit.calls.build import CALLER, MAIN, MOBILE, compiled, from_handset, from_trunk, journey

FRAMES = {
    "office": {"mon-fri": "09:00-17:30"},
    "xmas": {"dates": "2026-12-25"},
    "always": {"mon-sun": "00:00-24:00"},
}
CHRISTMAS = dt.datetime(2026, 12, 25, 12, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 6, 10, 23, tzinfo=dt.UTC)
B, C = PhoneLeg("B1"), PhoneLeg("C1")
OUT = TrunkLeg("uplink", MOBILE, MAIN)


def rung(rules: list[dict[str, Any]], at: dt.datetime | None = None, **line: Any) -> Journey:
    more = {} if at is None else {"at": at}
    lines = {"102": {"rules": rules, **line}}
    return journey(from_handset("102"), lines=lines, time_frames=FRAMES, **more)


def ring(went: Journey) -> Ring:
    step = went.stages[0].decision.step
    assert isinstance(step, Ring)
    return step


def notes(went: Journey) -> dict[str, str]:
    return {it.address: it.text for stage in went.stages for it in stage.decision.notes}


def test_the_first_rule_whose_frame_holds_is_active() -> None:
    rules = [
        {"name": "xmas", "when": "xmas", "forward": {"always": "line/103"}},
        {"name": "office", "when": "office", "ring": 5},
        {"name": "rest", "when": "always", "do_not_disturb": True},
    ]
    working = rung(rules)
    assert ring(working).seconds == 5
    assert notes(working)["acme/lines/102/rules/xmas"] == "not active: xmas does not hold now"
    assert notes(working)["acme/lines/102/rules/office"] == "active, as office holds now"
    assert notes(working)["acme/lines/102/rules/rest"] == "not active: office comes before it"
    assert rung(rules, CHRISTMAS).answered == C
    assert rung(rules, NIGHT).cause is Cause.BUSY


def test_the_default_rule_is_the_line_itself() -> None:
    rules = [{"name": "office", "when": "office", "ring": 5}]
    assert ring(rung(rules, NIGHT, ring=7)).seconds == 7
    assert ring(rung([{"name": "office", "when": "office"}], ring=7)).seconds == 7
    forwarded = rung(rules, NIGHT, forward={"always": "line/103"})
    assert forwarded.answered == C
    assert rung(rules, forward={"always": "line/103"}).answered == B


def test_a_rule_that_is_not_enabled_is_passed_over() -> None:
    rules = [{"name": "office", "when": "office", "enabled": False, "do_not_disturb": True}]
    assert rung(rules).answered == B


def test_do_not_disturb_of_the_line_wins_over_every_rule() -> None:
    assert rung([{"name": "office", "when": "office"}], do_not_disturb=True).cause is Cause.BUSY


def test_the_time_is_that_of_whose_line_it_is() -> None:
    rules = [{"name": "office", "when": "office", "do_not_disturb": True}]
    early = dt.datetime(2026, 6, 10, 7, 30, tzinfo=dt.UTC)
    for zone, busy in (("Europe/London", False), ("Europe/Paris", True)):
        went = journey(
            from_handset("102"),
            lines={"102": {"rules": rules}},
            users={"bob": {"timezone": zone}},
            time_frames=FRAMES,
            at=early,
        )
        assert (went.cause is Cause.BUSY) is busy


def test_others_ring_beside_the_line_each_on_its_own_terms() -> None:
    also = ["line/103", {"to": MOBILE, "delay": "1s"}]
    went = journey(from_handset("102"), {"102": "rings-out"}, lines={"102": {"also_ring": also}})
    assert ring(went).legs == (B, C, OUT)
    assert ring(went).terms == (Terms(), Terms(), Terms(delay=1, confirm=True))
    assert (went.rang, went.answered) == ((B, C), C)
    alone = {"ring_own": False, "also_ring": also}
    assert ring(journey(from_handset("102"), lines={"102": alone})).legs == (C, OUT)


@pytest.mark.parametrize(
    ("does", "rang", "answered", "cause"),
    [
        ({"102": "rings-out"}, (B, OUT), OUT, None),
        ({"102": "rings-out", MOBILE: "refuses"}, (B, OUT), None, Cause.NO_ANSWER),
        ({"102": "busy", MOBILE: "refuses"}, (OUT,), None, Cause.BUSY),
        ({"102": "offline", MOBILE: "offline"}, (), None, Cause.ABSENT),
        ({"102": "answers"}, (B,), B, None),
    ],
)
def test_who_is_rung_later_and_is_to_confirm(
    does: dict[str, str], rang: tuple[Leg, ...], answered: Leg | None, cause: Cause | None
) -> None:
    lines = {"102": {"also_ring": {"to": MOBILE, "delay": 1}}}
    went = journey(from_handset("102"), does, lines=lines)
    assert (went.rang, went.answered, went.cause) == (rang, answered, cause)


def test_who_would_ring_after_the_time_never_does() -> None:
    lines = {"102": {"also_ring": {"to": MOBILE, "delay": 2}}}
    went = journey(from_handset("102"), {"102": "rings-out"}, lines=lines)
    assert (went.rang, went.cause) == ((B,), Cause.NO_ANSWER)


def test_screening_asks_and_may_be_refused() -> None:
    screened = {"102": {"screening": True}}
    assert ring(journey(from_handset("102"), lines=screened)).screen
    refused = journey(from_handset("102"), {"102": "refuses"}, lines=screened)
    assert (refused.rang, refused.cause) == ((B,), Cause.BUSY)
    assert journey(from_handset("102"), {"102": "refuses"}).answered == B


@pytest.mark.parametrize(
    ("line", "caller", "cause"),
    [
        ({"blocked": [CALLER]}, CALLER, Cause.CONGESTION),
        ({"blocked": ["+447700*"]}, CALLER, Cause.CONGESTION),
        ({"blocked": ["+4477*", "+44770010112*"]}, CALLER, Cause.CONGESTION),
        ({"blocked": ["+447701*"]}, CALLER, None),
        ({"blocked": ["list/nuisance"]}, CALLER, Cause.CONGESTION),
        ({"blocked": ["list/nuisance"], "blocked_hear": "message"}, CALLER, Cause.UNALLOCATED),
        ({"blocked": ["+4477*"], "allowed": [CALLER]}, CALLER, None),
        ({"block_anonymous": True}, "anonymous", Cause.CONGESTION),
        ({"block_anonymous": True}, "", Cause.CONGESTION),
        ({"block_anonymous": True}, CALLER, None),
        ({"blocked": ["+4477*"]}, "anonymous", None),
    ],
)
def test_who_is_blocked(line: dict[str, Any], caller: str, cause: Cause | None) -> None:
    went = journey(
        from_trunk(MAIN, caller),
        lines={"101": line},
        number_lists={"nuisance": {"numbers": ["+33*", CALLER]}},
    )
    assert went.cause is cause


def test_an_extension_may_be_blocked_too() -> None:
    assert journey(from_handset("102"), lines={"102": {"blocked": "101"}}).cause is Cause.CONGESTION


def test_who_is_allowed_is_neither_screened_nor_kept_away() -> None:
    line = {"allowed": "101", "screening": True, "do_not_disturb": True}
    went = journey(from_handset("102"), lines={"102": line})
    assert went.answered == B
    assert not ring(went).screen
    assert journey(from_handset("102", "C1"), lines={"102": line}).cause is Cause.BUSY


def test_the_rights_of_a_caller_end_at_the_line_that_gave_them() -> None:
    lines = {
        "102": {"allowed": "101", "forward": {"always": "line/103"}},
        "103": {"do_not_disturb": True},
    }
    assert journey(from_handset("102"), lines=lines).cause is Cause.BUSY


@pytest.mark.parametrize(
    ("line", "calls", "cause"),
    [
        ({}, "in-call", None),
        ({}, "2-calls", Cause.BUSY),
        ({"call_paths": 3}, "2-calls", None),
        ({"call_waiting": False}, "in-call", Cause.BUSY),
    ],
)
def test_busy_is_when_all_call_paths_are_in_use(
    line: dict[str, Any], calls: str, cause: Cause | None
) -> None:
    assert journey(from_handset("102"), {"102": calls}, lines={"102": line}).cause is cause


def test_a_chain_of_a_hundred_forwards_ends_audibly() -> None:
    lines = {str(n): {"forward": {"always": f"line/{n + 1}"}} for n in range(200, 300)}
    went = journey(from_handset("200"), lines={**lines, "300": {}})
    assert went.cause is Cause.ROUTING_ERROR
    assert len(went.stages) == 2


def test_a_line_with_many_rules_is_decided_quickly() -> None:
    rules = [{"name": f"r{n}", "when": "xmas"} for n in range(20)]
    plan, state = compiled(
        lines={"102": {"rules": rules, "blocked": [f"+44770020{n:04}" for n in range(1000)]}},
        time_frames=FRAMES,
    )
    assert len([key for key in state if key.startswith("line/102/blocked/is/")]) == 1000
    assert list(plan.frames) == ["always", "office", "xmas"]

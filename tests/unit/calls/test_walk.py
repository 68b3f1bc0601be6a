"""The walk, node by node: what is decided, why, and how it goes on."""

from __future__ import annotations

import pytest

from controlplane.calls.call import Point
from controlplane.calls.facts import Facts
from controlplane.calls.walk import resume, start, walk
from controlplane.routing.steps import (
    CallerId,
    Cause,
    Greeting,
    Hangup,
    Outcome,
    PhoneLeg,
    Play,
    Prompt,
    Ring,
    TrunkLeg,
    Voicemail,
)
from tests.conformance.scenario import NOON
from tests.unit.calls.build import DDI, MAIN, MOBILE, compiled, from_handset, from_trunk, journey

NOW = Facts(NOON)


def steps(*args: object, **kwargs: object) -> list[object]:
    return [stage.decision.step for stage in journey(*args, **kwargs).stages]  # type: ignore[arg-type]


def test_a_line_rings_its_phones_and_shows_who_calls() -> None:
    assert steps(from_handset("102")) == [
        Ring((PhoneLeg("B1"),), 2, CallerId("101", "Ada Byron"), line="102", paths=2),
    ]


def test_all_handsets_of_a_line_ring() -> None:
    (ring,) = steps(from_handset("102"), handsets={"B2": {"line": "102"}})
    assert isinstance(ring, Ring)
    assert ring.legs == (PhoneLeg("B1"), PhoneLeg("B2"))


@pytest.mark.parametrize(
    ("behaviour", "cause", "greeting"),
    [
        ("busy", Cause.BUSY, Greeting.BUSY),
        ("declines", Cause.BUSY, Greeting.BUSY),
        ("rings-out", Cause.NO_ANSWER, Greeting.UNAVAILABLE),
        ("offline", Cause.ABSENT, Greeting.UNAVAILABLE),
        ("unreachable", Cause.ABSENT, Greeting.UNAVAILABLE),
    ],
)
def test_nobody_takes_the_call(behaviour: str, cause: Cause, greeting: Greeting) -> None:
    assert steps(from_handset("102"), {"102": behaviour})[1:] == [Hangup(cause)]
    with_mailbox = steps(from_handset("102"), {"102": behaviour}, lines={"102": {"voicemail": {}}})
    assert with_mailbox[1:] == [Voicemail("102", greeting), Hangup(Cause.NORMAL)]


def test_a_line_without_a_phone_is_offline() -> None:
    assert steps(from_handset("102"), handsets={"B1": None}) == [Hangup(Cause.ABSENT)]


def test_do_not_disturb() -> None:
    quiet = {"102": {"do_not_disturb": True}}
    assert steps(from_handset("102"), lines=quiet) == [Hangup(Cause.BUSY)]
    quiet["102"]["voicemail"] = {}  # type: ignore[assignment]
    assert steps(from_handset("102"), lines=quiet)[0] == Voicemail("102", Greeting.BUSY)


def test_do_not_disturb_is_read_from_the_state() -> None:
    assert steps(from_handset("102"), flips={"line/102/dnd": "1"}) == [Hangup(Cause.BUSY)]
    flipped = steps(
        from_handset("102"), flips={"line/102/dnd": ""}, lines={"102": {"do_not_disturb": True}}
    )
    assert isinstance(flipped[0], Ring)


@pytest.mark.parametrize(
    ("occasion", "behaviour"),
    [("busy", "busy"), ("unanswered", "rings-out"), ("offline", "offline")],
)
def test_a_forward_applies_on_its_occasion_only(occasion: str, behaviour: str) -> None:
    forward = {"102": {"forward": {occasion: "line/103"}, "voicemail": {}}}
    went = journey(from_handset("102"), {"102": behaviour}, lines=forward)
    assert went.answered == PhoneLeg("C1")
    for other in {"busy", "rings-out", "offline"} - {behaviour}:
        assert journey(from_handset("102"), {"102": other}, lines=forward).mailbox == "102"


def test_forward_always_rings_no_phone_of_the_line() -> None:
    went = journey(from_handset("102"), lines={"102": {"forward": {"always": "line/103"}}})
    assert went.rang == (PhoneLeg("C1"),)


@pytest.mark.parametrize(
    ("target", "step"),
    [
        ("handset/C1", Ring((PhoneLeg("C1"),), 24, CallerId("101", "Ada Byron"))),
        ("mailbox/102", Voicemail("102", Greeting.UNAVAILABLE)),
        (MOBILE, Ring((TrunkLeg("uplink", MOBILE, MAIN),), 120, CallerId("101", "Ada Byron"))),
    ],
)
def test_forward_targets(target: str, step: object) -> None:
    assert steps(from_handset("102"), lines={"102": {"forward": {"always": target}}})[0] == step


def test_several_targets_ring_together_and_are_not_answered() -> None:
    forward = {"102": {"forward": {"always": ["line/103", MOBILE, "handset/A1"]}}}
    ring, end = steps(
        from_handset("102", "C1"), {"103": "rings-out", "A1": "busy", MOBILE: "busy"}, lines=forward
    )
    assert isinstance(ring, Ring)
    assert ring.legs == (PhoneLeg("C1"), TrunkLeg("uplink", MOBILE, MAIN), PhoneLeg("A1"))
    assert ring.seconds == 2
    assert end == Hangup(Cause.NO_ANSWER)


def test_a_chain_of_forwards_ends_at_the_last() -> None:
    chain = {
        "101": {"forward": {"always": "line/102"}},
        "102": {"forward": {"always": "line/103"}},
    }
    assert journey(from_handset("101", "C1"), lines=chain).answered == PhoneLeg("C1")


def test_a_loop_of_forwards_ends_audibly() -> None:
    loop = {
        "102": {"forward": {"always": "line/103"}},
        "103": {"forward": {"always": "line/102"}},
    }
    assert steps(from_handset("102"), lines=loop) == [
        Play(Prompt.CANNOT_COMPLETE),
        Hangup(Cause.ROUTING_ERROR),
    ]


def test_a_loop_after_ringing_ends_too() -> None:
    loop = {
        "102": {"forward": {"unanswered": "line/103"}},
        "103": {"forward": {"busy": "line/102"}},
    }
    went = journey(from_handset("102"), {"102": "rings-out", "103": "busy"}, lines=loop)
    assert went.rang == (PhoneLeg("B1"),)
    assert went.cause is Cause.ROUTING_ERROR


def group(**changes: object) -> dict[str, object]:
    return {"sales": {"extension": "600", "members": ["102", "103"], "ring": 2, **changes}}


def test_a_group_rings_all_its_members_with_its_prefix() -> None:
    (ring,) = steps(from_handset("600"), groups=group(caller_name_prefix="Sales:"))
    caller = CallerId("101", "Sales: Ada Byron")
    assert ring == Ring((PhoneLeg("B1"), PhoneLeg("C1")), 2, caller)


def test_a_prefix_stands_alone_before_no_name_and_goes_no_further() -> None:
    lines = {"102": {"forward": {"busy": "line/103"}}}
    ring, following = steps(
        from_trunk(MAIN),
        {"101": "busy"},
        numbers={MAIN: {"to": "group/sales"}},
        groups=group(members=["101"], overflow="line/103", caller_name_prefix="S"),
        lines=lines,
    )
    assert isinstance(ring, Ring)
    assert isinstance(following, Ring)
    assert (ring.caller.name, following.caller.name) == ("S", "")


def test_a_member_who_is_not_to_be_disturbed_is_not_rung() -> None:
    (ring,) = steps(from_handset("600"), groups=group(), lines={"103": {"do_not_disturb": True}})
    assert isinstance(ring, Ring)
    assert ring.legs == (PhoneLeg("B1"),)


def test_a_group_where_nobody_may_be_rung_is_offline() -> None:
    quiet = {"102": {"do_not_disturb": True}, "103": {"do_not_disturb": True}}
    assert steps(from_handset("600"), groups=group(), lines=quiet) == [Hangup(Cause.ABSENT)]


def test_forwards_of_members_are_passed_by() -> None:
    went = journey(
        from_handset("600"), groups=group(), lines={"102": {"forward": {"always": MOBILE}}}
    )
    assert went.rang == (PhoneLeg("B1"), PhoneLeg("C1"))


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [("busy", Cause.BUSY), ("rings-out", Cause.NO_ANSWER), ("offline", Cause.ABSENT)],
)
def test_a_group_overflows_or_ends(behaviour: str, cause: Cause) -> None:
    when = {"102": behaviour, "103": behaviour}
    assert journey(from_handset("600"), when, groups=group()).cause is cause
    over = journey(from_handset("600"), when, groups=group(overflow="line/101"))
    assert over.answered == PhoneLeg("A1")


def test_groups_that_overflow_into_each_other_end() -> None:
    groups = {
        **group(overflow="group/support"),
        "support": {"extension": "601", "members": ["103"], "ring": 2, "overflow": "group/sales"},
    }
    went = journey(from_handset("600"), {"102": "busy", "103": "busy"}, groups=groups)
    assert went.cause is Cause.ROUTING_ERROR


def test_the_next_trunk_takes_what_the_first_cannot() -> None:
    trunks = {"backup": {"priority": 2}, "off": {"priority": 0, "enabled": False}}
    went = journey(from_handset(MOBILE), {"uplink": "fails"}, trunks=trunks)
    assert went.answered == TrunkLeg("backup", MOBILE, MAIN)
    busy = journey(from_handset(MOBILE), {MOBILE: "busy"}, trunks=trunks)
    assert busy.cause is Cause.BUSY
    assert [leg.trunk for leg in busy.shown if isinstance(leg, TrunkLeg)] == ["uplink"]


def test_a_call_out_that_no_trunk_takes_ends_audibly() -> None:
    assert steps(from_handset(MOBILE), {"uplink": "fails"})[1:] == [
        Play(Prompt.CANNOT_COMPLETE),
        Hangup(Cause.CONGESTION),
    ]
    assert steps(from_handset(MOBILE), trunks={"uplink": {"enabled": False}}) == [
        Play(Prompt.CANNOT_COMPLETE),
        Hangup(Cause.CONGESTION),
    ]


def test_a_forward_outside_shows_the_number_of_who_forwards() -> None:
    lines = {"102": {"forward": {"always": MOBILE}, "presented_number": DDI}}
    went = journey(from_trunk(DDI), lines=lines)
    assert went.answered == TrunkLeg("uplink", MOBILE, DDI)


def test_a_destination_that_is_gone_is_an_unknown_number() -> None:
    went = journey(from_handset("102"), flips={"line/102/forward/always": "line/999"})
    assert went.cause is Cause.UNALLOCATED


def test_reasons_name_the_setting_behind_them() -> None:
    went = journey(
        from_handset("102"), {"102": "busy"}, lines={"102": {"forward": {"busy": "mailbox/102"}}}
    )
    addresses = [note.address for stage in went.stages for note in stage.decision.notes]
    assert addresses == [
        "acme/lines/102",
        "acme/lines/102/ring",
        "acme/lines/102/forward/busy",
        "acme/lines/102/voicemail",
        "acme/lines/102/voicemail",
    ]


def test_the_walk_stops_once_answered_or_gone() -> None:
    plan, state = compiled()
    for outcome in (Outcome.ANSWERED, Outcome.GONE):
        decisions = walk(plan, state, from_handset("102"), NOW)
        next(decisions)
        with pytest.raises(StopIteration):
            decisions.send(outcome)


def test_resume_refuses_a_routine_of_another_plan() -> None:
    plan, state = compiled()
    point = Point("line/102", "no-such-routine", 0, (), (), "")
    with pytest.raises(KeyError):
        resume(plan, state, CallerId("101"), point, Outcome.BUSY, NOW)


def test_resume_refuses_a_point_that_is_no_step() -> None:
    plan, state = compiled()
    first = start(plan, state, from_handset("102"), NOW).point
    nodes = plan.routines[first.routine].nodes
    visit = Point(first.flow, first.routine, len(nodes) - 1, first.args, (), "")
    with pytest.raises(ValueError, match="no step"):
        resume(plan, state, CallerId("101"), visit, Outcome.BUSY, NOW)


@pytest.mark.parametrize(
    ("target", "step"),
    [
        ("line/103", Ring((PhoneLeg("C1"),), 2, CallerId("101", "Ada Byron"), line="103", paths=2)),
        ("mailbox/600", Voicemail("600", Greeting.UNAVAILABLE)),
        ("line/102", Play(Prompt.CANNOT_COMPLETE)),
    ],
)
def test_0_in_a_mailbox_leads_to_its_operator(target: str, step: object) -> None:
    box = {"102": {"voicemail": {"operator": target}}}
    plan, state = compiled(lines=box, mailboxes={"600": {}})
    decided = walk(plan, state, from_handset("102"), NOW)
    next(decided)
    assert isinstance(decided.send(Outcome.NO_ANSWER).step, Voicemail)
    decision = decided.send(Outcome.OPERATOR)
    assert decision.step == step
    assert decision.notes[0].address == "acme/lines/102/voicemail/operator"
    assert decision.notes[0].text == f"on to {target}"


def test_0_in_a_mailbox_without_operator_ends_the_call() -> None:
    plan, state = compiled(lines={"102": {"voicemail": {}}})
    decided = walk(plan, state, from_handset("102"), NOW)
    next(decided)
    decided.send(Outcome.NO_ANSWER)
    assert decided.send(Outcome.OPERATOR).step == Hangup(Cause.NORMAL)


def test_an_operator_outside_sees_the_number_of_the_mailboxes_line() -> None:
    line = {"102": {"presented_number": DDI, "voicemail": {"operator": MOBILE}}}
    plan, state = compiled(lines=line)
    decided = walk(plan, state, from_handset("102"), NOW)
    next(decided)
    decided.send(Outcome.NO_ANSWER)
    step = decided.send(Outcome.OPERATOR).step
    assert isinstance(step, Ring)
    assert step.legs == (TrunkLeg("uplink", MOBILE, DDI),)

"""Every edge of every routine is in the dialplan, and leads to an extension that is there."""

from __future__ import annotations

import re

import pytest

from controlplane.render.asterisk.routines import routine_dialplan
from controlplane.routing.nodes import (
    Arg,
    Forward,
    Jump,
    LegKind,
    LegRef,
    Occasion,
    Release,
    RingLegs,
)
from controlplane.routing.plan import Routine
from controlplane.routing.steps import Cause
from tests.unit.render.asterisk.office import view


def extensions(text: str) -> set[str]:
    return set(re.findall(r"^exten => ([^,]+),1,", text, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(view().plan.routines))
def test_every_jump_within_a_routine_has_a_target(name: str) -> None:
    text = routine_dialplan(view().plan.routines[name])
    targets = set(re.findall(r"[?:(]([nat]\d+),1", text))
    assert targets <= extensions(text)


@pytest.mark.parametrize("name", sorted(view().plan.routines))
def test_every_step_can_be_continued_after(name: str) -> None:
    """The driver resumes a call at `a<i>` of the node it left it at."""
    text = routine_dialplan(view().plan.routines[name])
    assert {f"a{node}" for node in re.findall(r"Set\(CP_NODE=(\d+)\)", text)} <= extensions(text)


def test_outcomes_lead_where_the_plan_says() -> None:
    ring = RingLegs((LegRef(LegKind.HANDSET, Arg(0)),), "20", busy=0, no_answer=1, offline=2)
    ends = (Release(Cause.BUSY), Release(Cause.NO_ANSWER), Release(Cause.ABSENT))
    text = routine_dialplan(Routine("abc", (*ends, ring)))
    assert 'exten => a3,1,GotoIf($["${CP_OUTCOME}" = "busy"]?n0,1)' in text
    assert ' same => n,GotoIf($["${CP_OUTCOME}" = "offline"]?n2,1)\n same => n,Goto(n1,1)' in text
    assert "exten => n0,1,Goto(cp-hangup,17,1)" in text


def test_a_forward_to_several_has_a_ring_of_its_own() -> None:
    node = Forward(Arg(0), Occasion.BUSY, unset=0, failed=0)
    text = routine_dialplan(Routine("abc", (Release(Cause.BUSY), node)))
    assert {"n1", "t1", "a1"} <= extensions(text)


def test_a_value_that_is_no_identifier_is_refused() -> None:
    with pytest.raises(ValueError, match="identifier"):
        routine_dialplan(Routine("abc", (Jump("line/1),Hangup("),)))

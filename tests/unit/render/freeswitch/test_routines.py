"""Every edge of every routine is in the dialplan, and leads to an extension that is there."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from controlplane.render.freeswitch.names import routine_context
from controlplane.render.freeswitch.routines import routine_dialplan
from controlplane.routing.nodes import Arg, Forward, Jump, Occasion, Release, RingLine
from controlplane.routing.plan import Routine
from controlplane.routing.steps import Cause
from tests.unit.render.freeswitch.office import view


def extensions(routine: Routine) -> dict[str, str]:
    """The text of each extension, by name."""
    root = etree.fromstring(routine_dialplan(routine))
    assert root.get("name") == routine_context(routine.name)
    return {str(one.get("name")): etree.tostring(one, encoding=str) for one in root}


def transfers(text: str) -> list[tuple[str, str]]:
    return re.findall(r'application="transfer" data="(\S+) XML (\S+)"', text)


@pytest.mark.parametrize("name", sorted(view().plan.routines))
def test_every_jump_within_a_routine_has_a_target(name: str) -> None:
    routine = view().plan.routines[name]
    found = extensions(routine)
    inside = [
        to for text in found.values() for to, where in transfers(text) if where.startswith("cp-r-")
    ]
    assert set(inside) <= set(found)


@pytest.mark.parametrize("name", sorted(view().plan.routines))
def test_every_step_can_be_continued_after(name: str) -> None:
    """A call goes on at `a<i>` of the node it left."""
    found = extensions(view().plan.routines[name])
    nodes = re.findall(r"cp_node=(\d+)", "".join(found.values()))
    assert {f"a{node}" for node in nodes} <= set(found)


def test_outcomes_lead_where_the_plan_says() -> None:
    ring = RingLine(Arg(0), busy=0, no_answer=1, offline=2)
    ends = (Release(Cause.BUSY), Release(Cause.NO_ANSWER), Release(Cause.ABSENT))
    found = extensions(Routine("abc", (*ends, ring)))
    tests = re.findall(
        r'expression="(\S+)"[^>]*><action application="transfer" data="(n\d)', found["a3"]
    )
    assert tests == [("^busy$", "n0"), ("^offline$", "n2")]
    assert transfers(found["a3"])[-1] == ("n1", "cp-r-abc")
    assert transfers(found["n0"]) == [("hangup-17", "cp")]


def test_a_forward_to_several_has_a_ring_of_its_own() -> None:
    node = Forward(Arg(0), Occasion.BUSY, unset=0, failed=0)
    assert {"n1", "f1", "t1", "a1"} <= set(extensions(Routine("abc", (Release(Cause.BUSY), node))))


def test_a_value_that_is_no_identifier_is_refused() -> None:
    with pytest.raises(ValueError, match="identifier"):
        routine_dialplan(Routine("abc", (Jump('line/1"/><action'),)))

"""What a world is told in words: lines, handsets, trunks, numbers, and faults in them."""

from __future__ import annotations

import pytest

from controlplane.calls.world import Behaviour, world_from
from controlplane.diagnostics import Faults
from controlplane.routing.steps import PhoneLeg, TrunkLeg
from tests.unit.calls.build import MOBILE, compiled

OUT = TrunkLeg("uplink", MOBILE, "")


def test_all_answer_unless_told_otherwise() -> None:
    plan, state = compiled()
    world = world_from(plan, state, {})
    assert world.behaviour(PhoneLeg("A1")) is Behaviour.ANSWERS
    assert world.behaviour(OUT) is Behaviour.ANSWERS


def test_a_line_means_the_phones_it_is_on_now() -> None:
    plan, state = compiled(handsets={"B1": {"login": "101"}, "B2": {"line": "101"}})
    world = world_from(plan, state, {"101": "busy", "handset/B2": "offline"})
    found = [world.behaviour(PhoneLeg(name)) for name in ("A1", "B1", "B2", "C1")]
    assert found == [Behaviour.BUSY, Behaviour.BUSY, Behaviour.OFFLINE, Behaviour.ANSWERS]


def test_what_is_said_of_a_handset_wins_in_any_order() -> None:
    plan, state = compiled()
    for said in ({"A1": "busy", "101": "offline"}, {"101": "offline", "A1": "busy"}):
        assert world_from(plan, state, said).behaviour(PhoneLeg("A1")) is Behaviour.BUSY


def test_a_handset_named_as_a_line_is_named_with_its_kind() -> None:
    plan, state = compiled(handsets={"101": {"line": "103"}})
    assert world_from(plan, state, {"101": "busy"}).behaviour(PhoneLeg("A1")) is Behaviour.BUSY
    world = world_from(plan, state, {"handset/101": "busy"})
    assert world.behaviour(PhoneLeg("101")) is Behaviour.BUSY
    assert world.behaviour(PhoneLeg("A1")) is Behaviour.ANSWERS


def test_trunks_and_numbers_as_people_write_them() -> None:
    plan, state = compiled()
    for name in ("uplink", MOBILE, "07700101901"):
        assert world_from(plan, state, {name: "busy"}).behaviour(OUT) is Behaviour.BUSY


def test_every_fault_is_told_at_once() -> None:
    plan, state = compiled()
    with pytest.raises(Faults) as caught:
        world_from(plan, state, {"101": "sleeps", "777": "busy"})
    first, second = (str(item) for item in caught.value.diagnostics)
    assert "'sleeps'" in first
    assert "rings-out" in first
    assert "'777'" in second

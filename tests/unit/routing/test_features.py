"""Features: how a flip stands among the places of a call, and which keys it writes."""

from __future__ import annotations

import pytest

from controlplane.calls.call import Call, FromHandset
from controlplane.calls.facts import Facts
from controlplane.calls.walk import start
from controlplane.live.driver import Driver, Entered
from controlplane.routing.features import Flipped, flip_place, flipped_at, own_key
from controlplane.routing.nodes import Own
from controlplane.routing.plan import UNKNOWN
from controlplane.routing.state import OUT, member_key
from controlplane.routing.steps import Flip, Hangup, Play, Ring
from tests.unit.calls.build import NOON, compiled

LINES = {"101": {}, "102": {"call_waiting": False}, "103": {"authorisation_code": True}}
PHONES = {f"P{line}": {"line": line} for line in LINES}


def decided(handset: str, dialled: str) -> object:
    plan, state = compiled(lines=LINES, handsets=PHONES)
    return start(plan, state, Call(dialled, FromHandset(handset)), Facts(NOON)).step


@pytest.mark.parametrize("own", Own)
@pytest.mark.parametrize("value", ["", "1", "line/102", "group/sales-uk", "+447700900123"])
def test_a_flip_is_read_back_from_where_a_call_has_been(own: Own, value: str) -> None:
    key = own_key(own, "101")
    assert flipped_at(flip_place(key, value)) == Flipped("101", key, value)


def test_a_destination_as_freeswitch_stores_it() -> None:
    assert flipped_at("flip/line/101/forward/busy@line.102") == Flipped(
        "101", "line/101/forward/busy", "line/102"
    )


@pytest.mark.parametrize("group", ["sales-uk", "Sales_2", "name"])
def test_a_login_is_read_back_as_either_engine_writes_it(group: str) -> None:
    key = member_key("101", f"group/{group}")
    for stored in (f"group/{group}", f"group.{group}"):
        place = flip_place(member_key("101", stored), OUT)
        assert flipped_at(place) == Flipped("101", key, OUT)


@pytest.mark.proves("H1")
def test_only_a_member_logs_in_and_out() -> None:
    sales = {"sales": {"extension": "600", "members": ["101"], "logged_out": ["101"]}}
    plan, state = compiled(lines=LINES, handsets=PHONES, groups=sales)
    driver = Driver(now=lambda: NOON)
    driver.follow({plan.tenant: (plan, state)})

    def step(handset: str, dialled: str) -> object:
        call = Call(dialled, FromHandset(handset))
        return driver.decide(Entered(plan.tenant, call)).step

    assert isinstance(step("P102", "600"), Hangup | Play), "nobody is logged in"
    assert step("P101", "*96600") == Flip("line/101/group/sales", "in")
    assert isinstance(step("P102", "600"), Ring), "the next call obeys"
    assert step("P101", "*99600") == Flip("line/101/group/sales", "out")
    for handset, dialled in (("P102", "*96600"), ("P101", "*99102"), ("P101", "*9907700900123")):
        assert isinstance(step(handset, dialled), Play), dialled


@pytest.mark.parametrize("place", ["line/101", "group/sales", "flip/line/101", "flip/x@1", ""])
def test_other_places_are_no_flips(place: str) -> None:
    assert flipped_at(place) is None


@pytest.mark.proves("D3", "D4")
def test_what_a_line_may_not_forward() -> None:
    assert decided("P102", "*90101") == Flip("line/102/forward/busy", "line/101")
    for handset, dialled in (("P101", "*90102"), ("P103", "*72101"), ("P101", "*72101")):
        assert isinstance(decided(handset, dialled), Play), dialled
    assert decided("P103", "*73") == Flip("line/103/forward/always", ""), "off is always possible"


@pytest.mark.parametrize(
    "dialled", ["*72", "*72*78", "*72;rm", "*72${X}", "*7299", "*72999", "*7a", "*96", "*99&600"]
)
def test_what_is_no_target_is_unknown(dialled: str) -> None:
    plan, state = compiled(lines=LINES, handsets=PHONES)
    decision = start(plan, state, Call(dialled, FromHandset("P101")), Facts(NOON))
    assert decision.point.flow == UNKNOWN


def test_a_driver_holds_a_flip_until_the_store_says_the_same() -> None:
    plan, state = compiled(lines=LINES, handsets=PHONES)
    driver = Driver(now=lambda: NOON)
    driver.follow({plan.tenant: (plan, state)})
    key = "line/101/dnd"
    driver.decide(Entered(plan.tenant, Call("*78", FromHandset("P101"))))
    assert driver.known()[plan.tenant][1][key] == "1"
    driver.follow_one(plan.tenant, plan, state)
    assert driver.known()[plan.tenant][1][key] == "1", "a commit of something else came first"
    driver.follow_one(plan.tenant, plan, {**state, key: "1"})
    driver.follow_one(plan.tenant, plan, state)
    assert key not in driver.known()[plan.tenant][1], "the store knew it, and it was turned off"
    driver.decide(Entered(plan.tenant, Call("*78", FromHandset("P101"))))
    driver.flip(plan.tenant, {key: None})
    driver.follow({plan.tenant: (plan, state)})
    assert key not in driver.known()[plan.tenant][1], "it was put back"

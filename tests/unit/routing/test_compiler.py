"""The compiler: flows, interned routines, extensions, numbers, trunks."""

from __future__ import annotations

from typing import Any

from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.nodes import Arg, Jump, RingMembers, Visit
from tests.unit.calls.build import DDI, MAIN, MOBILE, compiled, system


def test_lines_of_one_shape_share_a_routine() -> None:
    plan, _ = compiled(lines={"102": {"voicemail": {}, "ring": 9}, "103": {"voicemail": {}}})
    plain, first, second = (plan.flows[f"line/{key}"] for key in ("101", "102", "103"))
    assert first.routine == second.routine != plain.routine
    assert (first.args, second.args) == (("102", "line/102"), ("103", "line/103"))


def test_a_thousand_lines_need_a_handful_of_routines() -> None:
    lines: dict[str, object] = {
        str(n): {"ring": n % 60 + 1, "voicemail": {} if n % 2 else None} for n in range(1000)
    }
    plan, _ = compiled(lines=lines)
    assert len(plan.flows) > 1000
    assert len(plan.routines) < 34


def test_what_people_flip_is_not_in_the_plan() -> None:
    flipped = {"102": {"do_not_disturb": True, "forward": {"always": "line/103"}}}
    assert compile_plan(system()) == compile_plan(system(lines=flipped))


def test_routine_names_are_those_of_their_nodes() -> None:
    plain, _ = compiled()
    other, _ = compiled(lines={"104": {"voicemail": {}}})
    assert set(plain.routines) < set(other.routines)
    for name, routine in plain.routines.items():
        assert other.routines[name] == routine


def test_edges_lead_to_nodes_of_the_routine_and_backwards() -> None:
    plan, _ = compiled(groups={"sales": {"extension": "600", "members": ["101"]}})
    for routine in plan.routines.values():
        for index, node in enumerate(routine.nodes):
            edges = [
                getattr(node, name)
                for name in node.__slots__
                if isinstance(getattr(node, name), int) and name != "cause"
            ]
            assert all(0 <= edge < index for edge in edges), (routine.name, index)


def test_a_group_visits_rings_and_overflows() -> None:
    plan, _ = compiled(
        groups={"sales": {"members": ["101"], "overflow": "line/102", "extension": "600"}}
    )
    flow = plan.flows["group/sales"]
    nodes = plan.routines[flow.routine].nodes
    assert isinstance(nodes[-1], Visit)
    ring = nodes[nodes[-1].then]
    assert isinstance(ring, RingMembers)
    jump = nodes[ring.busy]
    assert isinstance(jump, Jump)
    assert isinstance(jump.to, Arg)
    assert flow.args[jump.to.index] == "line/102"
    assert plan.extensions["600"] == "group/sales"


def test_numbers_that_are_not_reachable_are_left_out() -> None:
    numbers = {
        "+442071018702": {"to": "line/101", "status": "reserved"},
        "+442071018703": {"to": "line/101", "enabled": False},
        "+442071018704": {},
        "+442071018705": {"to": MOBILE},
    }
    plan, _ = compiled(numbers=numbers)
    assert plan.numbers == {MAIN: "line/101", DDI: "line/102", "+442071018705": MOBILE}


def test_trunks_by_priority_then_name() -> None:
    trunks = {"b": {"priority": 5}, "a": {"priority": 5}, "z": {"priority": 0}}
    plan, _ = compiled(trunks=trunks)
    flow = plan.flows["external"]
    assert flow.args[:4] == ("z", "uplink", "a", "b")
    assert plan.first_trunk == "z"


def test_a_tenant_without_trunks_compiles() -> None:
    plan, _ = compiled(trunks={"uplink": None})
    assert plan.first_trunk is None
    assert plan.flows["emergency"].args == ("120",)


def test_addresses() -> None:
    plan, _ = compiled()
    assert plan.address("line/101") == "lines/101"
    assert plan.address("no-such") == ""


def test_the_order_of_objects_makes_no_difference() -> None:
    raw: dict[str, Any] = {
        "tenant": "acme",
        "lines": {"103": {}, "101": {}, "102": {"voicemail": {}}},
        "groups": {"b": {"extension": "601", "members": ["102"]}, "a": {"members": ["101"]}},
        "mailboxes": {"699": {}, "698": {}},
        "numbers": {"+442071838751": {"to": "line/101"}, "+442071838750": {"to": "line/102"}},
        "handsets": {"H2": {"login": "101"}, "H1": {"login": "102"}},
    }
    turned = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in raw.items()
    }
    plan, other = (compile_plan(PhoneSystem.model_validate(one)) for one in (raw, turned))
    assert plan == other
    for name in ("flows", "extensions", "numbers", "handsets", "routines"):
        assert list(getattr(plan, name)) == list(getattr(other, name))

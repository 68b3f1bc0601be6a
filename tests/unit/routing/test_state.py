"""State keys: what the model asks for, and what is read back from them."""

from __future__ import annotations

from controlplane.model.destination import parse
from controlplane.routing.nodes import Occasion
from controlplane.routing.state import flow_of, forward_of, phones_of
from controlplane.routing.stored import state_of
from tests.unit.calls.build import DDI, MAIN, MOBILE, system


def test_the_whole_state_of_an_office() -> None:
    built = system(
        lines={
            "101": {"do_not_disturb": True, "hide_caller_id": True, "label": ["Front", "desk"]},
            "102": {"presented_number": DDI, "forward": {"busy": ["line/103", MOBILE]}},
        },
        handsets={"A2": {"line": "101"}, "C1": {"login": "102"}, "D1": {}},
        groups={
            "sales": {"caller_name_prefix": "Sales:"},
            "plain": {"members": ["101", "102", "103"], "logged_out": ["102"]},
        },
    )
    assert state_of(built) == {
        "handset/A1/line": "101",
        "handset/A2/line": "101",
        "handset/B1/line": "102",
        "handset/C1/line": "102",
        "handset/A1/own": "101",
        "handset/A2/own": "101",
        "handset/B1/own": "102",
        "handset/C1/own": "103",
        "line/101/phones": "A1&A2",
        "line/102/phones": "C1&B1",
        "line/101/name": "Front desk",
        "line/101/cli": "anonymous",
        "line/101/dnd": "1",
        "line/102/name": "Bob Noyce",
        "line/102/cli": DDI,
        "line/102/forward/busy": f"line/103&{MOBILE}",
        "line/103/name": "Cy Young",
        "line/103/cli": MAIN,
        "line/101/answering": "2&::2",
        "line/102/answering": "2&::2",
        "line/103/answering": "2&::2",
        "group/sales/prefix": "Sales:",
        "group/plain/members": "101&102&103",
        "line/101/group/plain": "in",
        "line/102/group/plain": "out",
        "line/103/group/plain": "in",
        "timezone": "UTC",
    }


def test_reading_back() -> None:
    state = {"line/101/phones": "A1&A2", "line/101/forward/offline": f"{MOBILE}&mailbox/800"}
    assert phones_of(state, "101") == ("A1", "A2")
    assert phones_of(state, "102") == ()
    assert forward_of(state, "line/101", Occasion.OFFLINE) == (parse(MOBILE), parse("mailbox/800"))
    assert forward_of(state, "line/101", Occasion.BUSY) == ()


def test_flows_of_destinations() -> None:
    assert flow_of(parse("line/101")) == ("line/101", "")
    assert flow_of(parse("group/sales")) == ("group/sales", "")
    assert flow_of(parse("mailbox/800")) == ("mailbox", "800")
    assert flow_of(parse("handset/A1")) == ("handset", "A1")
    assert flow_of(parse(MOBILE)) == ("external", MOBILE)

"""Questions and steps between dialplan and driver: what goes out comes back the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.calls.call import Active, Call, Decision, FromHandset, FromTrunk, Point
from controlplane.live.ari.executor import requests_for
from controlplane.live.ari.messages import ChannelCreated
from controlplane.live.ari.point_codec import foreseen, read_question, write_step
from controlplane.live.driver import Ended, Entered
from controlplane.live.errors import ProtocolError
from controlplane.render.asterisk.escape import text
from controlplane.render.asterisk.record import STEP
from controlplane.routing.steps import (
    PLAIN,
    TOLD,
    CallerId,
    Cause,
    Greeting,
    Hangup,
    Outcome,
    PhoneLeg,
    Play,
    Prompt,
    Ring,
    Step,
    Terms,
    TrunkLeg,
    Voicemail,
)

NOBODY = CallerId("")
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,12}", fullmatch=True)
places = st.lists(names.map(lambda name: f"group/{name}"), max_size=4).map(tuple)
points = st.builds(
    Point,
    flow=names.map(lambda name: f"line/{name}"),
    routine=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    node=st.integers(0, 200),
    args=st.lists(names, max_size=120).map(tuple),
    seen=places,
    cli=st.sampled_from(["", "anonymous", "+442071838750"]),
    active=st.builds(
        Active,
        prefix=st.sampled_from(["", "line/101", "line/101/rule/night-shift"]),
        seconds=st.integers(0, 600),
        paths=st.integers(0, 100),
        trusted=st.booleans(),
    ),
    order=st.lists(names, max_size=20).map(tuple),
)
callers = st.builds(CallerId, st.text(max_size=20), st.text(max_size=80))


def step_variables(record: str) -> dict[str, str]:
    """As `Set(ARRAY(…)=${CP_STEP})` takes it apart."""
    fields = record.split(",")
    assert len(fields) == len(STEP)
    return dict(zip(STEP, fields, strict=True))


@given(points, callers, st.sampled_from(sorted(TOLD)))
def test_a_point_comes_back_as_it_went(point: Point, caller: CallerId, outcome: Outcome) -> None:
    step = Voicemail("102", Greeting.BUSY)
    written = write_step("acme", step, Decision(step, point, caller))
    packed = step_variables(written.record)["CP_POINT"]
    question = read_question(("outcome", outcome.value, "acme", packed), NOBODY)
    kept = CallerId(text(caller.number), text(caller.name))
    assert question == Ended("acme", kept, point, outcome)


@given(callers, st.text(max_size=80))
def test_no_name_changes_what_is_rung(caller: CallerId, shown: str) -> None:
    step = Ring((PhoneLeg("A1"),), 20, CallerId(caller.number, shown))
    point = Point("line/101", "abc", 3, ("101",), (), "")
    written = write_step("acme", step, Decision(step, point, caller))
    variables = step_variables(written.record)
    assert (written.context, written.extension) == ("cp-ring", "s")
    assert (variables["CP_WHAT"], variables["CP_HOW"]) == ("PJSIP/acme.A1", "20")
    assert variables["CP_OUT"] == variables["_CP_LATER"] == ""


@pytest.mark.parametrize(
    ("step", "context", "what", "how"),
    [
        (Voicemail("102", Greeting.UNAVAILABLE), "cp-voicemail", "102", "u"),
        (Play(Prompt.NOT_IN_SERVICE), "cp-play", "ss-noservice", ""),
        (
            Ring((PhoneLeg("A1"), TrunkLeg("up", "+447700900123", "anonymous")), 9, NOBODY),
            "cp-ring",
            "PJSIP/acme.A1&PJSIP/+447700900123@trunk.acme.up",
            "9",
        ),
    ],
)
def test_a_step_is_one_variable_and_a_jump(step: Step, context: str, what: str, how: str) -> None:
    decision = Decision(step, Point("f", "abc", 1, (), (), ""), NOBODY)
    [variable, jump] = requests_for("7.1", "acme", decision)
    assert variable.path == "channels/7.1/variable"
    told = json.loads(variable.body)
    assert told["variable"] == "CP_STEP"
    found = step_variables(told["value"])
    assert (found["TIMEOUT(absolute)"], found["CP_WHAT"], found["CP_HOW"]) == ("0", what, how)
    assert (jump.path, json.loads(jump.body)) == (
        "channels/7.1/continue",
        {"context": context, "extension": "s", "priority": 1},
    )


def test_a_leg_outside_shows_the_number_set_on_it() -> None:
    step = Ring((TrunkLeg("up", "+447700900123", "+442071838750"),), 9, NOBODY)
    variables = ring(step)
    assert variables["CP_OUT"] == "+442071838750"


def ring(step: Ring, extension: str = "s") -> dict[str, str]:
    """The variables of the step, which is carried out at that extension."""
    written = write_step("acme", step, Decision(step, Point("f", "abc", 1, (), (), ""), NOBODY))
    assert (written.context, written.extension) == ("cp-ring", extension)
    variables = step_variables(written.record)
    assert variables["CP_KIND"] == extension
    return variables


def test_a_line_is_counted_and_its_paths_go_along() -> None:
    variables = ring(Ring((PhoneLeg("A1"),), 9, NOBODY, line="101", paths=2), "line")
    assert (variables["GROUP(cp-called)"], variables["CP_PATHS"]) == ("acme.101", "2")
    screened = Ring((PhoneLeg("A1"),), 9, NOBODY, line="101", paths=2, screen=True)
    assert ring(screened, "screen") == {**variables, "CP_KIND": "screen"}


def test_legs_on_terms_of_their_own_are_rung_apart() -> None:
    legs = (
        PhoneLeg("A1"),
        PhoneLeg("B1"),
        TrunkLeg("up", "+447700900123", "+4420"),
        PhoneLeg("C1"),
    )
    terms = (PLAIN, Terms(delay=5), Terms(confirm=True), Terms(delay=9))
    variables = ring(Ring(legs, 9, NOBODY, terms))
    assert (
        variables["CP_WHAT"]
        == "PJSIP/acme.A1&Local/1@cp-later/n&Local/2@cp-later/n&Local/3@cp-later/n"
    )
    assert variables["_CP_LATER"].split("&") == [
        "5/0/0//PJSIP/acme.B1",
        "0/1/0/+4420/PJSIP/+447700900123@trunk.acme.up",
        "9999/0/0//PJSIP/acme.C1",
    ]


def test_phones_that_may_be_in_a_call_are_told_apart() -> None:
    terms = (PLAIN, Terms(idle_only=True), Terms(idle_only=True))
    variables = ring(
        Ring((PhoneLeg("A1"), PhoneLeg("B1"), PhoneLeg("C1")), 9, NOBODY, terms), "idle"
    )
    assert variables["CP_WHAT"] == "PJSIP/acme.A1"
    assert variables["CP_IDLE"] == "PJSIP/acme.B1&PJSIP/acme.C1"


def test_the_engine_keeps_whose_turn_it_is() -> None:
    step = Ring((PhoneLeg("A1"),), 9, NOBODY)
    decision = Decision(step, Point("f", "abc", 1, (), (), ""), NOBODY, turns=("sales",))
    [count, *others] = requests_for("7.1", "acme", decision, {"sales": 7, "other": 1})
    assert json.loads(count.body) == {"variable": "DB(cp-turns/acme/sales)", "value": "7"}
    assert others == list(requests_for("7.1", "acme", decision._replace(turns=())))


def test_a_hang_up_leaves_where_the_call_was_released() -> None:
    point = Point("line/101", "abc", 1, (), ("line/101",), "")
    decision = Decision(Hangup(Cause.BUSY), point, NOBODY)
    left, jump = requests_for("7.1", "acme", decision)
    assert json.loads(left.body) == {
        "variable": "CP_POINT",
        "value": "line/101|abc|1||&line/101||||||||",
    }
    assert json.loads(jump.body) == {"context": "cp-hangup", "extension": "17", "priority": 1}


def test_no_decision_lets_the_dialplan_go_on() -> None:
    [jump] = requests_for("7.1", "acme", None)
    assert (jump.path, json.loads(jump.body)) == ("channels/7.1/continue", {})


def test_calls_come_in_from_handsets_and_trunks() -> None:
    eve = CallerId("07700900123", "Eve")
    handset = read_question(("enter", "acme", "handset", "A1", "102"), eve)
    assert handset == Entered("acme", Call("102", FromHandset("A1")))
    trunk = read_question(("enter", "acme", "trunk", "up", "102"), eve)
    assert trunk == Entered("acme", Call("102", FromTrunk("up", eve)))


def test_escapes_in_a_name_from_outside_are_undone() -> None:
    caller = CallerId("07700900123", r"A \"B\" \\ C")
    question = read_question(("enter", "acme", "trunk", "up", "102"), caller)
    undone = CallerId("07700900123", r'A "B" \ C')
    assert question == Entered("acme", Call("102", FromTrunk("up", undone)))


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("enter", "acme", "fax", "A1", "1"),
        ("outcome", "busy", "acme", "a|b"),
        ("outcome", "busy", "acme", "f|abc|x||||||||||"),
        ("outcome", "busy", "acme", "f|abc|1||||||||soon|||"),
        ("outcome", "tired", "acme", "f|abc|1||||||||||"),
    ],
)
def test_what_we_did_not_write_is_refused(args: tuple[str, ...]) -> None:
    with pytest.raises(ProtocolError):
        read_question(args, NOBODY)


def test_what_a_call_is_going_to_ask_is_seen_from_its_channel() -> None:
    phone = ChannelCreated("1.1", "PJSIP/acme.A-1-00000a0f", "acme.A-1", "", "cp-internal", "1#x2")
    assert foreseen(phone) == read_question(("enter", "acme", "handset", "A-1", "1#2"), NOBODY)
    name = r"a \"b\" \\c"
    trunk = ChannelCreated("1.2", "PJSIP/trunk.acme.up-00000a10", "+1", name, "cp-trunk", "+4420")
    args = ("enter", "acme", "trunk", "up", "+4420")
    assert foreseen(trunk) == read_question(args, CallerId("+1", name))


@pytest.mark.parametrize(
    ("name", "context", "exten"),
    [
        ("PJSIP/acme.A1-00000001", "cp-internal", ""),
        ("PJSIP/acme.A1-00000001", "cp-ring", "s"),
        ("PJSIP/trunk.acme.up-00000001", "cp-internal", "101"),
        ("PJSIP/acme.A1-00000001", "cp-trunk", "101"),
        ("Local/1@cp-later-00000001;2", "cp-internal", "101"),
        ("PJSIP/acme", "cp-internal", "101"),
        ("", "", ""),
    ],
)
def test_other_channels_ask_nothing(name: str, context: str, exten: str) -> None:
    assert foreseen(ChannelCreated("1.1", name, "", "", context, exten)) is None

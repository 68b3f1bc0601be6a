"""Questions and steps between dialplan and driver: what goes out comes back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.calls.call import Active, Call, Decision, FromHandset, FromTrunk, Point
from controlplane.live.driver import Ended, Entered
from controlplane.live.errors import ProtocolError
from controlplane.live.esl.executor import commands_for
from controlplane.live.esl.point_codec import asking_channel, read_question, write_step
from controlplane.render.freeswitch.escape import packed, text
from controlplane.render.freeswitch.record import ASK, ASKED, ASKED_AFTER, NEXT
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

CHANNEL = "c0ffee00-0000-4000-8000-000000000001"
NOBODY = CallerId("")
MAIN = "+442071838750"
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,12}", fullmatch=True)
points = st.builds(
    Point,
    flow=names.map(lambda name: f"line/{name}"),
    routine=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    node=st.integers(0, 200),
    args=st.lists(names, max_size=120).map(tuple),
    seen=st.lists(names.map(lambda name: f"group/{name}"), max_size=4).map(tuple),
    cli=st.sampled_from(["", "anonymous", "+442071838750"]),
    active=st.builds(
        Active,
        prefix=st.sampled_from(["", "line/101", "line/101/rule/out-of-office"]),
        seconds=st.integers(0, 600),
        paths=st.integers(0, 99),
        trusted=st.booleans(),
    ),
    order=st.lists(st.from_regex(r"[0-9]{2,6}", fullmatch=True), max_size=9).map(tuple),
)
callers = st.builds(CallerId, st.text(max_size=20), st.text(max_size=80))


def asked_after(variables: dict[str, str], outcome: Outcome) -> str:
    """As the dialplan puts it together."""
    told = {**variables, "cp_outcome": outcome.value, "cp_tenant": "acme"}
    return "|".join((CHANNEL, *(told[name] for name in ASKED_AFTER)))


@given(points, callers, st.sampled_from(sorted(TOLD)))
def test_a_point_comes_back_as_it_went(point: Point, caller: CallerId, outcome: Outcome) -> None:
    variables = write_step(Decision(Voicemail("102", Greeting.BUSY), point, caller))
    question = read_question(asked_after(variables, outcome))
    kept = CallerId(text(caller.number), text(caller.name))
    assert question == Ended("acme", kept, point, outcome)


@given(callers, st.text(max_size=80))
def test_no_name_changes_what_is_rung_or_breaks_out(caller: CallerId, shown: str) -> None:
    step = Ring((PhoneLeg("A1"),), 20, CallerId(caller.number, shown))
    decision = Decision(step, Point("line/101", "abc", 3, ("101",), (), ""), caller)
    variables = write_step(decision)
    assert variables[NEXT] == "ring XML cp"
    assert (variables["cp_what"], variables["cp_out"], variables["cp_how"]) == ("A1", "", "20")
    (command,) = commands_for(CHANNEL, "acme", decision)
    pairs = command.wire.decode().removeprefix(f"api uuid_setvar_multi {CHANNEL} ").strip()
    assert dict(pair.split("=", 1) for pair in pairs.split(";")) == variables
    assert not set("'\"\\$`") & set(pairs)
    assert pairs.count(" ") == 2, "those of the next place"


@pytest.mark.parametrize(
    ("step", "place", "wanted"),
    [
        (Voicemail("102", Greeting.UNAVAILABLE), "voicemail", {"cp_what": "102"}),
        (
            Ring(
                (PhoneLeg("A1"), PhoneLeg("B1"), TrunkLeg("up", "+447700900123", MAIN)),
                9,
                NOBODY,
                (PLAIN, Terms(idle_only=True), Terms(delay=5, confirm=True)),
                screen=True,
                line="101",
                paths=2,
            ),
            "ring",
            {
                "cp_what": "A1",
                "cp_terms": f"0:0:1::B1&5:1:0:{MAIN}:up/+447700900123",
                "cp_screen": "1",
                "cp_line": "101",
            },
        ),
        (Play(Prompt.NOT_IN_SERVICE), "play", {"cp_what": "not-in-service"}),
        (
            Ring((PhoneLeg("A1"), TrunkLeg("up", "+447700900123", "anonymous")), 9, NOBODY),
            "ring",
            {
                "cp_what": "A1",
                "cp_out": "",
                "cp_terms": "0:0:0:anonymous:up/+447700900123",
                "cp_cli": MAIN,
            },
        ),
    ],
)
def test_each_step_has_its_extension(step: Step, place: str, wanted: dict[str, str]) -> None:
    point = Point("line/101", "abc", 3, (), (), "+442071838750")
    variables = write_step(Decision(step, point, NOBODY))
    assert variables[NEXT] == f"{place} XML cp"
    assert wanted.items() <= variables.items()
    assert variables[ASK]


def test_the_engine_keeps_how_often_a_group_was_called() -> None:
    point = Point("group/sales", "abc", 3, ("sales",), (), "")
    decision = Decision(Play(Prompt.NOT_ALLOWED), point, NOBODY, turns=("sales",))
    _, count = commands_for(CHANNEL, "acme", decision, {"sales": 7, "other": 3})
    assert count.wire == b"api db insert/cp-turns/acme.sales/7\n\n"
    assert commands_for(CHANNEL, "acme", None) == ()


def test_a_release_leaves_where_the_call_was_released() -> None:
    point = Point("line/101", "abc", 3, (), ("line/101",), "")
    decision = Decision(Hangup(Cause.BUSY), point, NOBODY)
    variables = write_step(decision)
    assert {NEXT: "hangup-17 XML cp", ASKED: ""}.items() <= variables.items()
    assert variables["cp_seen"] == "&line/101"
    assert variables[ASK]


def test_a_handset_and_a_carrier_at_the_entry() -> None:
    asked = f"{CHANNEL}|enter|acme|handset|A1|102"
    assert read_question(asked) == Entered("acme", Call("102", FromHandset("A1")))
    assert asking_channel(asked) == CHANNEL
    name = 'Eve | "x" \\ ${y}'
    asked = f"{CHANNEL}|enter|acme|trunk|up|+4420|07700|{packed(name)}"
    caller = CallerId("07700", name)
    assert read_question(asked) == Entered("acme", Call("+4420", FromTrunk("up", caller)))


def test_a_variable_that_the_engine_does_not_have_is_empty() -> None:
    asked = f"{CHANNEL}|enter|acme|trunk|up|+4420|_undef_|"
    question = read_question(asked)
    assert question == Entered("acme", Call("+4420", FromTrunk("up", CallerId("", ""))))


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "|",
        CHANNEL,
        f"{CHANNEL}",
        f"{CHANNEL}|busy|acme|line/101|abc|x|||||",
        f"{CHANNEL}|busy|acme|line/101|abc|²|||||",
        f"{CHANNEL}|strange|acme|line/101|abc|3|||||",
        f"{CHANNEL}|enter|acme|robot|A1|102",
    ],
)
def test_what_we_did_not_write_is_refused(asked: str) -> None:
    with pytest.raises(ProtocolError):
        read_question(asked)


@pytest.mark.parametrize("asked", ["", "x|y", f"{CHANNEL} x|", "-ERR", f"|{CHANNEL}"])
def test_a_question_of_no_channel_of_ours_is_refused(asked: str) -> None:
    with pytest.raises(ProtocolError):
        asking_channel(asked)

"""The explanation of a journey: steps, reasons, result, as plain data."""

from __future__ import annotations

import json

from controlplane.calls.explain import explanation
from tests.unit.calls.build import DDI, MAIN, MOBILE, from_handset, from_trunk, journey


def test_a_call_that_ends_in_voicemail() -> None:
    lines: dict[str, object] = {"102": {"voicemail": {}}}
    told = explanation(journey(from_trunk(DDI, name="Eve"), {"102": "rings-out"}, lines=lines))
    assert told["call"] == {
        "from": {"trunk": "uplink", "caller": "Eve <+447700101123>"},
        "called": DDI,
    }
    assert [(it["at"], it["step"], it["outcome"]) for it in told["steps"]] == [
        (0, "ring", "no answer"),
        (2, "voicemail", "done"),
        (2, "hangup", "done"),
    ]
    assert told["steps"][0]["text"] == "ring B1 for 2 s as Eve <+447700101123>"
    assert told["steps"][0]["reasons"][0] == {
        "text": "goes to line/102",
        "address": f"acme/numbers/{DDI}/to",
    }
    assert told["result"] == {
        "text": "a message is left in mailbox 102",
        "rang": ["B1"],
        "answered_by": None,
        "recorded": False,
        "mailbox": "102",
        "cause": 16,
        "caller_left": False,
        "shown": {"B1": "Eve <+447700101123>"},
    }


def test_a_call_out_that_is_answered() -> None:
    told = explanation(journey(from_handset(MOBILE)))
    assert told["result"]["text"] == f"{MOBILE} by uplink answers"
    assert told["result"]["shown"] == {f"{MOBILE} by uplink": MAIN}
    assert told["steps"][-1]["outcome"] == f"answered by {MOBILE} by uplink"


def test_a_call_that_is_recorded() -> None:
    told = explanation(journey(from_handset("102"), lines={"102": {"record_calls": True}}))
    assert told["result"]["text"] == "B1 answers, and the call is recorded"
    assert told["result"]["recorded"]


def test_an_unknown_number_and_a_caller_who_leaves() -> None:
    unknown = explanation(journey(from_handset("55")))
    assert unknown["result"]["text"] == "released: unallocated (1)"
    assert unknown["steps"][0]["text"] == "tell the caller: not in service"
    left = explanation(journey(from_handset("102"), {"102": "rings-out"}, patience=1))
    assert left["result"]["text"] == "the caller hangs up"
    assert left["result"]["caller_left"] is True


def test_it_is_plain_data() -> None:
    told = explanation(journey(from_handset("102"), {"102": "busy"}))
    assert json.loads(json.dumps(told)) == told

"""Flips: which changes are state alone, and the keys they change."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.model.change import Change
from controlplane.model.change_set import ChangeSet
from controlplane.render.asterisk.store import stored as asterisk_stored
from controlplane.render.freeswitch.store import stored as freeswitch_stored
from controlplane.service.changes import flips


def change_set(address: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Any:
    return ChangeSet("acme", 1, (Change(f"acme/{address}", before, after),))


RULE = {"name": "work", "when": "office", "screening": True}


@pytest.mark.parametrize(
    ("address", "before", "after", "keys"),
    [
        ("lines/101", {}, {"do_not_disturb": True}, {"line/101/dnd": "1"}),
        ("lines/101", {"ring": 20}, {"ring": 9}, {"line/101/answering": "2&::9"}),
        ("lines/101", {"ring": 9}, {"ring": 9, "call_waiting": False},
         {"line/101/answering": "1&::9", "line/101/no-waiting": "1"}),
        ("lines/101", {"ring": 9}, {"ring": 9, "rules": [RULE]}, {
            "line/101/answering": "2&work:office:9&::9",
            "line/101/rule/work/screen": "1",
        }),
        ("lines/101", {"rules": [RULE]}, {"rules": [{**RULE, "enabled": False}]}, {
            "line/101/answering": "2&::24",
            "line/101/rule/work/screen": None,
        }),
        ("lines/101", {"blocked": ["+33*"]}, {"blocked": ["+4477*"]}, {
            "line/101/blocked/is/+33*": None,
            "line/101/blocked/is/+4477*": "1",
            "line/101/blocked/lengths": "5",
        }),
        ("groups/sales", {"members": ["101", "102"]},
         {"members": ["101", "102"], "logged_out": ["101"]}, {"line/101/group/sales": "out"}),
        ("number_lists/bad", {"numbers": ["+3312345"]}, {"numbers": ["+3312345", "102"]},
         {"list/bad/is/102": "1"}),
    ],
)  # fmt: skip
def test_state_alone(
    address: str, before: dict[str, Any], after: dict[str, Any], keys: dict[str, str | None]
) -> None:
    found = flips.of(change_set(address, before, after))
    assert found is not None
    assert found.after == keys


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        ("lines/101", {}, {"voicemail": {}}),
        ("lines/101", None, {}),
        ("lines/101", {}, {"do_not_disturb": True, "label": ["Desk"]}),
        ("groups/sales", {}, {"strategy": "linear"}),
        ("number_lists/bad", None, {"numbers": ["+3312345"]}),
        ("trunks/uplink", {"host": "a"}, {"host": "b"}),
        ("lines/101", {}, {"blocked": [f"+44770090{n:04}" for n in range(1000)]}),
    ],
)
def test_more_than_state(
    address: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    assert flips.of(change_set(address, before, after)) is None


def test_only_a_flip_of_do_not_disturb_needs_no_second_look() -> None:
    assert flips.harmless(change_set("lines/101", {}, {"do_not_disturb": True}))
    assert not flips.harmless(change_set("lines/101", {}, {"rules": [RULE]}))
    assert not flips.harmless(change_set("groups/x", {}, {"do_not_disturb": True}))


THERE = {"lines": {"101", "102"}, "time_frames": {"office"}, "number_lists": {"bad"}}


@pytest.mark.parametrize(
    ("after", "sound"),
    [
        ({"rules": [RULE]}, True),
        ({"rules": [{**RULE, "forward": {"always": ["line/102", "+447700900123"]}}]}, True),
        ({"blocked": ["list/bad"], "also_ring": [{"to": "line/102"}]}, True),
        ({"rules": [{**RULE, "when": "night"}]}, False),
        ({"rules": [RULE, RULE]}, False),
        ({"rules": [{**RULE, "forward": {"always": ["line/103"]}}]}, False),
        ({"rules": [{**RULE, "forward": {"always": ["mailbox/102"]}}]}, False),
        ({"rules": [{**RULE, "forward": {"busy": ["line/102"]}}]}, False),
        ({"also_ring": [{"to": "handset/X1"}]}, False),
        ({"blocked": ["list/worse"]}, False),
        ({"ring_own": False}, False),
        ({"forward": {"always": ["line/102"]}}, False),
        ({"label": ["Desk"]}, False),
    ],
)
def test_what_is_seen_to_be_sound_from_the_line_alone(after: dict[str, Any], sound: bool) -> None:
    changes = change_set("lines/101", {}, after)
    assert flips.sound_alone(changes, lambda name: THERE.get(name, set())) is sound


def test_of_other_objects_the_whole_is_looked_at() -> None:
    changes = change_set("groups/sales", {"members": ["101"]}, {"members": ["102"]})
    assert not flips.sound_alone(changes, lambda name: THERE.get(name, set()))


def test_the_parts_of_a_list_that_is_long_no_more_go_with_it() -> None:
    members = [str(number) for number in range(1000, 1100)]
    change = change_set("groups/sales", {"members": members}, {"members": members[:2]})
    found = flips.of(change)
    assert found is not None
    long = freeswitch_stored("acme", "group/sales/members", "&".join(members))
    delta = flips.delta(freeswitch_stored, "acme", found)
    assert delta.put == {"cp/acme.group.sales.members": "2:1000&1001"}
    logins = {f"cp/acme.line.{it}.group.sales": "in" for it in members[2:]}
    assert set(delta.delete) == set(long) - set(delta.put) | set(logins)
    back = flips.delta(freeswitch_stored, "acme", flips.Flips({}, found.before))
    assert back.put == long | logins
    assert flips.delta(asterisk_stored, "acme", found).put == {
        "cp/acme/group/sales/members": "1000&1001"
    }


OFFICE = {
    "acme/settings": {},
    "acme/sites/london": {"main_number": "+442071838750"},
    "acme/lines/101": {},
    "acme/lines/102": {},
    "acme/handsets/A1": {"line": "101"},
    "acme/handsets/D1": {"site": "london"},
    "acme/handsets/D2": {"login": "102"},
}


def login(*changes: tuple[str, str | None, str | None]) -> ChangeSet:
    """Handset, and who is logged in there before and after."""
    made = []
    for handset, *logins in changes:
        bare = {k: v for k, v in OFFICE[f"acme/handsets/{handset}"].items() if k != "login"}
        before, after = ({**bare, **({"login": it} if it else {})} for it in logins)
        made.append(Change(f"acme/handsets/{handset}", before, after))
    return ChangeSet("acme", 1, tuple(made))


@pytest.mark.proves("G5")
@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ([("D1", None, "101")], {
            "handset/D1/line": "101",
            "line/101/phones": "D1&A1",
        }),
        ([("A1", None, "102")], {
            "handset/A1/line": "102",
            "line/101/phones": None,
            "line/102/phones": "A1&D2",
        }),
        ([("D2", "102", None)], {
            "handset/D2/line": None,
            "handset/D2/emergency": None,
            "line/102/phones": None,
        }),
        ([("D1", None, "102"), ("D2", "102", None)], {
            "handset/D1/line": "102",
            "handset/D2/line": None,
            "handset/D2/emergency": None,
            "line/102/phones": "D1",
        }),
    ],
)  # fmt: skip
def test_a_login_is_state_alone(changes: Any, keys: dict[str, str | None]) -> None:
    change = login(*changes)
    found = flips.of(change, lambda *_: OFFICE)
    assert found is not None
    assert found.after == keys
    assert flips.harmless(change)
    assert flips.of(change) is None, "who else serves the line is not known"

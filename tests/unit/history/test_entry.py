"""Lines as real engines wrote them, and the rows they become."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.history.entry import Known, entry
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.spool import (
    FIELDS,
    Mark,
    SpoolError,
    pieces,
    read_spool_line,
    spool_line,
)
from controlplane.routing.stored import state_of
from controlplane.store.call_log import CallOutcome, CallRow, Decided, Direction, Role

NAME = 'A";b|c, ${X} é'
PACKED = "A%22%3Bb%7Cc%2C%20%24%7BX%7D%20%C3%A9"
QUOTED = "A%5C%22%3Bb%7Cc%2C%20%24%5C%7BX%7D%20%C3%A9"

OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "lines": {"101": {}, "102": {"voicemail": {}}, "103": {}},
    "numbers": {"+442071838750": {"to": "group/sales-uk"}},
    "sites": {"london": {"main_number": "+442071838750"}},
    "groups": {"sales-uk": {"extension": "600", "members": ["102", "103"]}},
    "handsets": {"A-1": {"line": "101"}, "B1": {"line": "102"}, "C1": {"line": "103"}, "X1": {}},
    "trunks": {"uplink": {"host": "192.0.2.1"}},
}


@pytest.fixture(scope="module")
def known() -> Known:
    system = PhoneSystem.model_validate(OFFICE)
    return {"acme": (compile_plan(system), state_of(system))}


def row(known: Known, text: str) -> CallRow:
    (piece,) = pieces(text)
    return entry("pbx", read_spool_line(piece), known)


def asterisk(**fields: str) -> str:
    point = fields.pop("point", "")
    usual = {"call": "1.0", "tenant": "acme", "handset": "A-1", "began": "1795324733429"}
    return spool_line(Mark.MILLISECONDS, {**usual, "ended": "1795324734350", **fields}, point)


def freeswitch(**fields: str) -> str:
    usual = {"call": "u-1", "tenant": "acme", "handset": "A-1", "began": "1795325317400303"}
    line = spool_line(Mark.MICROSECONDS, {**usual, "ended": "1795325318360304", **fields})
    return f"2026-11-22 05:28:38.360304 98.03% [CONSOLE] mod_commands.c:7227 {line}"


def test_an_answered_call_on_asterisk(known: Known) -> None:
    found = row(
        known,
        f"cp-ms|1795324733.0|acme|A-1||102|101|101|{PACKED}|1795324733429||1795324734350|607|ring"
        "|acme.B1|102||PJSIP/acme.B1|&line/102|16|||c6315548e0ce||||||.",
    )
    assert (found.engine, found.call, found.tenant) == ("pbx", "1795324733.0", "acme")
    assert (found.name, found.number, found.line, found.handset) == (NAME, "101", "101", "A-1")
    assert (found.direction, found.outcome) == (Direction.INTERNAL, CallOutcome.ANSWERED)
    assert found.began == dt.datetime(2026, 11, 22, 5, 18, 53, 429000, tzinfo=dt.UTC)
    assert found.talk == dt.timedelta(milliseconds=607)
    assert found.wait == dt.timedelta(milliseconds=314)
    assert (found.answered_by, found.answered_line, found.reached) == ("B1", "102", "line/102")
    assert found.rang == ({"outcome": "", "legs": [{"handset": "B1", "line": "102"}]},)
    assert (found.cause, found.decided) == (16, Decided.STATIC)
    assert found.places == {
        ("line/101", Role.FROM),
        ("line/102", Role.TO),
        ("line/102", Role.RANG),
        ("line/102", Role.ANSWERED),
    }


@pytest.mark.parametrize("peer", ["acme.B1", "1@cp-later-0"])
def test_legs_that_asterisk_rang_on_terms_of_their_own(known: Known, peer: str) -> None:
    later = "5/0/0//PJSIP/acme.C1&0/1/0/+4420/PJSIP/+447700900901@trunk.acme.uplink"
    what = f"PJSIP/acme.B1&Local/1@cp-later/n&Local/2@cp-later/n&{later}"
    found = row(known, asterisk(dialled="102", what=what, step="ring", peer=peer, talked="605"))
    assert found.answered_by == ("B1" if peer == "acme.B1" else "C1")
    [stage] = found.rang
    assert [leg.get("handset") or leg.get("number") for leg in stage["legs"]] == [
        *("B1", "C1", "+447700900901")
    ]


@pytest.mark.parametrize(
    ("since", "rang"),
    [("", "B1 C1 D1"), ("1795324734000", "B1"), ("1795324732000", "B1 C1")],
)
def test_a_delayed_leg_rang_on_asterisk_once_its_delay_was_over(
    known: Known, since: str, rang: str
) -> None:
    later = "1/0/0//PJSIP/acme.C1&8/0/0//PJSIP/acme.D1&9999/0/0//PJSIP/acme.E1"
    local = "".join(f"&Local/{place}@cp-later/n" for place in (1, 2, 3))
    before = f"busy!PJSIP/acme.B1{local}!{later}&".replace("&", "!")[:-1] + "&"
    what = f"PJSIP/acme.B1{local}&{later}"
    found = row(known, asterisk(dialled="102", what=what, step="ring", since=since, rang=before))
    shown = [" ".join(leg["handset"] for leg in stage["legs"]) for stage in found.rang]
    assert shown == (["B1 C1 D1"] if not since else ["B1 C1 D1", rang])


@pytest.mark.parametrize(
    ("since", "rang"),
    [("1795325318000000", "B1"), ("1795325317500000", "B1"), ("1795325316900000", "B1 C1")],
)
def test_a_delayed_leg_rang_on_freeswitch_a_second_after_its_delay(
    known: Known, since: str, rang: str
) -> None:
    found = row(known, freeswitch(dialled="102", what="&&&0:B1&1:C1&5:D1", since=since))
    [stage] = found.rang
    assert " ".join(leg["handset"] for leg in stage["legs"]) == rang


def test_a_call_is_answered_when_both_are_joined(known: Known) -> None:
    """Its caller said a name before: the engine had answered."""
    found = row(
        known,
        freeswitch(
            **{"dialled": "102", "what": "&&0:B1", "opened": "1795325317400400", "line": "102"},
            **{"peer": "acme.B1%cp.phones", "joined": "1795325318000303"},
        ),
    )
    assert found.wait == dt.timedelta(milliseconds=600)
    found = row(
        known,
        asterisk(
            **{"dialled": "102", "what": "PJSIP/acme.B1", "step": "ring", "talked": "900"},
            **{"peer": "acme.B1", "joined": "1795324734250"},
        ),
    )
    assert found.talk == dt.timedelta(milliseconds=100)


def test_no_line_answers_where_nobody_did(known: Known) -> None:
    found = row(known, asterisk(dialled="102", what="PJSIP/acme.B1", step="ring", line="102"))
    assert (found.outcome, found.answered_line) == (CallOutcome.GONE, None)


def test_an_answered_call_on_freeswitch(known: Known) -> None:
    found = row(
        known,
        freeswitch(
            **{"dialled": "102", "number": "101", "name": QUOTED, "peer": "acme.B1%cp.phones"},
            **{"opened": "1795325317740305", "what": "B1&", "seen": "&line/102", "line": "102"},
            **{"cause": "16", "asked": "yes", "routine": "c6315548e0ce"},
        ),
    )
    assert (found.name, found.answered_by, found.answered_line) == (NAME, "B1", "102")
    assert (found.wait.total_seconds(), found.talk.total_seconds()) == (0.340002, 0.619999)
    assert (found.outcome, found.decided) == (CallOutcome.ANSWERED, Decided.LIVE)


def test_a_live_call_brings_its_point(known: Known) -> None:
    point = f"line/103|7348addb94ce|6|103&2&line/103|&line/105&line/103|+4420|101|{PACKED}"
    found = row(
        known,
        asterisk(
            **{"dialled": "105", "number": "101", "rang": "busy!PJSIP/acme.C1&", "cause": "17"},
            **{"what": "PJSIP/acme.C1", "step": "release", "point": point},
        ),
    )
    assert (found.path, found.name) == (("line/105", "line/103"), NAME)
    assert (found.outcome, found.cause, found.decided) == (CallOutcome.BUSY, 17, Decided.LIVE)
    assert found.rang == ({"outcome": "busy", "legs": [{"handset": "C1", "line": "103"}]},)


def test_a_group_from_outside_whose_overflow_takes_the_call(known: Known) -> None:
    for text in (
        asterisk(
            **{"handset": "", "trunk": "uplink", "dialled": "02071838750", "mailbox": "102"},
            **{"number": "+447700900123", "rang": "no-answer!PJSIP/acme.B1!PJSIP/acme.C1&"},
            **{"what": "102", "seen": "&group/sales-uk", "step": "voicemail"},
            opened="1795324733900",
        ),
        freeswitch(
            **{"handset": "", "trunk": "uplink", "dialled": "+442071838750", "mailbox": "102"},
            **{"number": "+447700900123", "rang": "no-answer!!B1!C1!&", "what": "102&"},
            **{"seen": "&group/sales-uk", "opened": "1795325317900303", "line": "!err!"},
        ),
    ):
        found = row(known, text)
        assert (found.direction, found.outcome) == (Direction.IN, CallOutcome.VOICEMAIL)
        assert (found.called, found.reached) == ("+442071838750", "group/sales-uk")
        assert (found.mailbox, found.answered_by, found.answered_line) == ("102", None, None)
        assert [leg["line"] for leg in found.rang[0]["legs"]] == ["102", "103"]
        assert len(found.rang) == 1
        assert found.answered is not None


def test_calls_out_and_emergency_calls(known: Known) -> None:
    out = row(
        known,
        asterisk(
            **{"dialled": "07700900901", "number": "101", "peer": "trunk.acme.uplink"},
            **{"what": "PJSIP/+447700900901@trunk.acme.uplink", "talked": "605", "step": "ring"},
        ),
    )
    assert (out.direction, out.called) == (Direction.OUT, "+447700900901")
    assert (out.answered_by, out.answered_line) == ("+447700900901", None)
    urgent = row(
        known, freeswitch(handset="X1", dialled="999", peer="999", what="&uplink/999", opened="0")
    )
    assert (urgent.direction, urgent.called) == (Direction.EMERGENCY, "999")
    assert (urgent.line, urgent.number, urgent.answered_by) == (None, "", "999")


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("17", CallOutcome.BUSY),
        ("19", CallOutcome.NO_ANSWER),
        ("20", CallOutcome.OFFLINE),
        ("1", CallOutcome.UNKNOWN),
        ("21", CallOutcome.BARRED),
        ("34", CallOutcome.FAILED),
        ("0", CallOutcome.FAILED),
        ("x", CallOutcome.FAILED),
    ],
)
def test_why_a_call_was_released(known: Known, cause: str, outcome: CallOutcome) -> None:
    assert row(known, asterisk(step="release", cause=cause)).outcome is outcome
    told = row(known, freeswitch(step=f"release-{cause}", cause="18"))
    assert told.cause == (18 if cause in "0x" else int(cause))


def test_who_leaves_early(known: Known) -> None:
    ringing = {"step": "ring", "what": "PJSIP/acme.C1", "cause": "127", "routine": "r"}
    found = row(known, asterisk(**ringing, seen="&line/103"))
    assert (found.outcome, found.cause, found.answered) == (CallOutcome.GONE, None, None)
    assert found.rang == ({"outcome": "", "legs": [{"handset": "C1", "line": "103"}]},)
    unasked = row(known, asterisk(dialled="103"))
    assert (unasked.decided, unasked.line, unasked.path) == (Decided.NOBODY, "101", ("line/103",))
    lost = row(known, asterisk(step="ring", lost="line/103", routine="r"))
    assert lost.decided is Decided.BOTH


def test_a_tenant_that_is_gone(known: Known) -> None:
    found = row({}, asterisk(dialled="102", seen="&line/102", what="PJSIP/acme.B1", step="ring"))
    assert (found.direction, found.called) == (Direction.INTERNAL, "102")
    assert found.rang == ({"outcome": "", "legs": [{"handset": "B1"}]},)


def test_a_clock_that_was_set_back(known: Known) -> None:
    found = row(known, asterisk(ended="1795324700000", peer="acme.B1", talked="999999"))
    assert (found.wait, found.talk) == (dt.timedelta(0), dt.timedelta(0))
    found = row(known, asterisk(ended="1795324700000", peer="acme.B1", talked="-36001993"))
    assert found.answered == found.began == found.ended
    assert found.outcome is CallOutcome.ANSWERED


def test_a_torn_line_before_a_whole_one() -> None:
    whole = asterisk()
    assert pieces(whole[:40] + whole) == (whole[:40], whole)
    with pytest.raises(SpoolError, match="not whole"):
        read_spool_line(whole[:40])


@pytest.mark.parametrize("cut", range(1, len(asterisk())))
def test_no_part_of_a_line_is_a_call(cut: int) -> None:
    with pytest.raises(SpoolError):
        read_spool_line(asterisk()[:-cut])


@given(st.text(max_size=200), st.sampled_from(FIELDS))
def test_whatever_stands_in_a_field(text: str, field: str) -> None:
    """A call or a fault, and no other error."""
    line = spool_line(Mark.MILLISECONDS, {"call": "1", "tenant": "t", field: text})
    for piece in pieces(line):
        try:
            entry("pbx", read_spool_line(piece), {})
        except SpoolError:
            continue

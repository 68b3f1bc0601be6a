"""Lamps of a FreeSWITCH: what written keys and events ask for."""

from __future__ import annotations

import pytest

from controlplane.live.esl.messages import Event
from controlplane.live.freeswitch.lamps import Order, after_event, after_writing


def _lamps(variables: str, extension: str) -> Order:
    return "originate", f"{{{variables}}}null/lamps {extension} XML cp-lamps"


def quiet(tenant: str, line: str) -> bool:
    return (tenant, line) == ("acme", "102")


def test_lines_whose_do_not_disturb_was_written_are_told_together() -> None:
    put = {"cp/acme.line.102.dnd": "1", "cp/acme.line.102.rule.away.dnd": "1", "cp/revision": "2"}
    told = after_writing(put, ["cp/beta.line.7.dnd"])
    assert told == [_lamps("cp_changed=yes,cp_rest=acme.102&beta.7", "quiet")]
    many = after_writing({f"cp/acme.line.{n}.dnd": "1" for n in range(1000, 1250)}, [])
    assert [argument.count("acme.") for _, argument in many] == [100, 100, 50]


def test_handsets_that_serve_another_line_are_told_of_its_messages() -> None:
    told = after_writing({"cp/acme.handset.A1.line": "102"}, ["cp/acme.handset.B1.line"])
    assert told == [_lamps("cp_tenant=acme,cp_rest=A1&B1", "handsets")]


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("acme.102@cp.phones", _lamps("cp_rest=acme.102", "quiet")),
        ("acme.103@cp.phones", None),
        ("102@cp.phones", None),
        ("park+acme.102@cp.phones", None),
        ("acme.102,x=${system(id)}@cp.phones", None),
        ("acme.102@elsewhere", None),
        ("", None),
    ],
)
def test_who_begins_to_watch_a_line_that_is_not_to_be_disturbed(to: str, told: Order) -> None:
    assert after_event(Event({"Event-Name": "PRESENCE_PROBE", "to": to}), quiet) == told

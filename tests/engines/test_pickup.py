"""Pickup and call back on real engines: which line of the history tells of them, and of whom."""

from __future__ import annotations

import pytest

from controlplane.capabilities import Capability
from controlplane.engines import ENGINES
from controlplane.model.deployment import EngineKind
from tests.engines.test_feature_codes import Office, controller, office, port_of
from tests.phones import ANSWERS, RINGS_OUT, Caller, Manner, Phone

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

__all__ = ["office"]


def picked_up(office: Office, code: str) -> None:
    """101 calls 102, whose phone rings; 103 takes the call."""
    rings = office.bank.place(
        Caller("acme.A1", "secret"), "102", Manner(abandon_after=6, hang_up_after=4)
    )
    assert rings.wait_ringing(), rings.wait()
    assert office.call("C1", code).answered
    assert rings.wait().answered


def test_a_call_that_is_picked_up_is_one_row(office: Office) -> None:
    office.bank.register_all({Phone("acme.B1", "secret"): RINGS_OUT})
    picked_up(office, "*8")
    with controller(office.folder, port_of(office)) as running:
        picked_up(office, "**102")
        running.end()
    rows = office.data("report", "calls", "--ingest")
    told = [(it["dialled"], it["line"], it["answered_by"], it["outcome"]) for it in rows]
    assert told == [("102", "101", "C1", "answered")] * 2
    assert [it["decided"] for it in rows] == ["live", "static"], "the newest first"


@pytest.mark.proves("G9")
def test_a_lamp_key_calls_and_picks_up_what_it_shows(office: Office) -> None:
    """Its line is named with the tenant where the engine shows it by that name alone."""
    [kind] = office.data("drift")
    by_extension = Capability.WATCH_BY_EXTENSION in ENGINES[EngineKind(kind)].capabilities
    key = "102" if by_extension else "acme.102"
    assert office.call("C1", key).answered
    office.bank.register_all({Phone("acme.B1", "secret"): RINGS_OUT})
    picked_up(office, f"**{key}")
    with controller(office.folder, port_of(office)) as running:
        picked_up(office, f"**{key}")
        office.bank.register_all({Phone("acme.B1", "secret"): ANSWERS})
        assert office.call("C1", key).answered
        running.end()
    if not by_extension:
        for wrong in ("acme.", "acme.x", "acme.102x", ".102", "102.", "acme..102", "%24%7Bx%7D"):
            assert not office.call("C1", wrong).answered, wrong


def test_a_call_back_goes_to_who_called_last_also_after_an_apply(office: Office) -> None:
    assert office.call("A1", "102").answered
    assert office.call("C1", "102").answered
    office.ctl("set", "acme/lines/103/ring", "9")
    office.ctl("apply", "acme.yaml")
    assert office.call("B1", "*69").answered
    rows = office.data("report", "calls", "--ingest")
    assert (rows[0]["dialled"], rows[0]["answered_by"]) == ("*69", "C1")
    assert office.data("drift") in ({"asterisk": []}, {"freeswitch": []})

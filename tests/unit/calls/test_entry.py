"""Where a call starts: what was dialled or delivered, who calls, what is shown outside."""

from __future__ import annotations

import pytest

from controlplane.calls.call import Note
from controlplane.calls.entry import Entry, enter
from controlplane.routing.steps import CallerId
from tests.unit.calls.build import DDI, MAIN, MOBILE, compiled, from_handset, from_trunk

ADA = CallerId("101", "Ada Byron")


def entered(call: object, **changes: object) -> Entry:
    plan, state = compiled(**changes)
    return enter(plan, state, call)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dialled", "flow", "argument"),
    [
        ("102", "line/102", ""),
        ("600", "group/sales", ""),
        ("800", "mailbox", "800"),
        (MAIN, "line/101", ""),
        ("02071018701", "line/102", ""),
        ("00442071018701", "line/102", ""),
        ("07700101901", "external", MOBILE),
        (MOBILE, "external", MOBILE),
        ("0033140205050", "external", "+33140205050"),
        ("999", "emergency", "999"),
        ("112", "emergency", "112"),
        ("55", "unknown", ""),
        ("*97", "own-mailbox", ""),
        ("*98", "portal", ""),
        ("*55", "unknown", ""),
        ("", "unknown", ""),
        ("${EVIL}", "unknown", ""),
    ],
)
def test_dialled(dialled: str, flow: str, argument: str) -> None:
    entry = entered(
        from_handset(dialled),
        groups={"sales": {"extension": "600"}},
        mailboxes={"800": {}, "801": {"enabled": False}},
    )
    assert (entry.flow, entry.argument, entry.caller) == (flow, argument, ADA)


def test_a_disabled_mailbox_is_unknown() -> None:
    assert entered(from_handset("801"), mailboxes={"801": {"enabled": False}}).flow == "unknown"


def test_an_extension_wins_over_a_number() -> None:
    lines: dict[str, object] = {"2079460": {}}
    assert entered(from_handset("2079460"), lines=lines).flow == "line/2079460"


@pytest.mark.parametrize(
    "number",
    [{"status": "reserved"}, {"status": "pending"}, {"enabled": False}, {"to": None}],
)
def test_a_number_that_is_not_active_is_unknown_from_outside(number: dict[str, object]) -> None:
    assert entered(from_trunk(DDI), numbers={DDI: number}).flow == "unknown"


@pytest.mark.parametrize(
    ("to", "flow", "argument"),
    [
        ("line/101", "line/101", ""),
        ("group/sales", "group/sales", ""),
        ("mailbox/102", "mailbox", "102"),
        ("handset/C1", "handset", "C1"),
        (MOBILE, "external", MOBILE),
    ],
)
def test_a_number_reaches_its_destination(to: str, flow: str, argument: str) -> None:
    entry = entered(from_trunk(DDI), numbers={DDI: {"to": to}}, groups={"sales": {}})
    assert (entry.flow, entry.argument) == (flow, argument)
    assert isinstance(entry.reason, Note)
    assert entry.reason.address == f"acme/numbers/{DDI}/to"


@pytest.mark.parametrize("sent", [DDI, DDI.removeprefix("+"), "0" + DDI.removeprefix("+44")])
def test_the_carrier_may_write_the_number_as_it_likes(sent: str) -> None:
    assert entered(from_trunk(sent)).flow == "line/102"


def test_a_tenant_without_voice_service_has_no_numbers() -> None:
    assert entered(from_trunk(DDI), settings={"voice_service": False}).flow == "unknown"


def test_extensions_are_not_reached_from_outside() -> None:
    assert entered(from_trunk("102")).flow == "unknown"
    assert entered(from_trunk("999")).flow == "unknown"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("07700101123", "+447700101123"),
        ("447700101123", "+447700101123"),
        ("0033140205050", "+33140205050"),
        ("anonymous", "anonymous"),
        ("", ""),
        ("123", "123"),
    ],
)
def test_the_caller_is_normalised(sent: str, shown: str) -> None:
    assert entered(from_trunk(DDI, sent, "Acme, Inc.")).caller == CallerId(shown, "Acme, Inc.")


def test_a_call_of_another_country_is_normalised_by_its_rules() -> None:
    settings = {"country": "FR"}
    assert entered(from_handset("0140205050"), settings=settings).argument == "+33140205050"


def test_without_a_line_only_emergency_calls_go_out() -> None:
    free = {"A1": {"line": None, "site": "london"}}
    assert entered(from_handset("102"), handsets=free).flow == "barred"
    assert entered(from_handset(MOBILE), handsets=free).flow == "barred"
    entry = entered(from_handset("999"), handsets=free)
    assert (entry.flow, entry.argument, entry.cli) == ("emergency", "999", MAIN)


def test_an_unknown_handset_is_barred_but_for_emergencies() -> None:
    assert entered(from_handset("102", "nobody")).flow == "barred"
    assert entered(from_handset("112", "nobody")).flow == "emergency"


def test_a_login_hides_the_owning_line() -> None:
    entry = entered(from_handset("102"), handsets={"A1": {"login": "103"}})
    assert entry.caller == CallerId("103", "Cy Young")


@pytest.mark.parametrize(
    ("line", "cli"),
    [
        ({}, MAIN),
        ({"presented_number": DDI}, DDI),
        ({"presented_number": DDI, "hide_caller_id": True}, "anonymous"),
    ],
)
def test_what_is_shown_outside(line: dict[str, object], cli: str) -> None:
    assert entered(from_handset(MOBILE), lines={"101": line}).cli == cli


def test_hiding_does_not_hide_from_emergency_services() -> None:
    entry = entered(from_handset("999"), lines={"101": {"hide_caller_id": True}})
    assert entry.cli == MAIN

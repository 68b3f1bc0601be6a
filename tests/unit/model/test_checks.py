"""What must hold between objects: each fault with its address, message and mend."""

from __future__ import annotations

import time
from typing import Any

import pytest

from controlplane.diagnostics import Severity
from controlplane.model.checks import check
from controlplane.model.documents import COLLECTIONS
from controlplane.model.phone_system import PhoneSystem

Found = tuple[str, str, str]
"""Address without the tenant, message, mend."""


def system(settings: dict[str, Any] | None = None, **collections: Any) -> PhoneSystem:
    assert set(collections) <= set(COLLECTIONS)
    return PhoneSystem.model_validate({"tenant": "a", "settings": settings or {}, **collections})


def found(of: PhoneSystem, severity: Severity = Severity.ERROR) -> list[Found]:
    return [
        (item.address.removeprefix("a/"), item.message, item.mend)
        for item in check(of)
        if item.severity is severity
    ]


ONE, TWO = "+442071838750", "+442071838751"
LINES: dict[str, Any] = {"101": {}, "102": {"voicemail": {}}, "103": {}}

CASES: dict[str, tuple[dict[str, Any], list[Found]]] = {
    "time zone of the tenant": (
        {"settings": {"timezone": "Europe/Londn"}},
        [
            (
                "settings/timezone",
                "there is no time zone 'Europe/Londn'",
                "did you mean 'Europe/London'?",
            )
        ],
    ),
    "time zones of a site and a user": (
        {"sites": {"x": {"timezone": "QQQ"}}, "users": {"ada": {"timezone": "utc"}}},
        [
            ("users/ada/timezone", "there is no time zone 'utc'", "did you mean 'UTC'?"),
            (
                "sites/x/timezone",
                "there is no time zone 'QQQ'",
                "write an IANA time zone, as Europe/London",
            ),
        ],
    ),
    "country": (
        {"settings": {"country": "ZZ"}},
        [
            (
                "settings/country",
                "there is no country 'ZZ' with dialling rules",
                "write its ISO 3166 code in capitals, as GB",
            )
        ],
    ),
    "main number that is none": (
        {"sites": {"london": {"main_number": ONE}}},
        [
            (
                "sites/london/main_number",
                f"{ONE} is none of the numbers",
                "add it under numbers, with where its calls go",
            )
        ],
    ),
    "main number of two sites": (
        {
            "sites": {"x": {"main_number": ONE}, "y": {"main_number": ONE}},
            "numbers": {ONE: {"to": "line/101"}},
        },
        [
            (
                "sites/y/main_number",
                f"{ONE} is the main number of site x already",
                "give each site a main number of its own",
            )
        ],
    ),
    "main number of another site": (
        {
            "sites": {"x": {"main_number": ONE}, "y": {}},
            "numbers": {ONE: {"to": "line/101", "site": "y"}},
        },
        [
            (
                "sites/x/main_number",
                f"{ONE} belongs to site y",
                f"choose a number of x, or set numbers/{ONE}/site: x",
            )
        ],
    ),
    "references to nothing": (
        {
            "sites": {"london": {}},
            "users": {"ada": {"site": "lodnon"}, "bob": {"site": "london"}},
            "lines": {**LINES, "104": {"user": "adaa", "site": "x"}},
            "numbers": {ONE: {"to": "line/109", "site": "x"}},
            "handsets": {"A": {"line": "110", "login": "500", "site": "x"}},
        },
        [
            ("users/ada/site", "there is no site 'lodnon'", "did you mean 'london'?"),
            ("lines/104/user", "there is no user 'adaa'", "did you mean 'ada'?"),
            ("lines/104/site", "there is no site 'x'", "add it under sites, or name another"),
            (f"numbers/{ONE}/site", "there is no site 'x'", "add it under sites, or name another"),
            (f"numbers/{ONE}/to", "there is no line '109'", "did you mean '104'?"),
            ("handsets/A/site", "there is no site 'x'", "add it under sites, or name another"),
            ("handsets/A/line", "there is no line '110'", "did you mean '104'?"),
            ("handsets/A/login", "there is no line '500'", "add it under lines, or name another"),
        ],
    ),
    "answering rules": (
        {
            "lines": {
                "104": {
                    "rules": [
                        {"name": "work", "when": "offise"},
                        {"name": "work", "when": "office", "forward": {"always": "line/104"}},
                        {"name": "rest", "when": "office", "forward": {"busy": "line/101"}},
                    ],
                    "also_ring": ["line/104", "mailbox/101", "line/199"],
                }
            },
            "time_frames": {"office": {"mon": "09:00-17:00"}},
        },
        [
            (
                "lines/104/also_ring/1/to",
                "line 101 has no voicemail",
                "set voicemail: on under lines/101",
            ),
            (
                "lines/104/also_ring/2/to",
                "there is no line '199'",
                "add it under lines, or name another",
            ),
            (
                "lines/104/also_ring/0/to",
                "line 104 rings itself besides",
                "remove it, or set ring_own: yes",
            ),
            (
                "lines/104/also_ring/1/to",
                "mailbox/101 is a mailbox, which does not ring beside others",
                "make it the only target, or name lines, handsets and outside numbers",
            ),
            ("lines/104/rules/0/when", "there is no time frame 'offise'", "did you mean 'office'?"),
            (
                "lines/104/rules/1/name",
                "line 104 has another rule 'work'",
                "give each rule of a line a name of its own",
            ),
            (
                "lines/104/rules/1/forward/always/0",
                "line 104 forwards to itself",
                "choose another target",
            ),
            (
                "lines/104/rules/2/forward/busy",
                "line 104 has both a forward when busy and call waiting",
                "set call_waiting: no, or remove forward.busy",
            ),
        ],
    ),
    "nobody to ring, and a list of nothing": (
        {
            "lines": {
                "104": {"ring_own": False, "blocked": ["list/nuisanse"], "also_ring": []},
            },
            "number_lists": {"nuisance": {"numbers": ["+44*"]}},
        },
        [
            (
                "lines/104/ring_own",
                "line 104 would ring nobody",
                "set ring_own: yes, or name somebody under also_ring",
            ),
            (
                "lines/104/blocked/0",
                "there is no number list 'nuisanse'",
                "did you mean 'nuisance'?",
            ),
        ],
    ),
    "time frames": (
        {
            "time_frames": {
                "empty": {},
                "odd": {"calendar": "XQ"},
                "parts": {"parts": [{"calendar": "GB-SCO"}]},
            }
        },
        [
            (
                "time_frames/empty",
                "time frame empty never holds",
                "give it hours, as mon-fri: 09:00-17:30, dates or a calendar",
            ),
            (
                "time_frames/odd/calendar",
                "there is no holiday calendar 'XQ'",
                "write a country, or one of its parts, as DE-BY",
            ),
            (
                "time_frames/parts/parts/0/calendar",
                "there is no holiday calendar 'GB-SCO'",
                "did you mean 'GB-SCT'?",
            ),
        ],
    ),
    "logged out of a group": (
        {"groups": {"sales": {"members": ["101"], "logged_out": ["102"], "extension": "600"}}},
        [
            (
                "groups/sales/logged_out/0",
                "102 is no member of group sales",
                "add it under members, or remove it here",
            )
        ],
    ),
    "destinations of nothing": (
        {
            "lines": {
                "104": {
                    "forward": {
                        "always": "handset/LDN-1",
                        "busy": "group/sale",
                        "offline": "mailbox/104",
                    },
                    "call_waiting": False,
                }
            },
            "groups": {"sales": {"members": ["101"], "extension": "600", "overflow": "line/600"}},
            "handsets": {"LDN-01": {}},
        },
        [
            (
                "lines/104/forward/always/0",
                "there is no handset 'LDN-1'",
                "did you mean 'LDN-01'?",
            ),
            ("lines/104/forward/busy/0", "there is no group 'sale'", "did you mean 'sales'?"),
            (
                "lines/104/forward/offline/0",
                "line 104 has no voicemail",
                "set voicemail: on under lines/104",
            ),
            ("groups/sales/overflow", "there is no line '600'", "write group/sales"),
        ],
    ),
    "mailbox of nobody, and one that is off": (
        {
            "mailboxes": {"699": {"enabled": False}},
            "numbers": {ONE: {"to": "mailbox/698"}, TWO: {"to": "mailbox/699"}},
        },
        [
            (f"numbers/{ONE}/to", "there is no mailbox '698'", "did you mean '699'?"),
            (f"numbers/{TWO}/to", "mailbox 699 is off", "set mailboxes/699/enabled: yes"),
        ],
    ),
    "members are lines": (
        {
            "groups": {
                "x": {"members": ["600", "101"]},
                "y": {"members": ["101"], "extension": "600"},
            }
        },
        [
            (
                "groups/x/members/0",
                "there is no line '600'",
                "600 is group/y, and only a line fits here",
            )
        ],
    ),
    "extension twice": (
        {"mailboxes": {"101": {}}, "groups": {"x": {"members": ["101"], "extension": "102"}}},
        [
            (
                "mailboxes/101",
                "extension 101 is taken by lines/101",
                "give one of them another extension",
            ),
            (
                "groups/x/extension",
                "extension 102 is taken by lines/102",
                "give one of them another extension",
            ),
        ],
    ),
    "extension of the wrong length": (
        {"settings": {"extension_digits": {"least": 3, "most": 3}}, "mailboxes": {"1000": {}}},
        [
            (
                "mailboxes/1000",
                "extension 1000 has 4 digits, where 3 are allowed",
                "give it another extension, or widen extension_digits",
            )
        ],
    ),
    "no length left": (
        {"settings": {"extension_digits": {"least": 5}}},
        [
            (
                "settings/extension_digits",
                "at least 5 and at most 4 digits leaves no extension",
                "make most at least as large as least",
            )
        ],
    ),
    "emergency number": (
        {"mailboxes": {"999": {}, "9990": {}}},
        [
            (
                "mailboxes/999",
                "extension 999 is an emergency number",
                "give it another extension: emergency calls always go out",
            )
        ],
    ),
    "user with two lines": (
        {"users": {"ada": {}}, "lines": {"101": {"user": "ada"}, "104": {"user": "ada"}}},
        [
            (
                "lines/104/user",
                "user ada has line 101 already",
                "leave one of the two lines without a user",
            )
        ],
    ),
    "busy forward with call waiting": (
        {"lines": {"104": {"forward": {"busy": "line/101"}}}},
        [
            (
                "lines/104/forward/busy",
                "line 104 has both a forward when busy and call waiting",
                "set call_waiting: no, or remove forward.busy",
            )
        ],
    ),
    "busy forward without call waiting": (
        {"lines": {"104": {"forward": {"busy": "line/101"}, "call_waiting": False}}},
        [],
    ),
    "forward under an authorisation code": (
        {"lines": {"104": {"forward": {"offline": "line/101"}, "authorisation_code": True}}},
        [
            (
                "lines/104/forward/offline",
                "line 104 cannot forward while its authorisation code is on",
                "set authorisation_code: no, or remove the forward",
            )
        ],
    ),
    "forward to itself": (
        {"lines": {"104": {"forward": {"unanswered": ["line/101", "line/104"]}}}},
        [
            (
                "lines/104/forward/unanswered/1",
                "line 104 forwards to itself",
                "choose another target",
            )
        ],
    ),
    "always to itself": (
        {"lines": {"104": {"forward": {"always": "line/104"}}}},
        [("lines/104/forward/always/0", "line 104 forwards to itself", "choose another target")],
    ),
    "presented number of nobody": (
        {"lines": {"104": {"presented_number": "+15550100"}}},
        [
            (
                "lines/104/presented_number",
                "+15550100 is none of the tenant's numbers",
                "choose one under numbers, or remove it",
            )
        ],
    ),
    "presented number that is reserved": (
        {
            "lines": {"104": {"presented_number": ONE}},
            "numbers": {ONE: {"to": "line/101", "status": "reserved"}},
        },
        [
            (
                "lines/104/presented_number",
                f"{ONE} is reserved, and only an active number can be presented",
                "choose an active number",
            )
        ],
    ),
    "presented number of another site": (
        {
            "sites": {"x": {"main_number": ONE}, "y": {}},
            "users": {"ada": {"site": "y"}},
            "lines": {
                "104": {"presented_number": ONE, "user": "ada"},
                "105": {"presented_number": ONE, "site": "x"},
                "106": {"presented_number": ONE},
                "107": {"presented_number": TWO, "site": "x"},
            },
            "numbers": {ONE: {"to": "line/101"}, TWO: {"to": "line/101"}},
        },
        [
            (
                "lines/104/presented_number",
                f"{ONE} belongs to site x, and line 104 to site y",
                "choose an active number of y",
            ),
            (
                "lines/107/presented_number",
                f"{TWO} belongs to no site, and line 107 to site x",
                "choose an active number of x",
            ),
        ],
    ),
    "MAC address and login twice": (
        {
            "handsets": {
                "A": {"mac": "00:15:65:aa:bb:cc", "login": "101"},
                "B": {"mac": "001565AABBCC", "login": "101", "line": "101"},
                "C": {"line": "101"},
            }
        },
        [
            (
                "handsets/B/mac",
                "MAC address 001565aabbcc is that of handset A",
                "write the one on this handset's label",
            ),
            (
                "handsets/B/login",
                "line 101 is logged in to handset A",
                "a line is on one handset at a time: remove one login",
            ),
        ],
    ),
    "group of nobody, member twice": (
        {"groups": {"x": {}, "y": {"members": ["101", "102", "101"]}}},
        [
            ("groups/x", "group x has no members", "list lines, as members: [101, 102]"),
            ("groups/y/members/2", "line 101 is twice in group y", "list it once"),
        ],
    ),
    "trunks": (
        {
            "trunks": {
                "x": {"host": "h.example", "register": True, "username": "u"},
                "y": {"host": "h.example", "accept_from": ["192.0.2.0/24", "300.1.1.1"]},
            }
        },
        [
            (
                "trunks/x/register",
                "trunk x registers without a password",
                "write what the carrier gave, or set register: no",
            ),
            (
                "trunks/y/accept_from/1",
                "'300.1.1.1' is not an IP address",
                "write it as 192.0.2.10 or 192.0.2.0/24",
            ),
        ],
    ),
    "loop of lines": (
        {
            "lines": {
                "104": {"forward": {"always": "line/105"}},
                "105": {"forward": {"always": "line/106"}},
                "106": {"forward": {"always": "line/105"}},
            }
        },
        [
            (
                "lines/105/forward/always",
                "calls go round for ever: line/105 > line/106 > line/105",
                "let one of them lead somewhere else",
            )
        ],
    ),
    "loop through a group and a public number": (
        {
            "lines": {"104": {"forward": {"always": ONE}}},
            "groups": {"x": {"members": ["101"], "overflow": "line/104"}},
            "numbers": {ONE: {"to": "group/x"}},
        },
        [
            (
                "lines/104/forward/always",
                "calls go round for ever: line/104 > group/x > line/104",
                "let one of them lead somewhere else",
            )
        ],
    ),
    "always to its own public number": (
        {
            "lines": {"104": {"forward": {"always": ONE}}},
            "numbers": {ONE: {"to": "line/104"}},
        },
        [
            (
                "lines/104/forward/always",
                "line/104 always forwards to itself",
                "let one of them lead somewhere else",
            )
        ],
    ),
    "overflow to itself": (
        {"groups": {"x": {"members": ["101"], "overflow": "group/x"}}},
        [
            (
                "groups/x/overflow",
                "group/x overflows to itself",
                "let one of them lead somewhere else",
            )
        ],
    ),
    "a way out is no loop": (
        {
            "lines": {
                "104": {"forward": {"always": ["line/105", "+447700900123"]}},
                "105": {"forward": {"always": "line/104"}},
                "106": {"forward": {"unanswered": "line/107"}},
                "107": {"forward": {"unanswered": "line/106"}},
            }
        },
        [],
    ),
}


@pytest.mark.parametrize(("parts", "expected"), CASES.values(), ids=CASES)
def test_faults_between_objects(parts: dict[str, Any], expected: list[Found]) -> None:
    merged = {**parts, "lines": {**LINES, **parts.get("lines", {})}}
    settings = merged.pop("settings", None)
    assert found(system(settings, **merged)) == expected


def test_warnings() -> None:
    of = system(
        {"emergency_numbers": []},
        lines=LINES,
        groups={"x": {"overflow": "line/101"}},
        numbers={
            ONE: {},
            TWO: {"status": "pending"},
            "+442071838752": {"enabled": False},
            "+2101234567": {"to": "line/101"},
        },
    )
    assert found(of) == []
    assert found(of, Severity.WARNING) == [
        (
            "settings/emergency_numbers",
            "no number is an emergency number",
            "list the country's, as [112, 999]",
        ),
        (
            f"numbers/{ONE}",
            f"{ONE} is active and leads nowhere",
            "write to: with its destination, or status: reserved",
        ),
        (
            "numbers/+2101234567",
            "+2101234567 starts with no country's code",
            "check the digits after the +",
        ),
        ("groups/x", "group x has no members", "list lines, as members: [101, 102]"),
    ]


@pytest.mark.proves("D4")
def test_lines_that_ask_for_codes_of_which_there_is_none_are_warned_about() -> None:
    asking = {"101": {"authorisation_code": True}, "102": {"authorisation_code": True}}
    [(address, message, mend)] = found(system(lines=asking), Severity.WARNING)
    assert address == "settings/authorisation_codes"
    assert message == "line 101 and 1 more cannot call out: there is no authorisation code"
    assert "authorisation_codes: {night:" in mend
    coded = system({"authorisation_codes": {"night": "4711"}}, lines=asking)
    assert found(coded, Severity.WARNING) == []
    assert found(system(lines=LINES), Severity.WARNING) == []


def test_what_refers_to_a_faulty_object_is_no_second_fault() -> None:
    of = system(
        lines={"101": {"user": "ada", "site": "x", "presented_number": ONE}},
        sites={"y": {"main_number": ONE}},
        groups={"g": {"members": ["101", "102"], "overflow": "mailbox/102", "extension": "102"}},
    )
    faulty = {
        "users": {"ada"},
        "sites": {"x"},
        "numbers": {ONE},
        "lines": {"102"},
        "settings": {"timezone"},
    }
    assert [item.message for item in check(of, faulty)] == ["extension 102 is taken by lines/102"]


def test_thousands_of_faulty_references_end_in_time() -> None:
    lines = {str(index): {"user": f"u{index}"} for index in range(1000, 4000)}
    of = system(lines=lines, users={f"v{index}": {} for index in range(3000)})
    started = time.perf_counter()
    assert len(found(of)) == 3000
    assert time.perf_counter() - started < 10

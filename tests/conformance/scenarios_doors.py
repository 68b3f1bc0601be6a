"""Scenarios in which a caller must know something: authorisation codes for calls out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controlplane.routing.steps import Outcome
from tests.conformance.office import DDI, MAIN, MOBILE
from tests.conformance.scenario import Expected, Phone, Scenario
from tests.conformance.scenarios import ADA, OUTSIDE, answered, call

RIGHT, WRONG = Outcome.RIGHT, Outcome.WRONG
ASKED = Expected(screened=True)
"""Somebody is asked, and released."""


def coded(
    name: str, called: str, expected: Expected, presses: str = "", *pins: Outcome, **more: Any
) -> Scenario:
    """A call of line 101, which asks for a code."""
    scenario = call(
        name,
        called,
        expected,
        lines={"101": {"authorisation_code": True}},
        settings={"authorisation_codes": {"night": "4711", "ada": "08155"}},
        **more,
    )
    return replace(scenario, presses=presses, pins=pins)


CODES = (
    coded("code: right", MOBILE, replace(answered(MOBILE, MAIN), screened=True), "4711#", RIGHT),
    coded(
        "code: right, of a tenant that has two",
        MOBILE,
        replace(answered(MOBILE, MAIN), screened=True),
        "08155#",
        RIGHT,
    ),
    coded(
        "code: right at the third attempt",
        MOBILE,
        replace(answered(MOBILE, MAIN), screened=True),
        "4712#,,,,47#,,,,4711#",
        RIGHT,
    ),
    coded("code: wrong three times", MOBILE, ASKED, "1111#,,,,2222#,,,,3333#", WRONG),
    coded(
        "code: nothing behind three wrong ones",
        MOBILE,
        ASKED,
        "1111#,,,,2222#,,,,3333#,,,,4711#",
        WRONG,
    ),
    coded("code: the beginning of a right one", MOBILE, ASKED, "471#,,,,0815#,,,,47110#", WRONG),
    coded("code: not for a colleague", "102", answered("B1", ADA)),
    coded("code: not for a number of one's own", DDI, answered("B1", ADA)),
    coded("code: not for an emergency", "999", answered("999", MAIN)),
    coded("code: not of another line", MOBILE, answered(MOBILE, MAIN), caller=Phone("B1")),
    coded(
        "code: not where the call comes from outside",
        MAIN,
        answered("A1", "Eve <+447700NNN123>"),
        caller=OUTSIDE,
    ),
)

"""`ctl number`: what is printed, and what is refused."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import Place


@pytest.mark.proves("A2", "A3")
def test_a_main_number_is_shown_as_one_and_not_disabled(place: Place) -> None:
    (row,) = json.loads(place.ctl("number", "list", "acme", "-o", "json").stdout)
    assert (row["number"], row["main"], row["to"]) == ("+442071838750", True, "group/sales")
    heads, shown = place.ctl("number", "list", "acme").stdout.splitlines()
    assert heads.split()[:3] == ["NUMBER", "SITE", "STATUS"]
    assert "Main Number" in shown
    refused = place.ctl("number", "disable", "acme/02071838750")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "acme/numbers/+442071838750: error: +442071838750 is the main number of site london "
        "(an administrator may set where its calls go, and nothing else)\n"
    )


def test_where_it_would_lead_must_be_there(place: Place) -> None:
    refused = place.ctl("number", "route", "acme/+442071838750", "line/199")
    assert refused.exit_code == 1
    assert "there is no line '199'" in refused.stderr
    assert place.ctl("number", "route", "acme/+442071838750", "nowhere").exit_code == 1

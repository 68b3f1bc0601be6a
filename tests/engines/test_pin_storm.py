"""Fifty phones that guess the PIN of one line at once, on a real engine: three guesses count."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.engines.test_pins import GAP, OWN, PORTAL, decided, give
from tests.engines.test_run import controller
from tests.engines.voicemail_office import OFFICE, PASSWORD, RUN_PORTS, office
from tests.phones import Caller, Manner

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PHONES = 50
DEFAULT = "2468"


def crowded() -> dict[str, Any]:
    """The office, with fifty phones more, each of a line of its own."""
    whole: dict[str, Any] = json.loads(json.dumps(OFFICE))
    whole["lines"]["102"]["default_pin"] = DEFAULT
    for number in range(PHONES):
        whole["lines"][f"{200 + number}"] = {}
        whole["handsets"][f"G{number}"] = {"line": f"{200 + number}", "sip_password": PASSWORD}
    return whole


@pytest.mark.proves("C2", "C4")
@pytest.mark.parametrize("kind", ["asterisk", "freeswitch"])
def test_fifty_phones_that_guess_at_once_have_three_guesses(kind: str, tmp_path: Path) -> None:
    # Fifty calls at once talk on a hundred ports.
    with office(kind, tmp_path, rtp="17300-17599") as place:
        (place.folder / "acme.yaml").write_text(json.dumps(crowded()))
        place.ctl("apply", "acme.yaml", "--yes")
        with controller(place.folder, RUN_PORTS[kind]) as running:
            give(place, DEFAULT)
            assert place.data("pin", "show", "acme/102")["own"]
            before = len(decided(running))
            placed = []
            for number in range(PHONES):
                digits = f"102#{GAP}{5000 + 7 * number}#"
                manner = Manner(digits=digits, digits_after=1.0, digit_gap=0.15, hang_up_after=4)
                caller = Caller(f"acme.G{number}", PASSWORD)
                placed.append(place.bank.place(caller, PORTAL, manner))
            answered = [one.wait().answered for one in placed]
            assert all(answered), Counter(answered)
            came = Counter(outcome for outcome, _ in decided(running)[before:])
            assert came["wrong"] == 3, came
            assert came["locked"] == PHONES - 3, came
            assert came["right"] == came["change"] == 0, came
            # Nor is the right one good any more, at whatever door.
            for code, digits in (("*97", f"{OWN}#"), ("*11", f"102#{GAP}{OWN}#")):
                who = "B1" if code == "*97" else "A1"
                manner = Manner(digits=digits, digits_after=1.0, digit_gap=0.15, hang_up_after=4)
                place.call(code, manner, who=who)
            outcomes = [outcome for outcome, _ in decided(running)]
            assert outcomes.count("locked") == PHONES - 3 + 2
            shown = place.data("pin", "show", "acme/102")
            assert (shown["locked"], shown["failures"]) == (True, 3)
        events = [row["to"] for row in place.data("log", "acme/lines/102/pin")]
        assert events.count("locked") == 1

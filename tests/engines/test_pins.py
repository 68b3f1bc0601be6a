"""What a PIN opens, on a real engine of either kind: the own mailbox, the voice portal, nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engines.test_run import Controller, controller
from tests.engines.voicemail_office import RUN_PORTS, Office, office
from tests.phones import CallResult, Manner

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

DEFAULT, OWN, OTHER = "2468", "8642", "9753"
WRONG = ("1357", "1358", "1359")
MAILBOX, PORTAL = "*97", "*98"
GAP = ",,,,"
"""Between what is pressed and the next question."""


@pytest.fixture(scope="module", params=["asterisk", "freeswitch"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with office(request.param, tmp_path_factory.mktemp(request.param)) as made:
        made.apply(l102={"default_pin": DEFAULT})
        yield made


@pytest.fixture
def default(place: Office) -> str:
    """The default PIN of line 102, which it has again."""
    made: str = place.data("pin", "reset", "acme/102")["default"]
    return made


@pytest.fixture
def running(place: Office) -> Iterator[Controller]:
    with controller(place.folder, RUN_PORTS[place.kind]) as running:
        yield running


def pressing(
    place: Office, code: str, digits: str, who: str = "B1", stays: float = 3
) -> CallResult:
    """`stays`: seconds after the last digit."""
    manner = Manner(digits=digits, digits_after=1.0, digit_gap=0.15, hang_up_after=stays)
    return place.call(code, manner, who=who)


def decided(running: Controller) -> list[tuple[str, str]]:
    """How each step ended, and the next one."""
    lines = (json.loads(line) for line in running.log.read_text().splitlines())
    found = (it for it in lines if it["event"] == "call decided")
    return [(it["after"], it["step"]) for it in found]


def opened(running: Controller) -> int:
    return sum(step == "openmailbox" for _, step in decided(running))


def after(running: Controller) -> list[str]:
    """What came of the digits that were pressed."""
    words = ("right", "change", "wrong", "locked", "different", "nothing")
    return [outcome for outcome, _ in decided(running) if outcome in words]


def give(place: Office, default: str) -> None:
    """Line 102 its own PIN."""
    new = f"{default}#{GAP}{OWN}#{GAP}{OWN}#"
    pressing(place, MAILBOX, new)


def everything_written(place: Office) -> Iterator[tuple[str, str]]:
    """All that the controller, the engine and `ctl` wrote, but the store itself."""
    yield "engine", place.engine.logs()
    for folder in (place.folder, place.state):
        for root, _, names in os.walk(folder):
            for name in names:
                if name.endswith((".log", ".spool", ".yaml", ".json", ".conf", ".txt", ".xml")):
                    path = Path(root) / name
                    yield str(path), path.read_text("utf-8", "replace")
    for verb in (("log",), ("report", "calls"), ("pin", "show", "acme/102"), ("get", "acme")):
        yield " ".join(verb), place.ctl(*verb).stdout


@pytest.mark.proves("C1", "C2", "C3")
def test_the_default_pin_is_good_to_choose_another_and_that_opens_the_mailbox(
    place: Office, default: str, running: Controller
) -> None:
    place.leave()
    assert place.waiting() == (1, 0)
    shown = place.data("pin", "show", "acme/102")
    assert (shown["default"], shown["own"], shown["locked"]) == (default, False, False)
    give(place, default)
    assert after(running) == ["change", "right"]
    assert opened(running) == 1
    shown = place.data("pin", "show", "acme/102")
    assert (shown["default"], shown["own"]) == (default, True)
    assert OWN not in place.ctl("pin", "show", "acme/102").stdout
    # The engine plays the message, and so it is not new any more.
    played = pressing(place, MAILBOX, f"{OWN}#,,,,,1", stays=18)
    assert played.answered
    assert after(running) == ["change", "right", "right"]
    until = time.monotonic() + 10
    while place.waiting() != (0, 1):
        assert time.monotonic() < until, place.waiting()
        time.sleep(0.3)
    # The same PIN opens the portal, from any phone; 1 is the mailbox, 2 another PIN.
    pressing(place, PORTAL, f"102#{GAP}{OWN}#{GAP}1", who="A1")
    assert opened(running) == 3
    pressing(place, PORTAL, f"102#{GAP}{OWN}#{GAP}2{GAP}{OTHER}#{GAP}{OTHER}#", who="A1")
    assert after(running)[-2:] == ["right", "right"]
    pressing(place, MAILBOX, f"{OWN}#")
    assert after(running)[-1] == "wrong"
    changes = [row["to"] for row in place.data("log", "acme/lines/102/pin")]
    assert changes[:3] == ["changed", "changed", "reset"]
    running.end()
    for where, text in everything_written(place):
        # Four digits come about in times and in the numbers of calls, too.
        told = re.sub(r"[0-9]{5,}(?:[.][0-9]+)?Z?", "", text)
        assert OWN not in told, where
        assert OTHER not in told, where


@pytest.mark.proves("C3")
def test_a_new_pin_must_be_pressed_alike_twice_and_be_none_that_anybody_tries(
    place: Office, default: str, running: Controller
) -> None:
    pressing(place, MAILBOX, f"{default}#{GAP}{OWN}#{GAP}{OTHER}#")
    pressing(place, MAILBOX, f"{default}#{GAP}2222#{GAP}2222#")
    assert after(running) == ["change", "different", "change", "wrong"]
    give(place, default)
    assert after(running)[4:] == ["change", "right"]


@pytest.mark.proves("C4", "C5")
def test_three_wrong_ones_in_a_row_lock_it_over_calls_doors_and_restarts(
    place: Office, default: str
) -> None:
    port = RUN_PORTS[place.kind]
    with controller(place.folder, port) as running:
        give(place, default)
        pressing(place, MAILBOX, f"{WRONG[0]}#{GAP}{WRONG[1]}#")
        assert after(running) == ["change", "right", "wrong", "wrong"]
        running.process.kill()
        running.process.wait()
    with controller(place.folder, port) as running:
        pressing(place, PORTAL, f"102#{GAP}{WRONG[2]}#{GAP}{OWN}#", who="A1")
        assert after(running) == ["wrong", "locked"]
        assert place.data("pin", "show", "acme/102")["locked"]
        result = pressing(place, MAILBOX, f"{OWN}#", stays=20)
        assert after(running) == ["wrong", "locked", "locked"]
        assert result.ended_by == "engine"
        assert opened(running) == 0
        said = place.ctl("pin", "reset", "acme/102", "--reason", "she rang").stdout
        assert said == f"line acme/102 has its default PIN {default} again, and is not locked\n"
        pressing(place, MAILBOX, f"{OWN}#{GAP}{default}#")
        assert after(running)[3:] == ["wrong", "change"]
    newest = place.data("log", "acme/lines/102")[:2]
    assert [(row["to"], row["author"], row["reason"]) for row in newest] == [
        ("reset", "ada", "she rang"),
        ("locked", "phone", ""),
    ]


@pytest.mark.proves("C2", "H9")
def test_without_a_controller_nobody_gets_in_and_messages_can_be_left(
    place: Office, default: str
) -> None:
    for code in (MAILBOX, PORTAL):
        result = pressing(place, code, f"{default}#")
        assert (result.status, 183 in result.provisional) == (503, True), code
    before = place.waiting()[0]
    place.leave()
    assert place.waiting()[0] == before + 1


@pytest.mark.proves("C2", "H9")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
@pytest.mark.parametrize("seconds", [0.0, 1.3, 6.0], ids=["before", "at the PIN", "at the new one"])
def test_a_controller_that_is_lost_on_the_way_lets_nobody_in(
    place: Office, default: str, how: signal.Signals, seconds: float
) -> None:
    with controller(place.folder, RUN_PORTS[place.kind]) as running:
        lost = threading.Timer(seconds, running.process.send_signal, (how,))
        lost.start()
        if seconds == 0:
            lost.join()
        digits = f"{default}#{GAP},,,{OWN}#{GAP}{OWN}#"
        result: Any = pressing(place, MAILBOX, digits, stays=20)
        lost.join()
        assert result.ended_by == "engine" or result.status == 503
        assert opened(running) == 0
        assert not place.data("pin", "show", "acme/102")["own"]


@pytest.mark.proves("C2", "D1", "D7", "H6")
def test_the_portal_turns_do_not_disturb_and_forwards_on_and_off(
    place: Office, default: str, running: Controller
) -> None:
    """From another's phone: of the line whose PIN it is, which commits it."""
    give(place, default)
    enters = f"102#{GAP}{OWN}#{GAP}"
    pressing(place, PORTAL, f"{enters}3{GAP}1{GAP}", who="A1")
    until_line(place, do_not_disturb=True)
    pressing(place, PORTAL, f"{enters}3{GAP}2{GAP},4{GAP}1{GAP}101#{GAP}", who="A1")
    until_line(place, do_not_disturb=None, forward={"always": ["line/101"]})
    pressing(place, PORTAL, f"{enters}4{GAP}1{GAP}#{GAP}", who="A1")
    until_line(place, do_not_disturb=None, forward=None)
    by_line = [it["reason"] for it in place.data("log", "acme") if it["author"] == "line 102"]
    assert len(by_line) == 4
    assert set(by_line) == {"dialled *98"}


def until_line(place: Office, **settings: object) -> None:
    """Line 102 is stored with these settings."""
    until = time.monotonic() + 15
    while True:
        line = place.data("get", "acme/lines/102")
        if all(line.get(name) == value for name, value in settings.items()):
            return
        assert time.monotonic() < until, line
        time.sleep(0.3)

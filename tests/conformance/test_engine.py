"""The same calls through a real engine: decided live, by its own dialplan, and in between."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from controlplane.calls.world import Behaviour
from tests.conformance.conftest import GENERATED
from tests.conformance.ending import Ending, of_expected
from tests.conformance.floor import AT_ONCE, Floor
from tests.conformance.generated import drawn
from tests.conformance.reader import simulated
from tests.conformance.report import Report
from tests.conformance.scenario import Numbered
from tests.conformance.scenarios_doors import CODES
from tests.conformance.scenarios_features import GROUP_CODES
from tests.conformance.stand import STANDS, Controller, Stand
from tests.conformance.tenants import LINES, LISTED, TIMES, blocks, in_offices
from tests.engines.clock import RIGHT, Clock
from tests.phones import Manner, PhoneBank

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PLACES = {
    "asterisk": ("127.0.0.51", "127.0.0.52", 1),
    "freeswitch": ("127.0.0.53", "127.0.0.54", 101),
}
"""Of the engine, of the phones, and the second number of carriers' addresses from which on they
count: each kind of engine has its own, so that two can be put to the test at a time."""

OTHER_TIMES = {
    "asterisk": ("127.0.0.55", "127.0.0.56", 201),
    "freeswitch": ("127.0.0.57", "127.0.0.58", 221),
}
"""Of an engine with another time than now."""

GENERATED_AT_ONCE = 16
"""Phone systems; in each of them there is one call at a time."""

Reader = Callable[[Stand], AbstractContextManager[Controller | None]]
"""Sees to it that calls are decided in its way for as long as it is entered."""


@dataclass(frozen=True)
class Hall:
    """The engine with all tenants, and everybody's phones registered."""

    stand: Stand
    floors: Sequence[Floor]


@dataclass(frozen=True)
class Theatre:
    """Opens a hall at a time, for what is played there; None is now."""

    kind: str
    folder: Path
    played: Mapping[dt.datetime | None, Sequence[Sequence[Numbered]]]

    @contextmanager
    def hall(self, at: dt.datetime | None) -> Iterator[Hall]:
        place = PLACES if at is None else OTHER_TIMES
        address, phones, first = place[self.kind]
        folder = self.folder / (f"{at:%Y%m%dT%H%M}" if at else "now")
        clock = Clock.at(at) if at else RIGHT
        with (
            STANDS[self.kind](folder, address, clock) as stand,
            PhoneBank(stand.sip, phones) as bank,
        ):
            blocks = enumerate(self.played[at], first)
            floors = [
                Floor(
                    bank,
                    scenarios,
                    block,
                    GENERATED_AT_ONCE if _is_generated(scenarios) else AT_ONCE,
                )
                for block, scenarios in blocks
            ]
            stand.load([view for floor in floors for view in floor.views()])
            for floor in floors:
                floor.register()
            stand.noticed([name for floor in floors for name in floor.unreachable()])
            yield Hall(stand, floors)


@pytest.fixture(scope="session")
def theatre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    kind = request.config.getoption("--engine", default="asterisk")
    count = request.config.getoption("--generated", default=GENERATED)
    seed = request.config.getoption("--generated-seed", default=None)
    played = {at: list(blocks(at)) for at in TIMES}
    now = [*blocks(None), *in_offices(drawn(count, seed))]
    return Theatre(kind, tmp_path_factory.mktemp(kind), {None: now, **played})


@pytest.fixture(scope="session")
def hall(theatre: Theatre) -> Iterator[Hall]:
    with theatre.hall(None) as hall:
        yield hall


def killed(seconds: float, calls: int, *, again: bool = False) -> Reader:
    """Gone so long after the calls began; another one comes then, if `again`."""

    @contextmanager
    def lost(stand: Stand) -> Iterator[None]:
        with stand.controller() as controller, ExitStack() as others:

            def strike() -> None:
                controller.kill()
                if again:
                    others.enter_context(stand.controller())

            timer = threading.Timer(seconds, strike)
            timer.start()
            yield
            timer.join()
            decided_before(seconds, controller, calls)

    return lost


def hung(seconds: float, calls: int) -> Reader:
    """Connected and silent from then on; 0 is before the first call."""

    @contextmanager
    def silent(stand: Stand) -> Iterator[None]:
        with stand.controller() as controller:
            timer = threading.Timer(seconds, controller.hang)
            timer.start()
            if seconds == 0:
                timer.join()
            yield
            timer.join()
            decided_before(seconds, controller, calls)

    return silent


def decided_before(seconds: float, controller: Controller, calls: int) -> None:
    """A second is enough for all calls to come in: the loss was one in their midst."""
    if seconds > 1:
        assert controller.decisions().count("entry") >= calls


READERS: Mapping[str, Reader] = {
    "static": lambda stand: nullcontext(),
    "live": lambda stand: stand.controller(),
}
"""Who decides, by name: a row here puts all calls through once more."""

FAULTS: Mapping[str, Callable[[int], Reader]] = {
    "killed as calls come in": partial(killed, 0.15),
    "killed while it rings": partial(killed, 1.5),
    "killed after a step": partial(killed, 2.5),
    "killed, another comes": partial(killed, 0.5, again=True),
    "hung": partial(hung, 0),
    "hung while it rings": partial(hung, 1.5),
}
"""What may befall the controller in the midst of so many calls."""

FEW = 12
"""Calls put through a fault, all at once, so that the controller is lost in the midst of them."""


@pytest.fixture(scope="session")
def other_times(theatre: Theatre, report: Report) -> None:
    """All calls that are placed at another time than now are put through every reader."""
    for at in TIMES:
        with theatre.hall(at) as hall:
            for name in READERS:
                _put_through(name, hall, report)


@pytest.fixture(scope="session")
def endings(request: pytest.FixtureRequest, hall: Hall, other_times: None, report: Report) -> str:
    """The name of a reader that all calls were put through."""
    name = str(request.param)
    _put_through(name, hall, report)
    return name


def _put_through(name: str, hall: Hall, report: Report) -> None:
    for floor in hall.floors:
        told = {one.key: simulated(one) for one in floor.scenarios}
        report.add("simulator", floor.scenarios, wanted(floor), told)
    with READERS[name](hall.stand) as controller:
        for floor in hall.floors:
            report.add(name, floor.scenarios, wanted(floor), floor.put_through(hall.stand))
        if controller is not None:
            # Else "live" would agree with "static" for the reason that it is the same. On a busy
            # machine one or two in a hundred may have waited for too long, and gone on by itself.
            calls = sum(one.scenario.calls for f in hall.floors for one in f.scenarios)
            assert calls - 1 - calls // 50 <= controller.decisions().count("entry") <= calls
            assert not [one for one in controller.decisions() if one.startswith("failed")]


def wanted(floor: Floor) -> dict[str, Ending]:
    """What was written down, or else what the simulator says."""
    return {
        one.key: of_expected(one.expected) if one.expected else simulated(one)
        for one in floor.scenarios
    }


@pytest.mark.parametrize("endings", READERS, indirect=True)
@pytest.mark.parametrize(
    "one",
    [
        pytest.param(one, marks=pytest.mark.proves(*LINES[one.scenario.name], "H9"))
        for one in LISTED
    ],
    ids=lambda one: one.scenario.name,
)
def test_listed(endings: str, one: Numbered, report: Report) -> None:
    assert report.faults(endings, one.key) == []


@pytest.mark.proves("H7")
@pytest.mark.parametrize("endings", READERS, indirect=True)
def test_generated(endings: str, hall: Hall, report: Report) -> None:
    faults = {
        one.key: (report.faults(endings, one.key), one.scenario)
        for floor in hall.floors
        for one in floor.scenarios
        if one.expected is None and report.faults(endings, one.key)
    }
    assert faults == {}


@pytest.mark.proves("H9")
@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault: str, hall: Hall, report: Report) -> None:
    some = [one for one in hall.floors[0].scenarios if takes_a_while(one)][:FEW]
    floor = replace(hall.floors[0], scenarios=some, at_once=FEW)
    with FAULTS[fault](FEW)(hall.stand):
        report.add(fault, some, wanted(floor), floor.put_through(hall.stand))
    assert [one for one in some if report.faults(fault, one.key)] == []


@pytest.mark.proves("D4", "H1", "H9")
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_while_codes_are_dialled_and_asked_for(
    fault: str, hall: Hall, report: Report
) -> None:
    """Members log in and out, and callers press authorisation codes."""
    floors = [replace(floor, scenarios=some, at_once=FEW) for floor, some in _with_codes(hall)]
    calls = sum(len(floor.scenarios) for floor in floors)
    assert calls == len(_CODED)
    with FAULTS[fault](calls)(hall.stand), ThreadPoolExecutor(len(floors)) as pool:
        endings = list(pool.map(lambda floor: floor.put_through(hall.stand), floors))
    for floor, seen in zip(floors, endings, strict=True):
        report.add(fault, floor.scenarios, wanted(floor), seen)
        assert {
            one.scenario.name: faults
            for one in floor.scenarios
            if (faults := report.faults(fault, one.key))
        } == {}


def _with_codes(hall: Hall) -> Iterator[tuple[Floor, list[Numbered]]]:
    """By floor."""
    for floor in hall.floors:
        if some := [one for one in floor.scenarios if one.scenario.name in _CODED]:
            yield floor, some


_CODED = frozenset(it.name for it in (*GROUP_CODES, *CODES) if it.codes or it.presses)
"""Where a member logs in or out, or a code is pressed."""


@pytest.mark.proves("H9")
def test_a_hung_controller_costs_two_seconds(hall: Hall) -> None:
    floor = hall.floors[0]
    answered = next(one for one in floor.scenarios if one.scenario.name == "answered")
    with hung(0, 1)(hall.stand):
        result = floor.place(answered).wait()
    assert result.answered
    assert result.ring_ms is not None
    # FreeSWITCH's timers have whole seconds, looked at twice in each.
    assert 900 < result.ring_ms < 2600


@pytest.mark.proves("H9")
def test_an_answered_call_needs_no_controller(hall: Hall) -> None:
    floor = hall.floors[0]
    answered = next(one for one in floor.scenarios if one.scenario.name == "answered")
    with hall.stand.controller() as controller:
        call = floor.place(answered, Manner(hang_up_after=3))
        assert call.wait_answered(), call.wait()
        controller.kill()
        result = call.wait()
    assert (result.ended_by, result.status) == ("phone", 200)
    assert result.seconds == pytest.approx(3, abs=0.5)


def _is_generated(scenarios: Sequence[Numbered]) -> bool:
    return any(one.call_number is not None for one in scenarios)


def takes_a_while(one: Numbered) -> bool:
    """Somebody rings in vain first, so that there is something left to decide later."""
    return Behaviour.RINGS_OUT in one.scenario.does.values() and one.scenario.patience is None

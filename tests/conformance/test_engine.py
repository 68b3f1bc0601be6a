"""The same calls through a real engine: decided live, by its own dialplan, and in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import pytest

from controlplane.calls.world import Behaviour
from tests.conformance.ending import Ending, of_expected
from tests.conformance.floor import Floor
from tests.conformance.generated import drawn
from tests.conformance.reader import simulated
from tests.conformance.report import Report
from tests.conformance.scenario import Numbered
from tests.conformance.stand import STANDS, Stand
from tests.conformance.tenants import LINES, LISTED, numbered
from tests.phones import PhoneBank

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

ENGINE, PHONES = "127.0.0.51", "127.0.0.52"
IN_CI = 20
"""Generated scenarios that are always run, always the same."""


@dataclass(frozen=True)
class Hall:
    """The engine with all tenants, and everybody's phones registered."""

    stand: Stand
    floors: Sequence[Floor]


@pytest.fixture(scope="session")
def hall(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    kind = request.config.getoption("--engine", default="asterisk")
    more = request.config.getoption("--generated", default=0)
    made = numbered(drawn(IN_CI) + (drawn(more, time.time_ns()) if more else []))
    folder = tmp_path_factory.mktemp(kind)
    with STANDS[kind](folder, ENGINE) as stand, PhoneBank(stand.sip, PHONES) as bank:
        blocks = enumerate([LISTED, *made], 1)
        floors = [Floor(bank, scenarios, block) for block, scenarios in blocks]
        stand.load([floor.view(one) for floor in floors for one in floor.scenarios])
        for floor in floors:
            floor.register()
        stand.noticed([name for floor in floors for name in floor.unreachable()])
        yield Hall(stand, floors)


@contextmanager
def killed_while_ringing(stand: Stand) -> Iterator[None]:
    """Gone when the calls have begun, whatever each is at."""
    with stand.controller() as controller:
        timer = threading.Timer(1.5, controller.kill)
        timer.start()
        yield
        timer.join()


@contextmanager
def hung(stand: Stand) -> Iterator[None]:
    with stand.controller() as controller:
        controller.hang()
        yield


READERS: Mapping[str, Callable[[Stand], AbstractContextManager[object]]] = {
    "static": lambda stand: nullcontext(),
    "live": lambda stand: stand.controller(),
}
"""Who decides, by name: a row here puts all calls through once more."""

FAULTS: Mapping[str, Callable[[Stand], AbstractContextManager[object]]] = {
    "killed": killed_while_ringing,
    "hung": hung,
}
"""What may befall the controller; a few calls of every kind are put through each."""

FEW = 12
"""Calls put through a fault, all at once, so that the controller is lost in the midst of them."""


@pytest.fixture(scope="session")
def endings(request: pytest.FixtureRequest, hall: Hall, report: Report) -> str:
    """The name of a reader that all calls were put through."""
    name = str(request.param)
    with READERS[name](hall.stand):
        for floor in hall.floors:
            report.add(name, floor.scenarios, wanted(floor), floor.put_through(hall.stand))
    return name


def wanted(floor: Floor) -> dict[str, Ending]:
    """What was written down, or else what the simulator says."""
    return {
        one.tenant: of_expected(one.expected) if one.expected else simulated(one)
        for one in floor.scenarios
    }


@pytest.mark.parametrize("endings", READERS, indirect=True)
@pytest.mark.parametrize(
    "one",
    [
        pytest.param(one, marks=pytest.mark.proves(*LINES[one.scenario.name], "H7", "H9"))
        for one in LISTED
    ],
    ids=lambda one: one.scenario.name,
)
def test_listed(endings: str, one: Numbered, report: Report) -> None:
    assert report.faults(endings, one.tenant) == []


@pytest.mark.parametrize("endings", READERS, indirect=True)
def test_generated(endings: str, hall: Hall, report: Report) -> None:
    faults = {
        one.tenant: (report.faults(endings, one.tenant), one.scenario)
        for floor in hall.floors[1:]
        for one in floor.scenarios
        if report.faults(endings, one.tenant)
    }
    assert faults == {}


@pytest.mark.proves("H9")
@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault: str, hall: Hall, report: Report) -> None:
    some = [one for one in hall.floors[0].scenarios if takes_a_while(one)][:FEW]
    floor = replace(hall.floors[0], scenarios=some, at_once=FEW)
    with FAULTS[fault](hall.stand):
        report.add(fault, some, wanted(floor), floor.put_through(hall.stand))
    assert [one for one in some if report.faults(fault, one.tenant)] == []


def takes_a_while(one: Numbered) -> bool:
    """Somebody rings in vain first, so that there is something left to decide later."""
    return Behaviour.RINGS_OUT in one.scenario.does.values() and one.scenario.patience is None

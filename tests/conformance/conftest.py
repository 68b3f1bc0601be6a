"""Options of the conformance suite, and the report all its tests write to."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.conformance.report import Report

GENERATED = 20
"""Generated calls of a run in which nothing else is said."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", default="asterisk", help="whose readers to put calls through")
    parser.addoption(
        "--generated", type=int, default=GENERATED, metavar="N", help="so many generated calls"
    )
    parser.addoption("--generated-seed", type=int, metavar="SEED", help="others than usual")
    parser.addoption("--conformance-report", metavar="PATH", help="write the table of calls here")


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    found = Report()
    yield found
    path = request.config.getoption("--conformance-report", default=None)
    if path and found.seen:
        Path(path).write_text(str(found), encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    outcome = yield
    report = getattr(item, "funcargs", {}).get("report")
    if isinstance(report, Report) and outcome.failed and outcome.when == "call":
        outcome.sections.append(("conformance", str(report)))
    return outcome

"""Ahead: decisions about calls that have come in and have not asked yet.

A call is announced some tenths of a millisecond before its dialplan asks. What is decided in that
time need not be waited for: only what is wired to the engine is left to do when the question
comes. A question that was not foreseen, or after which something changed, is decided as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from controlplane.calls.call import Decision
from controlplane.live.driver import Driver, Question

MOST = 500
"""Calls that may have come in and not asked: some never do."""

FRESH_SECONDS = 0.25
"""How old a decision may be; time frames end to the second."""


class Thought(NamedTuple):
    question: Question
    decision: Decision
    version: int
    """Of the driver, as of the decision."""
    at: float


class Ahead:
    """`clock` gives seconds that only grow."""

    def __init__(self, driver: Driver, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock
        self._thoughts: dict[str, Thought] = {}

    def think(self, call: str, question: Question) -> None:
        """Decide what `call` is about to ask, unless it changes something to have decided."""
        decision = self._driver.think(question)
        if decision is None or self._driver.changes(decision):
            return
        self._thoughts[call] = Thought(question, decision, self._driver.version, self._clock())
        if len(self._thoughts) > MOST:
            del self._thoughts[next(iter(self._thoughts))]

    def decide(self, call: str, question: Question) -> Decision | None:
        """As the driver decides."""
        thought = self._thoughts.pop(call, None)
        if (
            thought is not None
            and thought.version == self._driver.version
            and thought.question == question
            and self._clock() - thought.at < FRESH_SECONDS
        ):
            return thought.decision
        return self._driver.decide(question)

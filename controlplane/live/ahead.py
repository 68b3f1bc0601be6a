"""Ahead: decisions about calls that have come in and have not asked yet.

A call is announced some tenths of a millisecond before its dialplan asks. What is decided in that
time need not be waited for: the answer is there, as it goes to the engine, when the question
comes. A question that was not foreseen, or before which something changed, is decided as ever.
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


Packed = Callable[[str, Question, Decision], bytes | None]
"""What the engine is to be sent for a call; None where it cannot be told ahead."""


class Thought(NamedTuple):
    question: Question
    decision: Decision
    packet: bytes | None
    version: int
    """Of the driver, as of the decision."""
    at: float


class Ahead:
    """`clock` gives seconds that only grow."""

    def __init__(self, driver: Driver, clock: Callable[[], float], packed: Packed) -> None:
        self._driver = driver
        self._packed = packed
        self._clock = clock
        self._thoughts: dict[str, Thought] = {}

    def think(self, call: str, question: Question) -> None:
        """Decide what `call` is about to ask, unless it changes something to have decided."""
        decision = self._driver.think(question)
        if decision is None or self._driver.changes(decision):
            return
        packet = self._packed(call, question, decision)
        version, at = self._driver.version, self._clock()
        self._thoughts[call] = Thought(question, decision, packet, version, at)
        if len(self._thoughts) > MOST:
            del self._thoughts[next(iter(self._thoughts))]

    def decide(self, call: str, question: Question) -> tuple[Decision | None, bytes | None]:
        """As the driver decides; and the packet, if there is one."""
        thought = self._thoughts.pop(call, None)
        if (
            thought is not None
            and thought.version == self._driver.version
            and thought.question == question
            and self._clock() - thought.at < FRESH_SECONDS
        ):
            return thought.decision, thought.packet
        return self._driver.decide(question), None

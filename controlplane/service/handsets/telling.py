"""Telling: many handsets are told to fetch their files, and each is believed once it has.

A NOTIFY says nothing of what a phone does with it: it is lost with its answer, or answered and
forgotten. So who has not fetched what is current in time is told again, a few times, and before
those who were not told yet: then all are through one patience after the last of them was told. That
a phone does not obey a second time either says nothing new of its engine, and slows nobody down.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from controlplane.diagnostics import Faults
from controlplane.service.handsets.pace import Limits, Pace

SERVED_SECONDS = 0.7
"""Who serves handsets looks for what changed every half second: whoever is told before that gets
what was before the change."""

_TICK_SECONDS = 0.02
_GRACE_SECONDS = 5.0
"""From the first look at a fetch that was none of what is current: a phone fetches several files,
and who serves them follows the store by itself."""

_OLD = "fetched, and has not what is current"
_NOTHING = "did not fetch"


class Result(StrEnum):
    """FETCHED: it has what is current. LOST: told as often as it is, and it did not fetch.
    STOPPED: not told, or not again, as too many before it were lost. OFFLINE: registered nowhere.
    UNTOLD: of no model that is told by NOTIFY."""

    FETCHED = "fetched"
    LOST = "lost"
    STOPPED = "stopped"
    OFFLINE = "offline"
    UNTOLD = "untold"


class Teller(Protocol):
    async def notify(self, account: str, event: str) -> None:
        """As `Registrar.notify`."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """`account` is told `event` by the engine called `node`. `seen`: its last fetch before."""

    account: str
    node: str
    event: str
    seen: object = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """A phone's last one: `at` differs from fetch to fetch; `current`: it got what it has now."""

    at: object
    current: bool


Look = Callable[[], Awaitable[Mapping[str, Fetch]]]
"""The last fetch by account, of those that ever fetched. Raises Faults."""


@dataclass(frozen=True, slots=True)
class Manner:
    """`patience`: seconds from a NOTIFY to its fetch. `attempts`: NOTIFYs a phone, at most.
    `look_every`: seconds from one look at who fetched to the next."""

    limits: Limits = field(default_factory=Limits)
    patience: float = 30.0
    attempts: int = 3
    look_every: float = 0.5


@dataclass(slots=True)
class Course:
    """How it goes. `told`: NOTIFYs sent; `lost`: those without a fetch; `rate`: a second, all
    engines together."""

    count: int
    told: int = 0
    lost: int = 0
    rate: float = 0.0
    results: dict[str, Result] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def counted(self) -> Counter[Result]:
        return Counter(self.results.values())


@dataclass(slots=True)
class _Try:
    target: Target
    attempt: int = 0
    seen: object = None
    old: bool = False
    until: float = 0.0


class Telling:
    """`run` once. `tellers` by name of the engine."""

    def __init__(
        self,
        targets: Iterable[Target],
        tellers: Mapping[str, Teller],
        look: Look,
        manner: Manner,
        tell: Callable[[Course], None] = lambda _: None,
    ) -> None:
        self._tellers = tellers
        self._look = look
        self._manner = manner
        self._tell = tell
        self._clock = asyncio.get_running_loop().time
        now = self._clock()
        self._paces = {name: Pace(manner.limits, now) for name in tellers}
        self._queues: dict[str, deque[_Try]] = {name: deque() for name in tellers}
        self._once_more: dict[str, deque[_Try]] = {name: deque() for name in tellers}
        for target in targets:
            self._queues[target.node].append(_Try(target, seen=target.seen))
        self._waiting: dict[str, _Try] = {}
        self._refused: list[_Try] = []
        self._known: Mapping[str, Fetch] = {}
        self.course = Course(sum(map(len, self._queues.values())))

    async def run(self) -> Course:
        """Ends when each has fetched, was told as often as it is, or all engines have stopped.
        Raises Faults where it cannot be seen who fetched."""
        looked = 0.0
        queues = (*self._queues.values(), *self._once_more.values())
        while self._waiting or self._refused or any(queues):
            await self._send()
            now = self._clock()
            self._again(now)
            if now - looked >= self._manner.look_every:
                self._known = await self._look()
                looked = self._clock()
                self._judge(looked)
                self._give_up()
                self.course.rate = sum(pace.rate for pace in self._paces.values())
                self._tell(self.course)
            await asyncio.sleep(_TICK_SECONDS)
        return self.course

    async def _send(self) -> None:
        now = self._clock()
        due: list[_Try] = []
        for name, pace in self._paces.items():
            again, first = self._once_more[name], self._queues[name]
            for _ in range(pace.take(now, len(again) + len(first))):
                due.append((again or first).popleft())
        await asyncio.gather(*map(self._send_one, due))

    async def _send_one(self, one: _Try) -> None:
        target = one.target
        one.attempt += 1
        if fetch := self._known.get(target.account):
            one.seen = fetch.at
        one.old = False
        one.until = self._clock() + self._manner.patience
        self._waiting[target.account] = one
        self.course.told += 1
        try:
            await self._tellers[target.node].notify(target.account, target.event)
        except Faults as faults:
            self.course.reasons[target.account] = faults.diagnostics[0].message
            self._count_lost(one, self._clock())
            self._refused.append(one)

    def _again(self, now: float) -> None:
        """Those whom the engine did not take, once it had time to come to itself."""
        due = [one for one in self._refused if now >= one.until]
        self._refused = [one for one in self._refused if now < one.until]
        for one in due:
            self._tell_again(one)

    def _judge(self, now: float) -> None:
        """Of those that were told: who fetched, who got what is old by now, whose time is up."""
        for account, one in list(self._waiting.items()):
            fetch = self._known.get(account)
            if fetch is not None and fetch.at != one.seen:
                if fetch.current:
                    self._fetched(one, now)
                    continue
                if not one.old:
                    one.old, one.until = True, min(one.until, now + _GRACE_SECONDS)
            if now >= one.until:
                self.course.reasons[account] = _OLD if one.old else _NOTHING
                self._count_lost(one, now)
                self._tell_again(one)

    def _fetched(self, one: _Try, now: float) -> None:
        account = one.target.account
        del self._waiting[account]
        self.course.reasons.pop(account, None)
        self.course.results[account] = Result.FETCHED
        self._paces[one.target.node].ended(True, now)

    def _count_lost(self, one: _Try, now: float) -> None:
        del self._waiting[one.target.account]
        self.course.lost += 1
        # Once all were told, what ends is lost ones alone, and says nothing of the engine.
        if one.attempt == 1 and self._queues[one.target.node]:
            self._paces[one.target.node].ended(False, now)

    def _tell_again(self, one: _Try) -> None:
        """Or it is given up."""
        if one.attempt < self._manner.attempts:
            self._once_more[one.target.node].append(one)
        else:
            self.course.results[one.target.account] = Result.LOST

    def _give_up(self) -> None:
        for name, pace in self._paces.items():
            if pace.stopped:
                for queue in (self._once_more[name], self._queues[name]):
                    for one in queue:
                        self.course.results[one.target.account] = Result.STOPPED
                    queue.clear()

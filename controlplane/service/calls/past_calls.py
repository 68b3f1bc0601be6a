"""Past calls of a running controller: who took calls of groups, as the store knows it.

What calls are decided by thus survives a restart, and controllers of one store agree as soon as
each has looked at what the others stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from controlplane.calls.facts import LONG_AGO, Member
from controlplane.live.driver import Driver
from controlplane.model.group import Strategy
from controlplane.routing.nodes import OrderMembers, RingMembers, RingNext
from controlplane.routing.plan import Plan
from controlplane.store import past_calls
from controlplane.store.past_calls import Sums
from controlplane.store.store import Store

_ASKS = {Strategy.ROUND_ROBIN, Strategy.LONGEST_IDLE, Strategy.FEWEST_CALLS}
_AT_ONCE = 400
"""Tenants of one question."""


def asks(plan: Plan) -> bool:
    """Whether a group of the tenant goes by past calls."""
    routines = {flow.routine for key, flow in plan.flows.items() if key.startswith("group/")}
    return any(
        (isinstance(node, OrderMembers) and node.strategy in _ASKS)
        or (isinstance(node, RingMembers | RingNext) and node.terms.wrap_up > 0)
        for routine in routines
        for node in plan.routines[routine].nodes
    )


@dataclass
class _Known:
    """Of a tenant, up to a row of the call log."""

    upto: int = 0
    turns: dict[str, int] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    def add(self, sums: Sums, upto: int) -> None:
        self.upto = upto
        for group, count in sums.came.items():
            self.turns[group] = self.turns.get(group, 0) + count
        took: dict[str, dict[str, int]] = {}
        for (line, group), count in sums.took.items():
            took.setdefault(line, {})[group] = count
        for line in sums.ended.keys() | took.keys():
            ended = sums.ended.get(line, LONG_AGO)
            self.members[line] = _more(self.members.get(line, Member()), ended, took.get(line, {}))


def _more(member: Member, ended: dt.datetime, took: Mapping[str, int]) -> Member:
    answered = dict(member.answered)
    for group, count in took.items():
        answered[group] = answered.get(group, 0) + count
    return Member(max(member.ended, ended), answered)


class PastCalls:
    """`look` at the store in a thread, `tell` the driver where calls are decided."""

    def __init__(self, store: Store, driver: Driver) -> None:
        self._store = store
        self._driver = driver
        self._asks: dict[str, tuple[Plan, bool]] = {}
        self._known: dict[str, _Known] = {}
        self._untold: set[str] = set()

    def look(self) -> None:
        """Read the rows since the last look. Raises Faults. Not at the same time as `tell`."""
        wanted = self._wanted()
        self._known = {name: self._known.get(name, _Known()) for name in wanted}
        if not wanted:
            return
        with self._store.database.read() as connection:
            upto = past_calls.newest(connection)
            for after, names in self._behind(upto).items():
                for first in range(0, len(names), _AT_ONCE):
                    some = names[first : first + _AT_ONCE]
                    for name, sums in past_calls.summed(connection, some, after, upto).items():
                        self._known[name].add(sums, upto)
                        self._untold.add(name)

    def _behind(self, upto: int) -> dict[int, list[str]]:
        """The tenants whose newest rows are not known, by the last row that is."""
        behind: dict[int, list[str]] = {}
        for name, known in tuple(self._known.items()):
            # All the calls there were have been removed, and rows count from the first again.
            if known.upto > upto:
                self._known[name] = _Known()
            last = self._known[name].upto
            if last < upto:
                behind.setdefault(last, []).append(name)
        return behind

    def tell(self) -> None:
        """Let the driver decide by it. A group's turns never go back."""
        for name in self._untold & self._known.keys():
            known = self._known[name]
            turns = dict(self._driver.turns_of(name))
            for group, count in known.turns.items():
                turns[group] = max(count, turns.get(group, 0))
            self._driver.remember(name, turns, known.members)
        self._untold.clear()

    def _wanted(self) -> tuple[str, ...]:
        """The tenants that have a group which asks."""
        before, self._asks = self._asks, {}
        for name, (plan, _) in self._driver.known().items():
            seen = before.get(name)
            answer = seen[1] if seen is not None and seen[0] is plan else asks(plan)
            self._asks[name] = (plan, answer)
        return tuple(name for name, (_, answer) in self._asks.items() if answer)

"""Driver: decides live calls from plans and state in memory. Knows no engine, keeps no call."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from random import Random
from typing import NamedTuple

from controlplane.calls.call import Call, Decision, Point
from controlplane.calls.facts import Facts, Member
from controlplane.calls.given import Binding, Check, check_of
from controlplane.calls.walk import resume, start
from controlplane.routing.features import Flipped
from controlplane.routing.hotdesk import freed, keys_of_logout, logged_out_at
from controlplane.routing.plan import Plan
from controlplane.routing.state import State, dnd_key, own_line_key, prefix_of
from controlplane.routing.steps import CallerId, Flip, LogIn, LogOut, Outcome, Step


class Entered(NamedTuple):
    """A call has come in."""

    tenant: str
    call: Call


class Ended(NamedTuple):
    """A step of a call has ended; the call itself says where it stands."""

    tenant: str
    caller: CallerId
    point: Point
    outcome: Outcome
    digits: str = ""
    """What the caller pressed."""

    def __repr__(self) -> str:
        return f"Ended({self.tenant}, {self.point.routine}, {self.point.node}, {self.outcome})"


Question = Entered | Ended


Doors = Callable[[Check | Binding], Awaitable[Outcome]]
"""Looks at secret digits: RIGHT, WRONG, LOCKED or CHANGE; and carries logins out: DONE, TAKEN,
ELSEWHERE or REFUSED. Raises where it cannot."""


class Driver:
    """What a call was told before is not kept here, so a new driver takes over any call.

    `now` is aware; `chance` gives numbers from 0 to below 1. Without `doors` nobody comes in where
    a PIN is asked for.
    """

    def __init__(
        self,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        chance: Callable[[], float] | None = None,
        doors: Doors | None = None,
    ) -> None:
        self.version = 0
        """Another one after every change of what calls are decided by."""
        self._doors = doors
        self._now = now
        self._chance = chance or Random().random
        self._plans: dict[str, Plan] = {}
        self._states: dict[str, dict[str, str]] = {}
        self._turns: dict[str, dict[str, int]] = {}
        self._members: dict[str, dict[str, Member]] = {}
        self._flipped: dict[str, dict[str, str]] = {}
        """What phones turned on or off, as long as the store does not say the same."""

    @property
    def tenants(self) -> frozenset[str]:
        return frozenset(self._plans)

    def known(self) -> dict[str, tuple[Plan, State]]:
        """Plan and state by tenant, as calls are decided by them now."""
        return {tenant: (plan, self._states[tenant]) for tenant, plan in self._plans.items()}

    def follow(self, systems: Mapping[str, tuple[Plan, State]]) -> None:
        """Decide by these from now on; tenants that are not among them are gone.

        A call that stands in a routine of an older plan goes on in it: a routine's name is
        that of its content, so old and new ones stand side by side.
        """
        plans: dict[str, Plan] = {}
        for tenant, (plan, _) in systems.items():
            older = self._plans[tenant].routines if tenant in self._plans else {}
            plans[tenant] = replace(plan, routines={**older, **plan.routines})
        self.version += 1
        self._plans = plans
        self._states = {it: self._now_of(it, state) for it, (_, state) in systems.items()}

    def follow_one(self, tenant: str, plan: Plan, state: State) -> None:
        """As `follow` for one tenant; the others stay as they are."""
        self.version += 1
        older = self._plans[tenant].routines if tenant in self._plans else {}
        self._plans[tenant] = replace(plan, routines={**older, **plan.routines})
        self._states[tenant] = self._now_of(tenant, state)

    def forget(self, tenant: str) -> None:
        self.version += 1
        self._plans.pop(tenant, None)
        self._states.pop(tenant, None)

    def flip(self, tenant: str, changes: Mapping[str, str | None]) -> None:
        """Change state keys at once; None or "" is off. KeyError for an unknown tenant."""
        state, flipped = self._states[tenant], self._flipped.get(tenant, {})
        self.version += 1
        for key, value in changes.items():
            flipped.pop(key, None)
            _put(state, key, value)

    def kept(self, tenant: str, flipped: Flipped) -> None:
        """What a phone turned on or off is stored: from now on the store has the last word."""
        ours = self._flipped.get(tenant, {})
        if handset := logged_out_at(flipped):
            own = self._states.get(tenant, {}).get(own_line_key(handset), "")
            for key in keys_of_logout(handset, flipped.line, own):
                ours.pop(key, None)
        elif ours.get(flipped.key) == flipped.value:
            del ours[flipped.key]

    def to_check(self, question: Question) -> Check | None:
        """What `checked` is to look at before this question can be decided."""
        if not isinstance(question, Ended) or not question.digits:
            return None
        plan = self._plans.get(question.tenant)
        if plan is None or not _knows(plan, question.point):
            return None
        return check_of(plan, question.point, question.outcome, question.digits)

    async def checked(self, question: Question, check: Check) -> Question:
        """The question with what was found of the digits, in their place; where that lets somebody
        log in to a handset, they are logged in, and it is the question after that."""
        since = asyncio.get_running_loop().time()
        outcome = await self._doors(check) if self._doors else Outcome.DIGITS
        assert isinstance(question, Ended)
        found = question._replace(outcome=outcome, digits="")
        following = self.think(found)
        if self._doors is None or following is None or not isinstance(following.step, LogIn):
            return found
        step = following.step
        bound = await self._doors(Binding(found.tenant, step.line, step.handset, since))
        return found._replace(point=following.point, outcome=bound)

    def is_quiet(self, tenant: str, line: str) -> bool:
        """Whether the line is not to be disturbed."""
        return dnd_key(prefix_of(line, "")) in self._states.get(tenant, {})

    def decide(self, question: Question) -> Decision | None:
        """The next step; None where it is not ours to know, and the engine goes on by itself.

        That is so for a tenant or a routine that is not in memory (yet, or any more).
        """
        decision = self.think(question)
        if decision is not None and self.changes(decision):
            self._settle(question.tenant, decision)
        return decision

    @staticmethod
    def changes(decision: Decision) -> bool:
        """Whether other calls are decided in another way once this one is."""
        return bool(decision.turns) or isinstance(decision.step, Flip | LogOut)

    def think(self, question: Question) -> Decision | None:
        """As `decide`, and nothing comes of it."""
        plan = self._plans.get(question.tenant)
        if plan is None:
            return None
        state = self._states[question.tenant]
        turns = self._turns.get(question.tenant, {})
        members = self._members.get(question.tenant, {})
        facts = Facts(self._now(), turns, members, self._chance(), self._doors is not None)
        match question:
            case Entered():
                return start(plan, state, question.call, facts)
            case Ended(_, caller, point, outcome, digits):
                if not _knows(plan, point):
                    return None
                return resume(plan, state, caller, point, outcome, facts, digits)

    def _settle(self, tenant: str, decision: Decision) -> None:
        self.version += 1
        turns = self._turns.setdefault(tenant, {})
        for group in decision.turns:
            turns[group] = turns.get(group, 0) + 1
        for key, value in _written(self._states[tenant], decision.step).items():
            _put(self._states[tenant], key, value)
            self._flipped.setdefault(tenant, {})[key] = value

    def _now_of(self, tenant: str, state: State) -> dict[str, str]:
        """`state` as of the store, which hears of a phone's flip a little later."""
        now, flipped = dict(state), self._flipped.get(tenant, {})
        for key, value in list(flipped.items()):
            if now.get(key, "") == value:
                del flipped[key]
            else:
                _put(now, key, value)
        return now

    def remember(
        self, tenant: str, turns: Mapping[str, int], members: Mapping[str, Member]
    ) -> None:
        """What is known of the calls to hunt groups until now, as of the past calls."""
        self.version += 1
        self._turns[tenant] = dict(turns)
        self._members[tenant] = dict(members)

    def turns_of(self, tenant: str) -> Mapping[str, int]:
        """How often each group was called in turn."""
        return self._turns.get(tenant, {})

    def members_of(self, tenant: str) -> Mapping[str, Member]:
        """What is known of the calls of lines, by extension."""
        return self._members.get(tenant, {})


def _written(state: State, step: Step) -> Mapping[str, str]:
    """The state keys that the engine writes in this step."""
    match step:
        case Flip(key, value):
            return {key: value}
        case LogOut(handset):
            return freed(state, handset)
        case _:
            return {}


def _put(state: dict[str, str], key: str, value: str | None) -> None:
    if value:
        state[key] = value
    else:
        state.pop(key, None)


def _knows(plan: Plan, point: Point) -> bool:
    routine = plan.routines.get(point.routine)
    return routine is not None and 0 <= point.node < len(routine.nodes)

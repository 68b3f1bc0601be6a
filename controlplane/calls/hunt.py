"""Hunt: in which order the members of a group are tried."""

from __future__ import annotations

from typing import assert_never

from controlplane.calls.facts import Facts, Member
from controlplane.model.group import Strategy

_NEW = Member()


def in_order(
    strategy: Strategy, group: str, members: tuple[str, ...], facts: Facts
) -> tuple[str, ...]:
    """The members, each once. Who is equal stays in the order of the model."""
    match strategy:
        case Strategy.RING_ALL | Strategy.LINEAR:
            return members
        case Strategy.ROUND_ROBIN:
            return _from(members, facts.turns.get(group, 0))
        case Strategy.LONGEST_IDLE:
            return tuple(sorted(members, key=lambda it: facts.members.get(it, _NEW).ended))
        case Strategy.FEWEST_CALLS:
            return tuple(
                sorted(members, key=lambda it: facts.members.get(it, _NEW).answered.get(group, 0))
            )
        case Strategy.RANDOM:
            return _shuffled(members, facts.chance)
        case _ as never:
            assert_never(never)


def _from(members: tuple[str, ...], turn: int) -> tuple[str, ...]:
    if not members:
        return members
    start = turn % len(members)
    return members[start:] + members[:start]


def _shuffled(members: tuple[str, ...], chance: float) -> tuple[str, ...]:
    """The permutation that `chance` stands for, all equally likely."""
    left, found = list(members), []
    while left:
        index, chance = divmod(chance * len(left), 1)
        found.append(left.pop(int(index)))
    return tuple(found)

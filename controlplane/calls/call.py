"""A call as it enters the plan, the point it has reached, and what is decided there.

These are tuples with names, not dataclasses: a caller waits while several are made, and a frozen
dataclass takes three times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from controlplane.routing.nodes import Arg, Value
from controlplane.routing.steps import CallerId, Hangup, Outcome, Step


class FromHandset(NamedTuple):
    """A handset of the tenant dialled."""

    handset: str


class FromTrunk(NamedTuple):
    """The carrier sent the call. `caller.number` as the carrier wrote it."""

    trunk: str
    caller: CallerId


class Call(NamedTuple):
    """`called` as dialled or as the carrier sent it."""

    called: str
    source: FromHandset | FromTrunk


class Active(NamedTuple):
    """What a line has found out about a call: the prefix of its active rule's keys, how long that
    rings and how many call paths there are, and whether the caller is an allowed one."""

    prefix: str = ""
    seconds: int = 0
    paths: int = 0
    trusted: bool = False


NOTHING = Active()
TRUSTED = Active(trusted=True)


class Point(NamedTuple):
    """Where a call stands: enough to go on from, by any reader, after the step ended.

    `seen` are the places it must not come to again; `cli` is what it shows outside; `order` are
    the members of a group who are still to be tried.
    """

    flow: str
    routine: str
    node: int
    args: tuple[str, ...]
    seen: tuple[str, ...]
    cli: str
    active: Active = NOTHING
    order: tuple[str, ...] = ()

    def at(
        self,
        node: int,
        seen: tuple[str, ...] | None = None,
        cli: str | None = None,
        active: Active | None = None,
        order: tuple[str, ...] | None = None,
    ) -> Point:
        """The same call at another node of the routine, and with what else is new about it.

        `_replace` would do, and takes several times as long; a call waits for several.
        """
        return Point(
            self.flow,
            self.routine,
            node,
            self.args,
            self.seen if seen is None else seen,
            self.cli if cli is None else cli,
            self.active if active is None else active,
            self.order if order is None else order,
        )

    def value(self, value: Value) -> str:
        """A value of the routine, as it is for this call."""
        return self.args[value.index] if isinstance(value, Arg) else value


class Note(NamedTuple):
    """One reason, and the address in the model of the setting behind it."""

    address: str
    text: str


Reason = Note | Callable[[], Note]
"""A note, or what makes one: nobody reads it before a phone rings, so the caller waits for none."""


class Decision(NamedTuple):
    """What to do next, the point to resume from with its outcome, and why."""

    step: Step
    point: Point
    caller: CallerId
    reasons: tuple[Reason, ...] = ()
    turns: tuple[str, ...] = ()
    """The groups whose turn is taken: one is to be added to each of their counts."""

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(it if isinstance(it, Note) else it() for it in self.reasons)

    @property
    def final(self) -> bool:
        return isinstance(self.step, Hangup)


def ended(outcome: Outcome) -> bool:
    """Nothing is left to decide after this outcome."""
    return outcome in (Outcome.ANSWERED, Outcome.GONE)

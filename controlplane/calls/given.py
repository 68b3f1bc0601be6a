"""What a caller pressed: what is asked at a door, whom to ask about it, and where it leads."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, assert_never

from controlplane.calls.call import Point
from controlplane.calls.entry import destination_dialled
from controlplane.routing.nodes import AskLine, AskPin, AskTarget, ChoosePin, Menu
from controlplane.routing.plan import Plan
from controlplane.routing.steps import Collect, Outcome, Prompt

Door = AskPin | ChoosePin | AskLine | AskTarget | Menu

MOST_DIGITS = 10
"""Of a PIN and of an extension."""

MOST_DIALLED = 20
"""Of a number, with what is dialled before one abroad."""

SECONDS = 10
"""How long a caller may wait before each digit."""


class Look(StrEnum):
    """PIN: is it that of the line? NEW_PIN: may it be, and be it from now on."""

    PIN = "pin"
    NEW_PIN = "new-pin"


class Check(NamedTuple):
    """What somebody else must say about secret digits: RIGHT, WRONG, LOCKED or CHANGE."""

    look: Look
    tenant: str
    line: str
    digits: str

    def __repr__(self) -> str:
        return f"Check({self.look}, {self.tenant}, {self.line})"


class Binding(NamedTuple):
    """A login that somebody else must carry out: DONE, TAKEN, ELSEWHERE or REFUSED. `since`: when
    the engine asked, by the event loop's clock; it waits for so long, and no longer."""

    tenant: str
    line: str
    handset: str
    since: float


def question_of(node: Door) -> Collect:
    match node:
        case AskPin():
            return Collect(Prompt.ENTER_PIN, MOST_DIGITS, SECONDS, told=node.told)
        case ChoosePin():
            return Collect(Prompt.NEW_PIN, MOST_DIGITS, SECONDS, Prompt.NEW_PIN_AGAIN, node.told)
        case AskLine():
            return Collect(Prompt.ENTER_LINE, MOST_DIGITS, SECONDS)
        case AskTarget():
            return Collect(Prompt.ENTER_TARGET, MOST_DIALLED, SECONDS)
        case Menu():
            return Collect(node.prompt, 1, SECONDS)
        case _ as never:
            assert_never(never)


def check_of(plan: Plan, point: Point, outcome: Outcome, digits: str) -> Check | None:
    """What must be looked at before the call can go on; None where that is nothing."""
    node = plan.routines[point.routine].nodes[point.node]
    if outcome is not Outcome.DIGITS:
        return None
    match node:
        case AskPin():
            return Check(Look.PIN, plan.tenant, point.value(node.line), digits)
        case ChoosePin():
            return Check(Look.NEW_PIN, plan.tenant, point.value(node.line), digits)
        case _:
            return None


def after_question(plan: Plan, node: Door, point: Point, outcome: Outcome, digits: str) -> Point:
    """`outcome` is that of the check, where there was one to make."""
    match node:
        case AskPin():
            return point.at(_after_pin(node, outcome))
        case ChoosePin():
            return point.at(_after_choice(node, outcome))
        case AskLine():
            if outcome is Outcome.DIGITS:
                return point.at(node.then)._replace(args=(*point.args, digits))
            return point.at(node.nothing if outcome is Outcome.NOTHING else node.away)
        case AskTarget():
            if outcome is not Outcome.DIGITS:
                return point.at(node.nothing if outcome is Outcome.NOTHING else node.away)
            if not (target := destination_dialled(plan, digits)):
                return point.at(node.unknown)
            return point.at(node.then)._replace(args=(*point.args[:1], target))
        case Menu():
            if outcome is Outcome.DIGITS:
                return point.at(dict(node.choices).get(digits, node.other))
            return point.at(node.nothing if outcome is Outcome.NOTHING else node.away)
        case _ as never:
            assert_never(never)


def _after_pin(node: AskPin, outcome: Outcome) -> int:
    match outcome:
        case Outcome.RIGHT:
            return node.right
        case Outcome.CHANGE:
            return node.change
        case Outcome.LOCKED:
            return node.locked
        case Outcome.WRONG | Outcome.NOTHING:
            return node.wrong
        case _:
            return node.away


def _after_choice(node: ChoosePin, outcome: Outcome) -> int:
    match outcome:
        case Outcome.RIGHT:
            return node.right
        case Outcome.WRONG | Outcome.DIFFERENT | Outcome.NOTHING:
            return node.wrong
        case _:
            return node.away

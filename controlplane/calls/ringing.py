"""Ringing: the nodes at which phones are to ring — of a line, of a group, of a forward."""

from __future__ import annotations

from controlplane.calls.call import Point
from controlplane.calls.hunt import in_order
from controlplane.calls.legs import Legs, Rung
from controlplane.calls.rung import once, told, unless_plain
from controlplane.calls.walking import Walking, setting_of
from controlplane.model.group import Strategy
from controlplane.routing.nodes import Forward, OrderMembers, RingLine, RingMembers, RingNext
from controlplane.routing.state import (
    ON,
    cli_key,
    forward_of,
    members_key,
    prefix_key,
    screen_key,
    split,
)
from controlplane.routing.steps import CallerId, Leg, Ring, Step, Terms


class Ringing(Walking):
    """Each gives the step, or the next point to look at."""

    @property
    def _legs(self) -> Legs:
        return Legs(self.plan, self.state, self.facts, self.notes)

    def _forward(self, node: Forward, point: Point) -> Point | tuple[Step, Point]:
        line = point.value(node.line)
        targets = forward_of(self.state, point.active.prefix, node.occasion)
        if not targets:
            return point.at(node.unset)
        setting = setting_of(point, f"forward/{node.occasion}")
        point = point._replace(cli=self.state.get(cli_key(line), ""))
        if len(targets) == 1:
            return self.jump(targets[0], point, setting)
        names = ", ".join(str(target) for target in targets)
        self.note(point, setting, f"{names} ring together")
        rung = (leg for target in targets for leg in self._legs.at(target, point.cli))
        return self._ring(rung, point.active.seconds, point, node.failed)

    def _ring_line(self, node: RingLine, point: Point) -> Point | tuple[Step, Point]:
        line, active = point.value(node.line), point.active
        terms = once(self._legs.of_line(line, point))
        if not terms:
            return self._nobody(point, node.offline)
        self._rings(terms, active.seconds, point)
        screen = not active.trusted and self.state.get(screen_key(active.prefix)) == ON
        if screen:
            self.note(point, setting_of(point, "screening"), "the caller is asked for a name")
        return Ring(
            tuple(terms),
            active.seconds,
            self.caller,
            unless_plain(terms),
            screen,
            line,
            active.paths,
        ), point

    def _ring_members(self, node: RingMembers, point: Point) -> Point | tuple[Step, Point]:
        group = point.value(node.group)
        members = split(self.state, members_key(group))
        rung = (leg for line in members for leg in self._legs.of_member(line, group, node.terms))
        seconds = int(point.value(node.seconds))
        return self._ring(rung, seconds, point, node.offline, self._prefixed(group))

    def _order(self, node: OrderMembers, point: Point) -> Point:
        group = point.value(node.group)
        members = split(self.state, members_key(group))
        order = in_order(node.strategy, group, members, self.facts)
        self.note(point, "strategy", f"{node.strategy}: {', '.join(order) or 'nobody'}")
        if node.strategy is Strategy.ROUND_ROBIN:
            self.turns.append(group)
        return point.at(node.then, order=order)

    def _ring_next(self, node: RingNext, point: Point) -> Point | tuple[Step, Point]:
        group, seconds = point.value(node.group), int(point.value(node.seconds))
        for index, line in enumerate(point.order):
            rung = tuple(self._legs.of_member(line, group, node.terms))
            if rung:
                left = point._replace(order=point.order[index + 1 :])
                return self._ring(rung, seconds, left, node.exhausted, self._prefixed(group))
        return point.at(node.exhausted, order=())

    def _prefixed(self, group: str) -> CallerId:
        prefix = self.state.get(prefix_key(group), "")
        name = f"{prefix} {self.caller.name}".strip()
        return self.caller._replace(name=name) if prefix else self.caller

    def _ring(
        self,
        rung: Rung | tuple[tuple[Leg, Terms], ...],
        seconds: int,
        point: Point,
        offline: int,
        caller: CallerId | None = None,
    ) -> Point | tuple[Ring, Point]:
        terms = once(rung)
        if not terms:
            return self._nobody(point, offline)
        self._rings(terms, seconds, point)
        return Ring(tuple(terms), seconds, caller or self.caller, unless_plain(terms)), point

    def _nobody(self, point: Point, offline: int) -> Point:
        self.note(point, "", "no phone to ring")
        return point.at(offline)

    def _rings(self, terms: dict[Leg, Terms], seconds: int, point: Point) -> None:
        self.notes.append(
            lambda: self.noted(
                point, setting_of(point, "ring"), f"rings {told(terms)} for {seconds} s"
            )
        )

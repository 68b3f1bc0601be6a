"""Who rings: the legs of a line, of a group's member, of the targets of a forward."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple, assert_never

from controlplane.calls.call import Note, Point, Reason
from controlplane.calls.facts import Facts
from controlplane.calls.rules import pick
from controlplane.model.destination import Destination, Kind
from controlplane.routing.nodes import LegKind, LegRef, MemberTerms, Occasion
from controlplane.routing.plan import Plan
from controlplane.routing.state import (
    ON,
    OUT,
    State,
    also_of,
    cli_key,
    dnd_key,
    forward_of,
    member_key,
    not_own_key,
    phones_of,
    prefix_of,
)
from controlplane.routing.steps import PLAIN, Leg, PhoneLeg, Terms, TrunkLeg

Rung = Iterable[tuple[Leg, Terms]]


class Legs(NamedTuple):
    """`notes` gathers why somebody is not rung."""

    plan: Plan
    state: State
    facts: Facts
    notes: list[Reason]

    def of_line(self, line: str, point: Point) -> Rung:
        """The own phones, unless the active rule leaves them out, and who rings besides."""
        prefix = point.active.prefix
        rung = [] if self.state.get(not_own_key(prefix)) == ON else self._phones(line)
        for also in also_of(self.state, prefix):
            cli = self.state.get(cli_key(line), "")
            rung += self.at(also.to, cli, Terms(also.delay, also.confirm))
        return rung

    def of_refs(self, refs: tuple[LegRef, ...], point: Point) -> Iterator[tuple[Leg, Terms]]:
        for ref in refs:
            match ref.kind:
                case LegKind.HANDSET:
                    yield PhoneLeg(point.value(ref.key)), PLAIN
                case LegKind.TRUNK:
                    trunk, number = point.value(ref.key), point.value(ref.number)
                    yield TrunkLeg(trunk, number, point.cli), PLAIN
                case _ as never:
                    assert_never(never)

    def of_member(self, line: str, group: str, terms: MemberTerms) -> Iterator[tuple[Leg, Terms]]:
        """None where the member is logged out, does not want to be rung, or just had a call."""
        address = f"{self.plan.tenant}/lines/{line}"
        if self.state.get(dnd_key(prefix_of(line, ""))) == ON:
            text = f"{line} is not rung: do not disturb is on"
            self.notes.append(Note(f"{address}/do_not_disturb", text))
            return
        if self.state.get(member_key(line, f"group/{group}")) == OUT:
            place = f"{self.plan.tenant}/groups/{group}/logged_out"
            self.notes.append(Note(place, f"{line} is not rung: it is logged out"))
            return
        known = self.facts.members.get(line)
        pause = dt.timedelta(seconds=terms.wrap_up)
        if known is not None and self.facts.at < known.ended + pause:
            self.notes.append(Note(address, f"{line} is not rung: a call ended a moment ago"))
            return
        targets = self._followed(line) if terms.follow else ()
        if targets:
            self.notes.append(Note(f"{address}/forward/always", f"{line} is rung there"))
            cli = self.state.get(cli_key(line), "")
            for target in targets:
                confirm = target.kind is Kind.EXTERNAL
                yield from self.at(target, cli, Terms(confirm=confirm))
            return
        yield from self._phones(line, Terms(idle_only=terms.idle_only))

    def at(
        self, target: Destination, cli: str, terms: Terms = PLAIN
    ) -> Iterator[tuple[Leg, Terms]]:
        """What rings at one of several targets; groups and mailboxes do not ring beside others."""
        match target.kind:
            case Kind.LINE:
                yield from self._phones(target.key, terms)
            case Kind.HANDSET:
                yield PhoneLeg(target.key), terms
            case Kind.EXTERNAL:
                if first := self.plan.first_trunk:
                    yield TrunkLeg(first, target.key, cli), terms
            case Kind.GROUP | Kind.MAILBOX:
                return
            case _ as never:
                assert_never(never)

    def _followed(self, line: str) -> tuple[Destination, ...]:
        prefix = pick(self.plan, self.state, line, self.facts.at).active.prefix
        targets = forward_of(self.state, prefix, Occasion.ALWAYS)
        return tuple(it for it in targets if it.kind not in (Kind.GROUP, Kind.MAILBOX))

    def _phones(self, line: str, terms: Terms = PLAIN) -> list[tuple[Leg, Terms]]:
        return [(PhoneLeg(phone), terms) for phone in phones_of(self.state, line)]

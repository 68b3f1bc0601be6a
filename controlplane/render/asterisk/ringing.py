"""Nodes that ring, as dialplan: who rings is gathered in CP_WHAT, whom as in CP_OUT."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from controlplane.model.group import Strategy
from controlplane.render.asterisk.elements import ACTIVE, state, value
from controlplane.routing.nodes import (
    CheckCaller,
    Forward,
    IfDoNotDisturb,
    LegKind,
    LegRef,
    MemberTerms,
    Occasion,
    PickRule,
    RingLegs,
    RingLine,
    RingMembers,
    RingNext,
    RingNode,
    Value,
    Visit,
)
from controlplane.routing.plan import Routine
from controlplane.routing.state import (
    ON,
    also_key,
    cli_key,
    dnd_key,
    forward_key,
    guard_key,
    not_own_key,
    prefix_of,
    screen_key,
)


def rings_at_last(routine: Routine) -> tuple[Visit, int, RingLine] | None:
    """Where the routine begins, and where a call rings that no setting keeps from it."""
    nodes = routine.nodes
    visit = nodes[-1]
    if not isinstance(visit, Visit):
        return None
    index = visit.then
    while True:
        match nodes[index]:
            case CheckCaller(then=index) | PickRule(then=index):
                pass
            case IfDoNotDisturb(no=index) | Forward(occasion=Occasion.ALWAYS, unset=index):
                pass
            case RingLine() as ring:
                return visit, index, ring
            case _:
                return None


def at_once(entered: str, first: int, visit: Visit, index: int, ring: RingLine) -> Iterator[str]:
    """Nearly every line does nothing but ring its phones: its keys are read in one go, and only
    if there is something else among them does the call go from node to node.

    The line is the first argument, which stands in ARG1 until the call has entered.
    """
    line = "cp/${CP_TENANT}/line/${CUT(ARG1,&,1)}"
    keys = f"CP_ANSWERING=${{DB({line}/answering)}},CP_WHAT=${{DB({line}/phones)}}"
    yield f"MSet({entered},CP_KEYS={line},{keys})"
    yield "StackPop()"
    base = prefix_of("", "")
    rare = (
        guard_key(""),
        dnd_key(base),
        forward_key(base, Occasion.ALWAYS),
        not_own_key(base),
        also_key(base),
        screen_key(base),
    )
    found = "".join(f"${{DB(${{CP_KEYS}}/{key.removeprefix('line//')})}}" for key in rare)
    plain = '${REGEX("^[0-9]+&::[0-9]+$" ${CP_ANSWERING})}'
    other = f'"${{CP_SEEN}}{found}" != "" | ${{LEN(${{CP_WHAT}})}} = 0 | {plain} = 0'
    yield f"GotoIf($[{other}]?n{first},1)"
    rule = (
        f"CP_SEEN=&{value(visit.place)}",
        f"CP_PREFIX={prefix_of(value(ring.line), '')}",
        "CP_PATHS=${CUT(CP_ANSWERING,&,1)}",
        "CP_SECONDS=${CUT(CP_ANSWERING,:,3)}",
        f"GROUP(cp-called)=${{CP_TENANT}}.{value(ring.line)}",
        _ring(index, "${CUT(CP_ANSWERING,:,3)}"),
    )
    yield f"MSet({','.join(rule)})"
    yield "Goto(cp-ring,line,ready)"


def begin_ringing(index: int, node: RingNode) -> Iterator[str]:
    match node:
        case RingLine():
            yield from _ring_line(index, node)
        case RingLegs():
            legs = "&".join(map(_leg, node.legs))
            yield f"MSet(CP_WHAT={legs},CP_OUT=${{CP_CLI}},{_ring(index, value(node.seconds))})"
            yield "Goto(cp-ring,s,ready)"
        case RingMembers():
            yield f"Gosub(cp-legs,members,1({value(node.group)},{_terms(node.terms)}))"
            yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.offline},1)'
            yield from _ring_group(index, node.group, node.seconds)
        case RingNext():
            yield f"Gosub(cp-legs,next,1({_terms(node.terms)},{value(node.group)}))"
            yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.exhausted},1)'
            yield from _ring_group(index, node.group, node.seconds)
        case _ as never:
            assert_never(never)


def _ring_line(index: int, node: RingLine) -> Iterator[str]:
    line = value(node.line)
    yield f"Gosub(cp-legs,line,1({line}))"
    yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.offline},1)'
    group = f"GROUP(cp-called)=${{CP_TENANT}}.{line}"
    yield f"MSet(CP_OUT={state(cli_key(line))},{group},{_ring(index, '${CP_SECONDS}')})"
    screen = f'"${{CP_TRUSTED}}" = "" & "{state(screen_key(ACTIVE))}" = "{ON}"'
    yield f"Goto(cp-ring,${{IF($[{screen}]?screen:line)}},ready)"


def together(index: int, node: Forward) -> Iterator[str]:
    """Several targets of a forward ring together."""
    yield "Gosub(cp-legs,targets,1(${CP_TO}))"
    yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.failed},1)'
    yield f"MSet(CP_OUT=${{CP_CLI}},{_ring(index, '${CP_SECONDS}')})"
    yield "Goto(cp-ring,s,ready)"


def _ring_group(index: int, group: Value, seconds: Value) -> Iterator[str]:
    yield f"MSet(CP_OUT=,{_ring(index, value(seconds))})"
    yield f"Gosub(cp-prefix,s,1({value(group)}))"
    yield 'Goto(cp-ring,${IF($["${CP_IDLE}" = ""]?s:idle)},ready)'


def _ring(index: int, seconds: str) -> str:
    # The name last: it is free text, if percent-encoded.
    return f"CP_NODE={index},CP_HOW={seconds},CP_SHOWN=${{CP_NAME}}"


def _leg(ref: LegRef) -> str:
    key = value(ref.key)
    match ref.kind:
        case LegKind.HANDSET:
            return f"PJSIP/${{CP_TENANT}}.{key}"
        case LegKind.TRUNK:
            return f"PJSIP/{value(ref.number)}@trunk.${{CP_TENANT}}.{key}"
        case _ as never:
            assert_never(never)


def _terms(terms: MemberTerms) -> str:
    """The time since a member's last call is known to the controller only."""
    return f"{ON if terms.idle_only else ''},{ON if terms.follow else ''}"


def order_of(strategy: Strategy) -> str:
    match strategy:
        case Strategy.LINEAR | Strategy.RING_ALL:
            return "linear"
        case Strategy.RANDOM:
            return "random"
        case Strategy.ROUND_ROBIN | Strategy.LONGEST_IDLE | Strategy.FEWEST_CALLS:
            # Who was called when is known to the controller only: they take turns.
            return "turns"
        case _ as never:
            assert_never(never)

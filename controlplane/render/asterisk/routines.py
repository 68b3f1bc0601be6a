"""Routines as dialplan: a context each, `n<i>` where node i begins, `a<i>` after its step.

What a node does in the dialplan is what `controlplane.calls.walk` does with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from controlplane.render.asterisk.escape import word
from controlplane.render.asterisk.history import ENDED_CONTEXT
from controlplane.render.asterisk.names import routine_context
from controlplane.render.asterisk.record import GREETINGS, SOUNDS
from controlplane.routing.plan import (
    Announce,
    Arg,
    Forward,
    IfDoNotDisturb,
    Jump,
    LeaveMessage,
    LegKind,
    LegRef,
    Node,
    Release,
    RingLegs,
    Routine,
    Value,
    Visit,
)
from controlplane.routing.state import ON, cli_key, dnd_key, forward_key


def routine_dialplan(routine: Routine) -> str:
    """Entered by `Gosub(cp-r-<name>,s,1(<arguments>))`, which never returns."""
    lines = [
        f"[{routine_context(routine.name)}]",
        f"include => {ENDED_CONTEXT}",
        *extension(
            "s",
            f"MSet(CP_ROUTINE={word(routine.name)},CP_ARGS=${{ARG1}})",
            "StackPop()",
            f"Goto(n{len(routine.nodes) - 1},1)",
        ),
    ]
    for index, node in enumerate(routine.nodes):
        lines += extension(f"n{index}", *_begin(index, node))
        if isinstance(node, Forward):
            lines += extension(f"t{index}", *_together(index, node))
        if after := tuple(_after(node)):
            lines += extension(f"a{index}", *after)
    return "\n".join(lines) + "\n"


def extension(name: str, first: str, *others: str) -> Iterator[str]:
    yield f"exten => {name},1,{first}"
    for application in others:
        yield f" same => n,{application}"


def _begin(index: int, node: Node) -> Iterator[str]:
    """The applications that come to the node's step, or go on to another node."""
    match node:
        case Visit():
            place = _value(node.place)
            yield f'GotoIf($["${{CP_SEEN}}&" =~ "&{place}&"]?n{node.again},1)'
            yield f"Set(CP_SEEN=${{CP_SEEN}}&{place})"
            yield f"Goto(n{node.then},1)"
        case IfDoNotDisturb():
            on = _state(dnd_key(_value(node.line)))
            yield f'GotoIf($["{on}" = "{ON}"]?n{node.yes},1:n{node.no},1)'
        case Forward():
            line = _value(node.line)
            targets = _state(forward_key(line, node.occasion))
            yield f'GotoIf($["{targets}" = ""]?n{node.unset},1)'
            yield f"MSet(CP_TO={targets},CP_CLI={_state(cli_key(line))})"
            yield f"GotoIf($[${{FIELDQTY(CP_TO,&)}} > 1]?t{index},1)"
            yield "Gosub(cp-jump,s,1(${CP_TO}))"
        case RingLegs():
            yield from _legs(node.legs)
            yield f'GotoIf($["${{CP_WHAT}}" = ""]?n{node.offline},1)'
            yield _ring(index, node.seconds)
            if node.group:
                yield f"Gosub(cp-prefix,s,1({_value(node.group)}))"
            yield "Goto(cp-ring,s,ready)"
        case LeaveMessage():
            what, how = _value(node.mailbox), GREETINGS[node.greeting]
            yield f"MSet(CP_NODE={index},CP_WHAT={what},CP_HOW={how})"
            yield "Goto(cp-voicemail,s,ready)"
        case Announce():
            yield f"MSet(CP_NODE={index},CP_WHAT={SOUNDS[node.prompt]})"
            yield "Goto(cp-play,s,ready)"
        case Jump():
            yield f"Gosub(cp-jump,s,1({_value(node.to)}))"
        case Release():
            yield f"Goto(cp-hangup,{node.cause.value},1)"
        case _ as never:
            assert_never(never)


def _after(node: Node) -> Iterator[str]:
    """Where the call goes with CP_OUTCOME; nothing for a node that is no step."""
    match node:
        case RingLegs():
            yield f'GotoIf($["${{CP_OUTCOME}}" = "busy"]?n{node.busy},1)'
            yield f'GotoIf($["${{CP_OUTCOME}}" = "offline"]?n{node.offline},1)'
            yield f"Goto(n{node.no_answer},1)"
        case Forward():
            yield f"Goto(n{node.failed},1)"
        case LeaveMessage():
            yield 'GotoIf($["${CP_OUTCOME}" = "operator"]?cp-operator,s,1)'
            yield f"Goto(n{node.then},1)"
        case Announce():
            yield f"Goto(n{node.then},1)"
        case Visit() | IfDoNotDisturb() | Jump() | Release():
            return
        case _ as never:
            assert_never(never)


def _together(index: int, node: Forward) -> Iterator[str]:
    """Several targets of a forward ring together."""
    yield "Set(CP_WHAT=)"
    yield "Gosub(cp-legs,targets,1)"
    yield f'GotoIf($["${{CP_WHAT}}" = ""]?n{node.failed},1)'
    yield _ring(index, node.seconds)
    yield "Goto(cp-ring,s,ready)"


def _legs(legs: tuple[LegRef, ...]) -> Iterator[str]:
    yield "Set(CP_WHAT=)"
    for ref in legs:
        key = _value(ref.key)
        match ref.kind:
            case LegKind.LINE | LegKind.MEMBER | LegKind.HANDSET:
                yield f"Gosub(cp-legs,{ref.kind.value},1({key}))"
            case LegKind.TRUNK:
                yield f"Gosub(cp-legs,trunk,1({key},{_value(ref.number)}))"
            case _ as never:
                assert_never(never)


def _ring(index: int, seconds: Value) -> str:
    # The name last: it is free text, if percent-encoded.
    return f"MSet(CP_NODE={index},CP_HOW={_value(seconds)},CP_SHOWN=${{CP_NAME}})"


def _value(value: Value) -> str:
    """The value, or the dialplan expression that yields it."""
    return f"${{CUT(CP_ARGS,&,{value.index + 1})}}" if isinstance(value, Arg) else word(value)


def _state(key: str) -> str:
    return f"${{DB(cp/${{CP_TENANT}}/{key})}}"

"""Routines as dialplan: a context each, `n<i>` where node i begins, `a<i>` after its step.

What a node does in the dialplan is what `controlplane.calls.walk` does with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from controlplane.render.freeswitch.elements import (
    action,
    always,
    context,
    either,
    extension,
    set_now,
    transfer,
    when,
)
from controlplane.render.freeswitch.escape import word
from controlplane.render.freeswitch.names import CALLS, REALM, routine_context
from controlplane.render.freeswitch.record import hangup_extension
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
from controlplane.routing.state import ON, cli_key, dnd_key, forward_key, phones_key, prefix_key

_EMPTY = "^$"


def routine_dialplan(routine: Routine) -> str:
    """Entered at its last node by whoever set cp_routine and cp_args."""
    here = routine_context(routine.name)
    extensions: list[str] = []
    for index, node in enumerate(routine.nodes):
        extensions.append(extension(f"n{index}", *_begin(here, index, node)))
        if isinstance(node, Forward):
            extensions.append(extension(f"t{index}", *_together(here, index, node)))
        if after := tuple(_after(here, node)):
            extensions.append(extension(f"a{index}", *after))
    return context(here, extensions)


def _begin(here: str, index: int, node: Node) -> Iterator[str]:
    """The conditions that come to the node's step, or go on to another node."""
    match node:
        case Visit():
            place = _value(node.place)
            yield when("${cp_seen}&", f"&{place}&", transfer(f"n{node.again}", here))
            yield always(set_now(f"cp_seen=${{cp_seen}}&{place}"), transfer(f"n{node.then}", here))
        case IfDoNotDisturb():
            on = _state(dnd_key(_value(node.line)))
            yield when(on, f"^{ON}$", transfer(f"n{node.yes}", here))
            yield always(transfer(f"n{node.no}", here))
        case Forward():
            yield from _forward(here, index, node)
        case RingLegs():
            yield from _ring_legs(here, index, node)
        case LeaveMessage():
            data = f"cp_what={_value(node.mailbox)} cp_how={node.greeting.value} cp_node={index}"
            yield always(action("multiset", data, inline=True), transfer("voicemail", CALLS))
        case Announce():
            data = f"cp_what={node.prompt.value} cp_node={index}"
            yield always(action("multiset", data, inline=True), transfer("play", CALLS))
        case Jump():
            yield always(set_now(f"cp_to={_value(node.to)}"), transfer("jump", CALLS))
        case Release():
            yield always(transfer(hangup_extension(node.cause), CALLS))
        case _ as never:
            assert_never(never)


def _forward(here: str, index: int, node: Forward) -> Iterator[str]:
    line = _value(node.line)
    yield always(set_now(f"cp_to={_state(forward_key(line, node.occasion))}"))
    yield when("${cp_to}", _EMPTY, transfer(f"n{node.unset}", here))
    yield always(set_now(f"cp_cli={_state(cli_key(line))}"))
    together = f"cp_what= cp_out= cp_rest=${{cp_to}} cp_shown=${{cp_name}} cp_then=t{index}"
    several = action("multiset", together, inline=True)
    yield when("${cp_to}", "&", several, transfer("targets", CALLS))
    yield always(transfer("jump", CALLS))


def _together(here: str, index: int, node: Forward) -> Iterator[str]:
    """Several targets of a forward ring together."""
    yield when("${cp_what}${cp_out}", _EMPTY, transfer(f"n{node.failed}", here))
    yield from _ring(index, node.seconds)


def _ring_legs(here: str, index: int, node: RingLegs) -> Iterator[str]:
    yield always(action("multiset", "cp_what= cp_out= cp_shown=${cp_name}", inline=True))
    for ref in dict.fromkeys(node.legs):
        yield _leg(ref)
    yield when("${cp_what}${cp_out}", _EMPTY, transfer(f"n{node.offline}", here))
    if node.group:
        yield always(set_now(f"cp_prefix={_state(prefix_key(_value(node.group)))}"))
        yield either("${cp_prefix}", "^.", set_now("cp_shown=${cp_prefix}%20${cp_name}"))
        yield either("${cp_name}", _EMPTY, set_now("cp_shown=${cp_prefix}"))
    yield from _ring(index, node.seconds)


def _after(here: str, node: Node) -> Iterator[str]:
    """Where the call goes with cp_outcome; nothing for a node that is no step."""
    match node:
        case RingLegs():
            yield when("${cp_outcome}", "^busy$", transfer(f"n{node.busy}", here))
            yield when("${cp_outcome}", "^offline$", transfer(f"n{node.offline}", here))
            yield always(transfer(f"n{node.no_answer}", here))
        case Forward():
            yield always(transfer(f"n{node.failed}", here))
        case LeaveMessage():
            yield when("${cp_outcome}", "^operator$", transfer("to-operator", CALLS))
            yield always(transfer(f"n{node.then}", here))
        case Announce():
            yield always(transfer(f"n{node.then}", here))
        case Visit() | IfDoNotDisturb() | Jump() | Release():
            return
        case _ as never:
            assert_never(never)


def _leg(ref: LegRef) -> str:
    """Adds to cp_what or cp_out; lines have no phone in common."""
    key = _value(ref.key)
    match ref.kind:
        case LegKind.LINE:
            return always(set_now(f"cp_what={_state(phones_key(key))}"))
        case LegKind.MEMBER:
            phones = f"cp_more={_state(phones_key(key))}"
            on = _state(dnd_key(key))
            return "".join(
                (
                    either(on, f"^{ON}$", set_now("cp_more="), set_now(phones, unless=True)),
                    either("${cp_more}", "^.", set_now("cp_what=${cp_what}&${cp_more}")),
                )
            )
        case LegKind.HANDSET:
            return always(set_now(f"cp_what={key}"))
        case LegKind.TRUNK:
            return always(set_now(f"cp_out={key}/{_value(ref.number)}"))
        case _ as never:
            assert_never(never)


def _ring(index: int, seconds: Value) -> Iterator[str]:
    data = f"cp_how={_value(seconds)} cp_node={index}"
    yield always(action("multiset", data, inline=True), transfer("ring", CALLS))


def _value(value: Value) -> str:
    """The value, or the dialplan expression that yields it."""
    return f"${{cp_args[{value.index}]}}" if isinstance(value, Arg) else word(value)


def _state(key: str) -> str:
    return f"${{db(select/{REALM}/${{cp_tenant}}.{key.replace('/', '.')})}}"

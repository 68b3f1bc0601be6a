"""Routines as dialplan: a context each, `n<i>` where node i begins, `a<i>` after its step.

What a node does in the dialplan is what `controlplane.calls.walk` does with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from controlplane.render.asterisk.dialled import begin_dialled
from controlplane.render.asterisk.elements import ACTIVE, extension, state, value
from controlplane.render.asterisk.escape import word
from controlplane.render.asterisk.history import ENDED_CONTEXT
from controlplane.render.asterisk.names import routine_context
from controlplane.render.asterisk.record import GREETINGS, SOUNDS
from controlplane.render.asterisk.ringing import (
    at_once,
    begin_ringing,
    order_of,
    rings_at_last,
    together,
)
from controlplane.routing.features import code_place
from controlplane.routing.nodes import (
    Announce,
    AskCode,
    AskLine,
    AskPin,
    AskTarget,
    BindHandset,
    CallBack,
    CheckCaller,
    ChoosePin,
    FlipMember,
    FlipOwn,
    Forward,
    FreeHandset,
    IfDoNotDisturb,
    Jump,
    LeaveMessage,
    Menu,
    Node,
    OpenBox,
    OrderMembers,
    PickRule,
    PickUpCall,
    Release,
    RingLegs,
    RingLine,
    RingMembers,
    RingNext,
    TakeOwn,
    Visit,
)
from controlplane.routing.plan import MOST_PLACES, Routine
from controlplane.routing.state import (
    ON,
    Verdict,
    cli_key,
    dnd_key,
    forward_key,
    guard_key,
    prefix_of,
)


def routine_dialplan(routine: Routine) -> str:
    """Entered by `Gosub(cp-r-<name>,s,1(<arguments>))`, which never returns."""
    first = len(routine.nodes) - 1
    entered = f"CP_ROUTINE={word(routine.name)},CP_TRUSTED=,CP_ORDER=,CP_ARGS=${{ARG1}}"
    lines = [f"[{routine_context(routine.name)}]", f"include => {ENDED_CONTEXT}"]
    if (ring := rings_at_last(routine)) is None:
        lines += extension("s", f"MSet({entered})", "StackPop()", f"Goto(n{first},1)")
    else:
        lines += extension("s", *at_once(entered, first, *ring))
    for index, node in enumerate(routine.nodes):
        lines += extension(f"n{index}", *_begin(index, node))
        if isinstance(node, Forward):
            lines += extension(f"t{index}", *together(index, node))
        if after := tuple(_after(index, node)):
            lines += extension(f"a{index}", *after)
    return "\n".join(lines) + "\n"


def _begin(index: int, node: Node) -> Iterator[str]:
    """The applications that come to the node's step, or go on to another node."""
    match node:
        case Visit():
            yield from _visit(node)
        case CheckCaller():
            yield from _check_caller(node)
        case PickRule():
            yield f"Gosub(cp-rule,s,1({value(node.line)}))"
            yield f"Goto(n{node.then},1)"
        case IfDoNotDisturb():
            yield f'GotoIf($["${{CP_TRUSTED}}" = "{ON}"]?n{node.no},1)'
            own = state(dnd_key(prefix_of(value(node.line), "")))
            on = f'"{own}" = "{ON}" | "{state(dnd_key(ACTIVE))}" = "{ON}"'
            yield f"GotoIf($[{on}]?n{node.yes},1:n{node.no},1)"
        case Forward():
            targets = state(forward_key(ACTIVE, node.occasion))
            yield f'GotoIf($["{targets}" = ""]?n{node.unset},1)'
            yield f"MSet(CP_TO={targets},CP_CLI={state(cli_key(value(node.line)))})"
            yield f"GotoIf($[${{FIELDQTY(CP_TO,&)}} > 1]?t{index},1)"
            yield "Gosub(cp-jump,s,1(${CP_TO}))"
        case RingLine() | RingLegs() | RingMembers() | RingNext():
            yield from begin_ringing(index, node)
        case OrderMembers():
            yield f"Gosub(cp-order,{order_of(node.strategy)},1({value(node.group)}))"
            yield f"Goto(n{node.then},1)"
        case FlipOwn() | FlipMember() | PickUpCall() | CallBack() | FreeHandset():
            yield from begin_dialled(index, node)
        case LeaveMessage():
            what, how = value(node.mailbox), GREETINGS[node.greeting]
            yield f"MSet(CP_NODE={index},CP_WHAT={what},CP_HOW={how},CP_SHOWN=${{CP_NAME}})"
            yield "Goto(cp-voicemail,s,ready)"
        case Announce():
            yield f"MSet(CP_NODE={index},CP_WHAT={SOUNDS[node.prompt]})"
            yield "Goto(cp-play,s,ready)"
        case TakeOwn():
            yield f"Goto(n{node.then},1)"
        case AskPin() | ChoosePin() | AskLine() | AskTarget() | Menu() | OpenBox() | BindHandset():
            # Nobody is there who looks at PINs.
            yield f"Goto(n{node.away},1)"
        case AskCode():
            yield f"Set(CP_NODE={index})"
            yield "Goto(cp-authorise,s,ready)"
        case Jump():
            yield f"Gosub(cp-jump,s,1({value(node.to)}))"
        case Release():
            yield f"Goto(cp-hangup,{node.cause.value},1)"
        case _ as never:
            assert_never(never)


def _after(index: int, node: Node) -> Iterator[str]:
    """Where the call goes with CP_OUTCOME; nothing for a node that is no step."""
    match node:
        case RingLine() | RingLegs() | RingMembers():
            yield f'GotoIf($["${{CP_OUTCOME}}" = "busy"]?n{node.busy},1)'
            yield f'GotoIf($["${{CP_OUTCOME}}" = "offline"]?n{node.offline},1)'
            yield f"Goto(n{node.no_answer},1)"
        case RingNext():
            yield f"Goto(n{index},1)"
        case Forward():
            yield f"Goto(n{node.failed},1)"
        case LeaveMessage():
            yield 'GotoIf($["${CP_OUTCOME}" = "operator"]?cp-operator,s,1)'
            yield f"Goto(n{node.then},1)"
        case FlipOwn() | FlipMember() | FreeHandset() | Announce() | OpenBox():
            yield f"Goto(n{node.then},1)"
        case AskPin() | ChoosePin() | AskLine() | AskTarget() | Menu():
            yield f"Goto(n{node.away},1)"
        case PickUpCall():
            yield f"Goto(n{node.nothing},1)"
        case CallBack():
            # Looked up once more.
            yield f"Goto(n{index},1)"
        case AskCode():
            yield f'GotoIf($["${{CP_OUTCOME}}" != "right"]?n{node.wrong},1)'
            yield f"Set(CP_SEEN=${{CP_SEEN}}&{code_place('${CP_CODE}')})"
            yield f"Goto(n{node.right},1)"
        case (
            Visit()
            | CheckCaller()
            | PickRule()
            | IfDoNotDisturb()
            | OrderMembers()
            | TakeOwn()
            | BindHandset()
            | Jump()
            | Release()
        ):
            return
        case _ as never:
            assert_never(never)


def _visit(node: Visit) -> Iterator[str]:
    place = value(node.place)
    been = f'"${{CP_SEEN}}&" =~ "&{place}&"'
    # The list begins with a separator.
    many = f"${{FIELDQTY(CP_SEEN,&)}} > {MOST_PLACES}"
    yield f"GotoIf($[{been} | {many}]?n{node.again},1)"
    yield f"Set(CP_SEEN=${{CP_SEEN}}&{place})"
    yield f"Goto(n{node.then},1)"


def _check_caller(node: CheckCaller) -> Iterator[str]:
    guard = state(guard_key(value(node.line)))
    yield f'GotoIf($["{guard}" = ""]?n{node.then},1)'
    yield f"Gosub(cp-guard,s,1({guard}))"
    yield f'GotoIf($["${{GOSUB_RETVAL}}" = "{Verdict.FAST_BUSY}"]?n{node.fast_busy},1)'
    yield f'GotoIf($["${{GOSUB_RETVAL}}" = "{Verdict.MESSAGE}"]?n{node.message},1)'
    yield f'Set(CP_TRUSTED=${{IF($["${{GOSUB_RETVAL}}" = "{Verdict.ALLOW}"]?{ON})}})'
    yield f"Goto(n{node.then},1)"

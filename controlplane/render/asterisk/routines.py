"""Routines as dialplan: a context each, `n<i>` where node i begins, `a<i>` after its step.

What a node does in the dialplan is what `controlplane.calls.walk` does with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from controlplane.model.group import Strategy
from controlplane.render.asterisk.escape import word
from controlplane.render.asterisk.history import ENDED_CONTEXT
from controlplane.render.asterisk.names import routine_context
from controlplane.render.asterisk.record import GREETINGS, SOUNDS
from controlplane.routing.features import code_place, flip_place, is_forward, own_key
from controlplane.routing.hotdesk import logout_place
from controlplane.routing.nodes import (
    Announce,
    Arg,
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
    LegKind,
    LegRef,
    MemberTerms,
    Menu,
    Node,
    Occasion,
    OpenBox,
    OrderMembers,
    Own,
    PickRule,
    PickUpCall,
    Release,
    RingLegs,
    RingLine,
    RingMembers,
    RingNext,
    TakeOwn,
    Value,
    Visit,
)
from controlplane.routing.plan import MOST_PLACES, Routine
from controlplane.routing.state import (
    IN,
    ON,
    OUT,
    Verdict,
    also_key,
    cli_key,
    coded_key,
    dnd_key,
    forward_key,
    guard_key,
    member_key,
    members_key,
    no_waiting_key,
    not_own_key,
    own_line_key,
    prefix_of,
    screen_key,
    serves_key,
)

_PREFIX = "${CP_PREFIX}"
"""What the keys of the active rule begin with."""


def routine_dialplan(routine: Routine) -> str:
    """Entered by `Gosub(cp-r-<name>,s,1(<arguments>))`, which never returns."""
    first = len(routine.nodes) - 1
    entered = f"CP_ROUTINE={word(routine.name)},CP_TRUSTED=,CP_ORDER=,CP_ARGS=${{ARG1}}"
    lines = [f"[{routine_context(routine.name)}]", f"include => {ENDED_CONTEXT}"]
    if (ring := _rings_at_last(routine)) is None:
        lines += extension("s", f"MSet({entered})", "StackPop()", f"Goto(n{first},1)")
    else:
        lines += extension("s", *_at_once(entered, first, *ring))
    for index, node in enumerate(routine.nodes):
        lines += extension(f"n{index}", *_begin(index, node))
        if isinstance(node, Forward):
            lines += extension(f"t{index}", *_together(index, node))
        if after := tuple(_after(index, node)):
            lines += extension(f"a{index}", *after)
    return "\n".join(lines) + "\n"


def _rings_at_last(routine: Routine) -> tuple[Visit, int, RingLine] | None:
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


def _at_once(entered: str, first: int, visit: Visit, index: int, ring: RingLine) -> Iterator[str]:
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
        f"CP_SEEN=&{_value(visit.place)}",
        f"CP_PREFIX={prefix_of(_value(ring.line), '')}",
        "CP_PATHS=${CUT(CP_ANSWERING,&,1)}",
        "CP_SECONDS=${CUT(CP_ANSWERING,:,3)}",
        f"GROUP(cp-called)=${{CP_TENANT}}.{_value(ring.line)}",
        _ring(index, "${CUT(CP_ANSWERING,:,3)}"),
    )
    yield f"MSet({','.join(rule)})"
    yield "Goto(cp-ring,line,ready)"


def extension(name: str, first: str, *others: str) -> Iterator[str]:
    yield f"exten => {name},1,{first}"
    for application in others:
        yield f" same => n,{application}"


def _begin(index: int, node: Node) -> Iterator[str]:
    """The applications that come to the node's step, or go on to another node."""
    match node:
        case Visit():
            yield from _visit(node)
        case CheckCaller():
            yield from _check_caller(node)
        case PickRule():
            yield f"Gosub(cp-rule,s,1({_value(node.line)}))"
            yield f"Goto(n{node.then},1)"
        case IfDoNotDisturb():
            yield f'GotoIf($["${{CP_TRUSTED}}" = "{ON}"]?n{node.no},1)'
            own = _state(dnd_key(prefix_of(_value(node.line), "")))
            on = f'"{own}" = "{ON}" | "{_state(dnd_key(_PREFIX))}" = "{ON}"'
            yield f"GotoIf($[{on}]?n{node.yes},1:n{node.no},1)"
        case Forward():
            targets = _state(forward_key(_PREFIX, node.occasion))
            yield f'GotoIf($["{targets}" = ""]?n{node.unset},1)'
            yield f"MSet(CP_TO={targets},CP_CLI={_state(cli_key(_value(node.line)))})"
            yield f"GotoIf($[${{FIELDQTY(CP_TO,&)}} > 1]?t{index},1)"
            yield "Gosub(cp-jump,s,1(${CP_TO}))"
        case RingLine():
            yield from _ring_line(index, node)
        case RingLegs():
            legs = "&".join(map(_leg, node.legs))
            yield f"MSet(CP_WHAT={legs},CP_OUT=${{CP_CLI}},{_ring(index, _value(node.seconds))})"
            yield "Goto(cp-ring,s,ready)"
        case RingMembers():
            yield f"Gosub(cp-legs,members,1({_value(node.group)},{_terms(node.terms)}))"
            yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.offline},1)'
            yield from _ring_group(index, node.group, node.seconds)
        case OrderMembers():
            yield f"Gosub(cp-order,{_order(node.strategy)},1({_value(node.group)}))"
            yield f"Goto(n{node.then},1)"
        case RingNext():
            yield f"Gosub(cp-legs,next,1({_terms(node.terms)},{_value(node.group)}))"
            yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.exhausted},1)'
            yield from _ring_group(index, node.group, node.seconds)
        case FlipOwn():
            yield from _flip(index, node)
        case FlipMember():
            yield from _flip_member(index, node)
        case PickUpCall():
            yield from _pick_up(index, node)
        case CallBack():
            yield "Set(CP_WHAT=${CP_NUMBER})"
            yield "Gosub(cp-last,look,1)"
            yield f'GotoIf($["${{CP_OUTCOME}}" = "nothing"]?n{node.nobody},1)'
            yield f'GotoIf($["${{CP_OUTCOME}}" = "withheld"]?n{node.unknown},1)'
            yield "Goto(cp-last,back,1)"
        case FreeHandset():
            yield from _free(index, node)
        case LeaveMessage():
            what, how = _value(node.mailbox), GREETINGS[node.greeting]
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
            yield f"Gosub(cp-jump,s,1({_value(node.to)}))"
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
    place = _value(node.place)
    been = f'"${{CP_SEEN}}&" =~ "&{place}&"'
    # The list begins with a separator.
    many = f"${{FIELDQTY(CP_SEEN,&)}} > {MOST_PLACES}"
    yield f"GotoIf($[{been} | {many}]?n{node.again},1)"
    yield f"Set(CP_SEEN=${{CP_SEEN}}&{place})"
    yield f"Goto(n{node.then},1)"


def _check_caller(node: CheckCaller) -> Iterator[str]:
    guard = _state(guard_key(_value(node.line)))
    yield f'GotoIf($["{guard}" = ""]?n{node.then},1)'
    yield f"Gosub(cp-guard,s,1({guard}))"
    yield f'GotoIf($["${{GOSUB_RETVAL}}" = "{Verdict.FAST_BUSY}"]?n{node.fast_busy},1)'
    yield f'GotoIf($["${{GOSUB_RETVAL}}" = "{Verdict.MESSAGE}"]?n{node.message},1)'
    yield f'Set(CP_TRUSTED=${{IF($["${{GOSUB_RETVAL}}" = "{Verdict.ALLOW}"]?{ON})}})'
    yield f"Goto(n{node.then},1)"


def _flip(index: int, node: FlipOwn) -> Iterator[str]:
    line = "${CP_NUMBER}" if node.line is None else _value(node.line)
    value = _value(node.value)
    if is_forward(node.own) and value:
        barred = [f'"{_state(coded_key(line))}" = "{ON}"', f'"{value}" = "line/{line}"']
        if node.own is Own.FORWARD_BUSY:
            barred.append(f'"{_state(no_waiting_key(line))}" = ""')
        yield f"GotoIf($[{' | '.join(barred)}]?n{node.refused},1)"
    yield from _write(index, own_key(node.own, line), value)


def _flip_member(index: int, node: FlipMember) -> Iterator[str]:
    key = member_key("${CP_NUMBER}", _value(node.group))
    yield f'GotoIf($["{_state(key)}" = ""]?n{node.refused},1)'
    yield from _write(index, key, IN if node.on else OUT)


def _pick_up(index: int, node: PickUpCall) -> Iterator[str]:
    if node.of is None:
        yield f"MSet(CP_NODE={index},CP_WHAT=)"
        yield "Goto(cp-pickup,s,ready)"
        return
    line, group = '"${CP_TO:0:5}" = "line/"', '"${CP_TO:0:6}" = "group/"'
    members = _state(f"${{CP_TO}}/{members_key('').rpartition('/')[2]}")
    yield f"MSet(CP_NODE={index},CP_TO={_value(node.of)})"
    yield f"GotoIf($[{line} | {group}]?:n{node.refused},1)"
    yield f"Set(CP_WHAT=${{IF($[{line}]?${{CP_TO:5}}:{members})}})"
    yield f'GotoIf($["${{CP_WHAT}}" = ""]?n{node.nothing},1)'
    yield "Goto(cp-pickup,s,ready)"


def _free(index: int, node: FreeHandset) -> Iterator[str]:
    handset, line = _value(node.handset), "${CP_HOW}"
    yield f"MSet(CP_NODE={index},CP_WHAT={handset},CP_HOW={_state(serves_key(handset))})"
    own = _state(own_line_key(handset))
    yield f'GotoIf($["{line}" = "" | "{line}" = "{own}"]?n{node.refused},1)'
    yield f"Set(CP_SEEN=${{CP_SEEN}}&{logout_place(line, handset)})"
    yield "Goto(cp-logout,s,ready)"


def _write(index: int, key: str, value: str) -> Iterator[str]:
    yield f"MSet(CP_NODE={index},CP_WHAT={key},CP_HOW={value})"
    yield f"Set(CP_SEEN=${{CP_SEEN}}&{flip_place(key, value)})"
    yield "Goto(cp-flip,s,ready)"


def _ring_line(index: int, node: RingLine) -> Iterator[str]:
    line = _value(node.line)
    yield f"Gosub(cp-legs,line,1({line}))"
    yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.offline},1)'
    group = f"GROUP(cp-called)=${{CP_TENANT}}.{line}"
    yield f"MSet(CP_OUT={_state(cli_key(line))},{group},{_ring(index, '${CP_SECONDS}')})"
    screen = f'"${{CP_TRUSTED}}" = "" & "{_state(screen_key(_PREFIX))}" = "{ON}"'
    yield f"Goto(cp-ring,${{IF($[{screen}]?screen:line)}},ready)"


def _together(index: int, node: Forward) -> Iterator[str]:
    """Several targets of a forward ring together."""
    yield "Gosub(cp-legs,targets,1(${CP_TO}))"
    yield f'GotoIf($["${{CP_RUNG}}" = ""]?n{node.failed},1)'
    yield f"MSet(CP_OUT=${{CP_CLI}},{_ring(index, '${CP_SECONDS}')})"
    yield "Goto(cp-ring,s,ready)"


def _ring_group(index: int, group: Value, seconds: Value) -> Iterator[str]:
    yield f"MSet(CP_OUT=,{_ring(index, _value(seconds))})"
    yield f"Gosub(cp-prefix,s,1({_value(group)}))"
    yield 'Goto(cp-ring,${IF($["${CP_IDLE}" = ""]?s:idle)},ready)'


def _ring(index: int, seconds: str) -> str:
    # The name last: it is free text, if percent-encoded.
    return f"CP_NODE={index},CP_HOW={seconds},CP_SHOWN=${{CP_NAME}}"


def _leg(ref: LegRef) -> str:
    key = _value(ref.key)
    match ref.kind:
        case LegKind.HANDSET:
            return f"PJSIP/${{CP_TENANT}}.{key}"
        case LegKind.TRUNK:
            return f"PJSIP/{_value(ref.number)}@trunk.${{CP_TENANT}}.{key}"
        case _ as never:
            assert_never(never)


def _terms(terms: MemberTerms) -> str:
    """The time since a member's last call is known to the controller only."""
    return f"{ON if terms.idle_only else ''},{ON if terms.follow else ''}"


def _order(strategy: Strategy) -> str:
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


def _value(value: Value) -> str:
    """The value, or the dialplan expression that yields it."""
    return f"${{CUT(CP_ARGS,&,{value.index + 1})}}" if isinstance(value, Arg) else word(value)


def _state(key: str) -> str:
    return f"${{DB(cp/${{CP_TENANT}}/{key})}}"

"""What a dialled code does, as dialplan: flips, picks up, calls back, frees a handset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from controlplane.render.asterisk.elements import state, value
from controlplane.routing.features import flip_place, is_forward, own_key
from controlplane.routing.hotdesk import logout_place
from controlplane.routing.nodes import (
    CallBack,
    CodeNode,
    FlipMember,
    FlipOwn,
    FreeHandset,
    Own,
    PickUpCall,
)
from controlplane.routing.state import (
    IN,
    ON,
    OUT,
    coded_key,
    member_key,
    members_key,
    no_waiting_key,
    own_line_key,
    serves_key,
)


def begin_dialled(index: int, node: CodeNode) -> Iterator[str]:
    match node:
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
        case _ as never:
            assert_never(never)


def _flip(index: int, node: FlipOwn) -> Iterator[str]:
    line = "${CP_NUMBER}" if node.line is None else value(node.line)
    new = value(node.value)
    if is_forward(node.own) and new:
        barred = [f'"{state(coded_key(line))}" = "{ON}"', f'"{new}" = "line/{line}"']
        if node.own is Own.FORWARD_BUSY:
            barred.append(f'"{state(no_waiting_key(line))}" = ""')
        yield f"GotoIf($[{' | '.join(barred)}]?n{node.refused},1)"
    yield from _write(index, own_key(node.own, line), new)


def _flip_member(index: int, node: FlipMember) -> Iterator[str]:
    key = member_key("${CP_NUMBER}", value(node.group))
    yield f'GotoIf($["{state(key)}" = ""]?n{node.refused},1)'
    yield from _write(index, key, IN if node.on else OUT)


def _pick_up(index: int, node: PickUpCall) -> Iterator[str]:
    if node.of is None:
        yield f"MSet(CP_NODE={index},CP_WHAT=)"
        yield "Goto(cp-pickup,s,ready)"
        return
    line, group = '"${CP_TO:0:5}" = "line/"', '"${CP_TO:0:6}" = "group/"'
    members = state(f"${{CP_TO}}/{members_key('').rpartition('/')[2]}")
    yield f"MSet(CP_NODE={index},CP_TO={value(node.of)})"
    yield f"GotoIf($[{line} | {group}]?:n{node.refused},1)"
    yield f"Set(CP_WHAT=${{IF($[{line}]?${{CP_TO:5}}:{members})}})"
    yield f'GotoIf($["${{CP_WHAT}}" = ""]?n{node.nothing},1)'
    yield "Goto(cp-pickup,s,ready)"


def _free(index: int, node: FreeHandset) -> Iterator[str]:
    handset, line = value(node.handset), "${CP_HOW}"
    yield f"MSet(CP_NODE={index},CP_WHAT={handset},CP_HOW={state(serves_key(handset))})"
    own = state(own_line_key(handset))
    yield f'GotoIf($["{line}" = "" | "{line}" = "{own}"]?n{node.refused},1)'
    yield f"Set(CP_SEEN=${{CP_SEEN}}&{logout_place(line, handset)})"
    yield "Goto(cp-logout,s,ready)"


def _write(index: int, key: str, new: str) -> Iterator[str]:
    yield f"MSet(CP_NODE={index},CP_WHAT={key},CP_HOW={new})"
    yield f"Set(CP_SEEN=${{CP_SEEN}}&{flip_place(key, new)})"
    yield "Goto(cp-flip,s,ready)"

"""What a dialled code does, as dialplan: flips, picks up, calls back, frees a handset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from controlplane.render.freeswitch.elements import (
    EMPTY,
    always,
    either,
    in_parts,
    only,
    otherwise,
    set_all,
    set_now,
    state,
    to_node,
    transfer,
    value,
    when,
)
from controlplane.render.freeswitch.names import CALLS, LAST_CALLERS
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
    cli_key,
    coded_key,
    member_key,
    members_key,
    no_waiting_key,
    own_line_key,
    serves_key,
)


def begin_dialled(here: str, index: int, node: CodeNode) -> Iterator[str]:
    match node:
        case FlipOwn():
            yield from _flip(here, index, node)
        case FlipMember():
            yield from _flip_member(here, index, node)
        case PickUpCall():
            yield from _pick_up(here, index, node)
        case CallBack():
            yield from _call_back(here, index, node)
        case FreeHandset():
            yield from _free(here, index, node)
        case _ as never:
            assert_never(never)


def _flip(here: str, index: int, node: FlipOwn) -> Iterator[str]:
    line = "${cp_number}" if node.line is None else value(node.line)
    new = value(node.value)
    if is_forward(node.own) and new:
        refused = to_node(here, node.refused)
        yield when(state(coded_key(line)), f"^{ON}$", refused)
        yield when(f"{new}|", f"^line[.]{line}[|]$", refused)
        if node.own is Own.FORWARD_BUSY:
            yield only(state(no_waiting_key(line)), f"^{ON}$", otherwise(here, node.refused))
    yield _write(index, own_key(node.own, line), new)


def _flip_member(here: str, index: int, node: FlipMember) -> Iterator[str]:
    key = member_key("${cp_number}", value(node.group))
    yield only(state(key), "^.+$", otherwise(here, node.refused))
    yield _write(index, key, IN if node.on else OUT)


def _pick_up(here: str, index: int, node: PickUpCall) -> Iterator[str]:
    given = set_all(f"cp_node={index} cp_what=")
    if node.of is None:
        yield always(given, transfer("pickup", CALLS))
        return
    of = value(node.of)
    yield always(given)
    yield when(of, "^line[.](.+)$", set_now("cp_what=$1"), transfer("pickup", CALLS))
    yield only(of, "^group[.](.+)$", set_now("cp_group=$1"), otherwise(here, node.refused))
    members = state(members_key("${cp_group}"))
    yield only(members, "^[0-9]+:(.+)$", set_now("cp_what=$1"), otherwise(here, node.nothing))
    yield in_parts("what", "pickup", CALLS)
    yield always(transfer("pickup", CALLS))


def _call_back(here: str, index: int, node: CallBack) -> Iterator[str]:
    last = f"${{hash(select/{LAST_CALLERS}/${{cp_tenant}}.${{cp_number}})}}"
    yield always(set_all(f"cp_node={index} cp_more={last}"))
    yield when("${cp_more}", EMPTY, to_node(here, node.nobody))
    line = (set_now("cp_key=$1"), transfer("line", "cp-t-${cp_tenant}"))
    yield when("${cp_more}", "^[^:]+:([0-9]+)$", *line)
    yield either("${cp_hides}", EMPTY, set_now(f"cp_cli={state(cli_key('${cp_number}'))}"),
                 set_now("cp_cli=anonymous", unless=True))  # fmt: skip
    yield only("${cp_more}", "^:([+][1-9][0-9]{6,14})$", otherwise(here, node.unknown),
               set_all("cp_key=$1 cp_outward=yes"),
               transfer("own-number", "cp-t-${cp_tenant}"))  # fmt: skip


def _free(here: str, index: int, node: FreeHandset) -> Iterator[str]:
    handset = value(node.handset)
    line, own = state(serves_key(handset)), state(own_line_key(handset))
    nobody = r"^(?:[|].*|([0-9]+)[|]\1)$"
    yield when(f"{line}|{own}", nobody, to_node(here, node.refused))
    yield always(
        set_all(f"cp_node={index} cp_what={handset} cp_how={line}"),
        set_now(f"cp_seen=${{cp_seen}}&{logout_place('${cp_how}', handset)}"),
        transfer("logout", CALLS),
    )


def _write(index: int, key: str, new: str) -> str:
    data = f"cp_node={index} cp_what={key.replace('/', '.')} cp_how={new}"
    seen = f"cp_seen=${{cp_seen}}&{flip_place(key, new)}"
    return always(set_all(data), set_now(seen), transfer("flip", CALLS))

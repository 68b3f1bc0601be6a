"""Nodes that ring, as dialplan: who rings is gathered in cp_what, cp_out and cp_terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controlplane.render.freeswitch.elements import (
    ACTIVE,
    EMPTY,
    always,
    call_of,
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
from controlplane.render.freeswitch.names import CALLS
from controlplane.routing.nodes import (
    LegKind,
    LegRef,
    RingLegs,
    RingLine,
    RingMembers,
    RingNext,
    RingNode,
)
from controlplane.routing.state import (
    ON,
    also_key,
    cli_key,
    members_key,
    not_own_key,
    phones_key,
    prefix_key,
    screen_key,
)

_NOBODY = "cp_what= cp_out= cp_terms= cp_line= cp_screen= cp_shown=${cp_name}"
_ALL = "${cp_what}${cp_out}${cp_terms}"
_NONE = "^&?$"


def begin_ringing(here: str, index: int, node: RingNode) -> Iterator[str]:
    match node:
        case RingLine():
            yield from _ring_line(here, index, node)
        case RingLegs():
            yield always(set_all(_NOBODY))
            for ref in dict.fromkeys(node.legs):
                yield _leg(ref)
            yield when(_ALL, _NONE, to_node(here, node.offline))
            yield from to_ring(index, value(node.seconds))
        case RingMembers():
            held = state(members_key(value(node.group)))
            yield only(held, "^[0-9]+:(.+)$", set_now("cp_members=$1"),
                       otherwise(here, node.offline))  # fmt: skip
            yield in_parts("members", f"m{index}", here)
            yield always(*_members(here, index, node))
        case RingNext():
            yield only("${cp_order}", "^&*([0-9]+)(.*)$",
                       set_all("cp_members=$1 cp_order=$2"),
                       set_now("cp_order=", unless=True),
                       otherwise(here, node.exhausted))  # fmt: skip
            yield always(*_members(here, index, node))


def gathered(
    here: str, index: int, node: RingLine | RingMembers | RingNext
) -> Iterator[tuple[str, Sequence[str]]]:
    """The extensions to which a call comes back with all legs."""
    match node:
        case RingLine():
            yield f"s{index}", tuple(_beside(here, index, node))
            nobody = when(_ALL, _NONE, to_node(here, node.offline))
            yield f"t{index}", (nobody, *to_ring(index, "${cp_seconds}"))
        case RingMembers():
            yield f"m{index}", (always(*_members(here, index, node)),)
            yield f"t{index}", tuple(_group(here, index, node, node.offline))
        case RingNext():
            yield f"t{index}", tuple(_group(here, index, node, index))


def to_ring(index: int, seconds: str) -> Iterator[str]:
    yield always(set_all(f"cp_how={seconds} cp_node={index}"), transfer("ring", CALLS))


def _ring_line(here: str, index: int, node: RingLine) -> Iterator[str]:
    line = value(node.line)
    own = f"cp_what=&{state(phones_key(line))} cp_out= cp_terms= cp_screen= cp_shown=${{cp_name}}"
    yield always(set_all(f"{own} cp_line={line}"))
    more = "".join(map(state, (not_own_key(ACTIVE), screen_key(ACTIVE), also_key(ACTIVE))))
    # Nothing more, and the phones are not in parts.
    yield only(f"{more}${{cp_what}}", "^&[^~]*$", transfer(f"s{index}", here, unless=True))
    yield when("${cp_what}", _NONE, to_node(here, node.offline))
    yield from to_ring(index, "${cp_seconds}")


def _beside(here: str, index: int, node: RingLine) -> Iterator[str]:
    line = value(node.line)
    yield in_parts("what", f"s{index}", here)
    yield either(state(not_own_key(ACTIVE)), f"^{ON}$", set_now("cp_what="))
    screened = f"${{cp_trusted}}|{state(screen_key(ACTIVE))}"
    yield either(screened, f"^[|]{ON}$", set_now(f"cp_screen={ON}"))
    also = f"cp_rest={state(also_key(ACTIVE))} cp_shows={state(cli_key(line))} cp_on= cp_confirms="
    yield always(*call_of("targets", f"t{index}", here, also, unless=False))


def _members(here: str, index: int, node: RingMembers | RingNext) -> tuple[str, str]:
    """The legs of the lines in cp_members."""
    terms = node.terms
    on = "0:0:1" if terms.idle_only else ""
    how = f"cp_idle={on} cp_follow={ON if terms.follow else ''} cp_group={value(node.group)}"
    return (
        set_all(f"{_NOBODY} {how} cp_done=t{index} cp_done_in={here}"),
        transfer("members", CALLS),
    )


def _group(here: str, index: int, node: RingMembers | RingNext, nobody: int) -> Iterator[str]:
    yield in_parts("what", f"t{index}", here)
    yield when(_ALL, _NONE, to_node(here, nobody))
    yield always(set_now(f"cp_prefix={state(prefix_key(value(node.group)))}"))
    yield either("${cp_prefix}", "^.", set_now("cp_shown=${cp_prefix}%20${cp_name}"))
    yield either("${cp_name}", EMPTY, set_now("cp_shown=${cp_prefix}"))
    yield from to_ring(index, value(node.seconds))


def _leg(ref: LegRef) -> str:
    key = value(ref.key)
    match ref.kind:
        case LegKind.HANDSET:
            return always(set_now(f"cp_what={key}"))
        case LegKind.TRUNK:
            return always(set_now(f"cp_out={key}/{value(ref.number)}"))

"""Routines as dialplan: a context each, `n<i>` where node i begins, `a<i>` after its step.

What a node does in the dialplan is what `controlplane.calls.walk` does with it. What most calls
find at a node leads on within one extension; what is rare goes to another one: `g<i>` with what
was found of the caller, `p<i>` with the rule that was picked, `f<i>` to forward, `s<i>` with
whatever rings beside a line, and `t<i>` with all legs together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from controlplane.model.group import Strategy
from controlplane.render.freeswitch.dialled import begin_dialled
from controlplane.render.freeswitch.elements import (
    ACTIVE,
    EMPTY,
    always,
    call_of,
    context,
    either,
    extension,
    in_parts,
    only,
    set_all,
    set_now,
    state,
    to_node,
    transfer,
    value,
    when,
)
from controlplane.render.freeswitch.names import CALLS, routine_context
from controlplane.render.freeswitch.record import hangup_extension
from controlplane.render.freeswitch.ringing import begin_ringing, gathered, to_ring
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
    answering_key,
    cli_key,
    dnd_key,
    forward_key,
    guard_key,
    members_key,
)


def routine_dialplan(routine: Routine) -> str:
    """Entered at its last node by whoever set cp_routine and cp_args."""
    return context(routine_context(routine.name), _Nodes(routine).extensions())


class _Nodes:
    def __init__(self, routine: Routine) -> None:
        self._nodes = routine.nodes
        self._here = routine_context(routine.name)

    def extensions(self) -> Iterator[str]:
        for index, node in enumerate(self._nodes):
            yield extension(f"n{index}", *self._from(index))
            for name, conditions in self._further(index, node):
                yield extension(name, *conditions)
            if after := tuple(self._after(index, node)):
                yield extension(f"a{index}", *after)

    def _to(self, index: int) -> str:
        return to_node(self._here, index)

    def _from(self, index: int) -> Iterator[str]:
        """The conditions of a node, and of those that most calls find behind it."""
        following: int | None = index
        while following is not None:
            conditions, following = self._begin(following)
            yield from conditions

    def _begin(self, index: int) -> tuple[Sequence[str], int | None]:
        """The conditions that come to the node's step, or go on to other nodes; and the node that
        follows where none of them did."""
        node = self._nodes[index]
        match node:
            case Visit():
                return tuple(self._visit(node)), node.then
            case CheckCaller():
                return (self._check_caller(index, node),), node.then
            case PickRule():
                return (self._pick_rule(index, node),), node.then
            case IfDoNotDisturb():
                own = state(dnd_key(f"line/{value(node.line)}"))
                on = when(f"${{cp_trusted}}|${{cp_quiet}}{own}", "^[|].*1", self._to(node.yes))
                return (on,), node.no
            case Forward():
                forward = transfer(f"f{index}", self._here, unless=True)
                return (only(_target(node), EMPTY, forward),), node.unset
            case OrderMembers():
                return tuple(self._order(index, node)), None
            case RingLine() | RingLegs() | RingMembers() | RingNext():
                return tuple(begin_ringing(self._here, index, node)), None
            case FlipOwn() | FlipMember() | PickUpCall() | CallBack() | FreeHandset():
                return tuple(begin_dialled(self._here, index, node)), None
            case LeaveMessage():
                data = f"cp_what={value(node.mailbox)} cp_how={node.greeting.value} cp_node={index}"
                return (always(set_all(data), transfer("voicemail", CALLS)),), None
            case Announce():
                data = f"cp_what={node.prompt.value} cp_node={index}"
                return (always(set_all(data), transfer("play", CALLS)),), None
            case TakeOwn():
                return (), node.then
            case (
                AskPin()
                | ChoosePin()
                | AskLine()
                | AskTarget()
                | Menu()
                | OpenBox()
                | BindHandset()
            ):
                # Nobody is there who looks at PINs.
                return (always(self._to(node.away)),), None
            case AskCode():
                return (always(set_now(f"cp_node={index}"), transfer("authorise", CALLS)),), None
            case Jump():
                return (always(set_now(f"cp_to={value(node.to)}"), transfer("jump", CALLS)),), None
            case Release():
                return (always(transfer(hangup_extension(node.cause), CALLS)),), None
            case _ as never:
                assert_never(never)

    def _visit(self, node: Visit) -> Iterator[str]:
        place = value(node.place)
        again = f"&{place}&|^(?:&[^&]+){{{MOST_PLACES}}}"
        yield when("${cp_seen}&", again, self._to(node.again))
        yield always(set_now(f"cp_seen=${{cp_seen}}&{place}"))

    def _check_caller(self, index: int, node: CheckCaller) -> str:
        guard = state(guard_key(value(node.line)))
        look = call_of("guard", f"g{index}", self._here, f"cp_rest={guard}")
        return only(guard, EMPTY, set_now("cp_trusted="), *look)

    def _pick_rule(self, index: int, node: PickRule) -> str:
        line = value(node.line)
        answering = state(answering_key(line))
        plain = f"cp_active=line.{line} cp_paths=$1 cp_seconds=$2 cp_quiet="
        look = call_of("rules", f"p{index}", self._here, f"cp_rules={answering} cp_whose={line}")
        return only(answering, "^([0-9]+)&::([0-9]+)$", set_all(plain), *look)

    def _further(self, index: int, node: Node) -> Iterator[tuple[str, Sequence[str]]]:
        match node:
            case CheckCaller():
                yield f"g{index}", tuple(self._judged(node))
            case PickRule():
                found = (
                    "cp_active=${cp_found} cp_paths=${cp_number_of_paths} cp_seconds=${cp_ring} "
                    f"cp_quiet={state(dnd_key('${cp_found}'))}"
                )
                yield f"p{index}", (always(set_all(found)), *self._from(node.then))
            case Forward():
                yield f"f{index}", tuple(self._forward(index, node))
                yield f"t{index}", (self._nobody(node.failed), *to_ring(index, "${cp_seconds}"))
            case OrderMembers():
                yield f"w{index}", tuple(self._in_order(index, node))
                yield f"p{index}", tuple(self._from(node.then))
            case RingLine() | RingMembers() | RingNext():
                yield from gathered(self._here, index, node)
            case _:
                return

    def _judged(self, node: CheckCaller) -> Iterator[str]:
        yield when("${cp_verdict}", "^fast-busy$", self._to(node.fast_busy))
        yield when("${cp_verdict}", "^message$", self._to(node.message))
        yield either(
            "${cp_verdict}",
            "^allow$",
            set_now("cp_trusted=1"),
            set_now("cp_trusted=", unless=True),
        )
        yield from self._from(node.then)

    def _forward(self, index: int, node: Forward) -> Iterator[str]:
        line = value(node.line)
        yield always(set_all(f"cp_to={_target(node)} cp_cli={state(cli_key(line))}"))
        together = (
            "cp_what= cp_out= cp_terms= cp_on= cp_line= cp_screen= cp_shown=${cp_name} cp_confirms="
        )
        gather = call_of(
            "targets", f"t{index}", self._here, f"{together} cp_rest=${{cp_to}}", unless=False
        )
        yield when("${cp_to}", "&", *gather)
        yield always(transfer("jump", CALLS))

    def _nobody(self, otherwise: int) -> str:
        return when("${cp_what}${cp_out}${cp_terms}", "^&?$", self._to(otherwise))

    def _order(self, index: int, node: OrderMembers) -> Iterator[str]:
        held = state(members_key(value(node.group)))
        yield only(held, "^([0-9]+):(.+)$", set_all("cp_count=$1 cp_order=$2"),
                   set_now("cp_order=", unless=True),
                   transfer(f"p{index}", self._here, unless=True))  # fmt: skip
        yield in_parts("order", f"w{index}", self._here)
        yield from self._in_order(index, node)

    def _in_order(self, index: int, node: OrderMembers) -> Iterator[str]:
        match node.strategy:
            case Strategy.RING_ALL | Strategy.LINEAR:
                yield always(transfer(f"p{index}", self._here))
                return
            case Strategy.RANDOM:
                order = "random"
            case Strategy.ROUND_ROBIN | Strategy.LONGEST_IDLE | Strategy.FEWEST_CALLS:
                # Who was idle for longest, or took fewest calls, no dialplan knows.
                order = "in-turn"
            case _ as never:
                assert_never(never)
        given = f"cp_group={value(node.group)}"
        yield always(*call_of(order, f"p{index}", self._here, given, unless=False))

    def _after(self, index: int, node: Node) -> Iterator[str]:
        """Where the call goes with cp_outcome; nothing for a node that is no step."""
        match node:
            case RingLine() | RingLegs() | RingMembers():
                yield from self._after_ringing(node)
            case RingNext():
                yield always(self._to(index))
            case Forward():
                yield always(self._to(node.failed))
            case LeaveMessage():
                yield when("${cp_outcome}", "^operator$", transfer("to-operator", CALLS))
                yield always(self._to(node.then))
            case FlipOwn() | FlipMember() | FreeHandset() | Announce() | OpenBox():
                yield always(self._to(node.then))
            case AskPin() | ChoosePin() | AskLine() | AskTarget() | Menu():
                yield always(self._to(node.away))
            case PickUpCall():
                yield always(self._to(node.nothing))
            case CallBack():
                # Looked up once more.
                yield always(self._to(index))
            case AskCode():
                seen = set_now(f"cp_seen=${{cp_seen}}&{code_place('${cp_code}')}")
                yield when("${cp_outcome}", "^right$", seen, self._to(node.right))
                yield always(self._to(node.wrong))
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

    def _after_ringing(self, node: RingLine | RingLegs | RingMembers) -> Iterator[str]:
        yield when("${cp_outcome}", "^busy$", self._to(node.busy))
        yield when("${cp_outcome}", "^offline$", self._to(node.offline))
        yield always(self._to(node.no_answer))


def _target(node: Forward) -> str:
    return state(forward_key(ACTIVE, node.occasion))

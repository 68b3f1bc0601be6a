"""What passes between the dialplan and the driver as text: questions in, steps out (pure)."""

from __future__ import annotations

import re
from typing import assert_never

from controlplane.calls.call import Call, Decision, FromHandset, FromTrunk, Point
from controlplane.live.driver import Ended, Entered, Question
from controlplane.live.errors import ProtocolError
from controlplane.render.asterisk.escape import packed, unpacked
from controlplane.render.asterisk.names import leg
from controlplane.render.asterisk.record import (
    GREETINGS,
    POINT,
    SOUNDS,
    join_args,
    join_seen,
    split_args,
    split_seen,
)
from controlplane.routing.steps import CallerId, Outcome, Play, Ring, TrunkLeg, Voicemail


def read_question(args: tuple[str, ...], caller: CallerId) -> Question:
    """The arguments of the dialplan's `Stasis()`; `caller` is what the channel says of itself.

    Raises ProtocolError where the dialplan that runs is none of ours.
    """
    match args:
        case ("enter", tenant, "handset", name, called):
            return Entered(tenant, Call(called, FromHandset(name)))
        case ("enter", tenant, "trunk", name, called):
            return Entered(tenant, Call(called, FromTrunk(name, _unescaped(caller))))
        case ("outcome", outcome, tenant, point):
            return _ended(outcome, tenant, point.split("|"))
        case _:
            raise ProtocolError("Stasis() was called in a way we do not know")


def _unescaped(caller: CallerId) -> CallerId:
    r"""Asterisk leaves the escapes of a quoted name (RFC 3261, 25.1) in it: `\"` and `\\`."""
    return CallerId(caller.number, re.sub(r"\\(.)", r"\1", caller.name))


def _ended(outcome: str, tenant: str, fields: list[str]) -> Ended:
    if len(fields) != len(POINT) or not fields[2].isdecimal() or outcome not in set(Outcome):
        raise ProtocolError("the outcome of a step is not as we wrote it")
    flow, routine, node, args, seen, cli, number, name = fields
    point = Point(flow, routine, int(node), split_args(args), split_seen(seen), cli)
    caller = CallerId(unpacked(number), unpacked(name))
    return Ended(tenant, caller, point, Outcome(outcome))


def write_step(tenant: str, step: Ring | Voicemail | Play, decision: Decision) -> tuple[str, str]:
    """The context that carries the step out, and the record it reads."""
    cli = decision.point.cli
    match step:
        case Ring():
            legs = "&".join(leg(tenant, one) for one in step.legs)
            # What the legs show outside is what the call shows from now on.
            cli = next((one.cli for one in step.legs if isinstance(one, TrunkLeg)), cli)
            fields = (legs, str(step.seconds), step.caller.name)
            return "cp-ring", _record(fields, cli, decision)
        case Voicemail():
            fields = (step.mailbox, GREETINGS[step.greeting], "")
            return "cp-voicemail", _record(fields, cli, decision)
        case Play():
            return "cp-play", _record((SOUNDS[step.prompt], "", ""), cli, decision)
        case _ as never:
            assert_never(never)


def write_point(decision: Decision) -> str:
    """Where the call stands at `decision`, in the order of POINT."""
    return _point(decision, decision.point.cli)


def _record(fields: tuple[str, str, str], cli: str, decision: Decision) -> str:
    """In the order of STEP."""
    first = map(packed, ("0", *fields, decision.caller.number, cli))
    return ",".join((*first, _point(decision, cli)))


def _point(decision: Decision, cli: str) -> str:
    """In the order of POINT."""
    point, caller = decision.point, decision.caller
    fields = (
        point.flow,
        point.routine,
        str(point.node),
        join_args(point.args),
        join_seen(point.seen),
        cli,
        caller.number,
        caller.name,
    )
    return "|".join(map(packed, fields))

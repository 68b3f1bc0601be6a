"""What passes between the dialplan and the driver as text: questions in, steps out (pure)."""

from __future__ import annotations

import re
from typing import NamedTuple, assert_never

from controlplane.calls.call import Active, Call, Decision, FromHandset, FromTrunk, Point
from controlplane.live.ari.messages import ChannelCreated
from controlplane.live.driver import Ended, Entered, Question
from controlplane.live.errors import ProtocolError
from controlplane.render.asterisk.escape import packed_fields, unpacked
from controlplane.render.asterisk.names import endpoint_of, leg
from controlplane.render.asterisk.record import (
    GREETINGS,
    POINT,
    RING_CONTEXT,
    SOUNDS,
    Dialled,
    Given,
    called_group,
    join_args,
    join_seen,
    split_args,
    split_seen,
    written,
)
from controlplane.routing.state import ON
from controlplane.routing.steps import (
    TOLD,
    Authorise,
    CallerId,
    Collect,
    Flip,
    LastCaller,
    Leg,
    LogIn,
    LogOut,
    OpenMailbox,
    Outcome,
    PickUp,
    Play,
    Ring,
    TrunkLeg,
    Voicemail,
)


class Written(NamedTuple):
    """A step as the dialplan takes it."""

    context: str
    extension: str
    record: str


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
        case ("outcome", outcome, tenant, point, digits):
            return _ended(outcome, tenant, point.split("|"))._replace(digits=digits)
        case _:
            raise ProtocolError("Stasis() was called in a way we do not know")


_DIALLED = re.compile("[^0-9+*#]")
"""What the dialplan leaves out of what was dialled."""


def foreseen(event: ChannelCreated) -> Question | None:
    """What a call that came in is going to ask; None for a channel that asks nothing."""
    called = _DIALLED.sub("", event.exten)
    caller = CallerId(event.caller_number, event.caller_name)
    match event.context, endpoint_of(event.name):
        case "cp-internal", (tenant, name) if called:
            return Entered(tenant, Call(called, FromHandset(name)))
        case "cp-trunk", ("trunk", tenant, name) if called:
            return Entered(tenant, Call(called, FromTrunk(name, _unescaped(caller))))
        case _:
            return None


def _unescaped(caller: CallerId) -> CallerId:
    r"""Asterisk leaves the escapes of a quoted name (RFC 3261, 25.1) in it: `\"` and `\\`."""
    return CallerId(caller.number, re.sub(r"\\(.)", r"\1", caller.name))


def _ended(outcome: str, tenant: str, fields: list[str]) -> Ended:
    if len(fields) != len(POINT) or outcome not in TOLD:
        raise ProtocolError("the outcome of a step is not as we wrote it")
    if not all(it.isdecimal() for it in (fields[2], fields[9] or "0", fields[10] or "0")):
        raise ProtocolError("the outcome of a step is not as we wrote it")
    flow, routine, node, args, seen, cli, number, name = fields[:8]
    prefix, seconds, paths, trusted, order = fields[8:]
    active = Active(prefix, int(seconds or 0), int(paths or 0), trusted == ON)
    point = Point(
        flow,
        routine,
        int(node),
        split_args(args),
        split_seen(seen),
        cli,
        active,
        split_args(order),
    )
    caller = CallerId(unpacked(number), unpacked(name))
    return Ended(tenant, caller, point, Outcome(outcome))


Executed = (
    Ring
    | Voicemail
    | Play
    | Flip
    | Collect
    | OpenMailbox
    | Authorise
    | PickUp
    | LastCaller
    | LogIn
    | LogOut
)
"""All but a release."""


def write_step(tenant: str, step: Executed, decision: Decision) -> Written:
    """Where the step is carried out, and the record it reads."""
    match step:
        case Ring():
            return _write_ring(tenant, step, decision)
        case Voicemail():
            how, caller = GREETINGS[step.greeting], decision.caller
            given = Given("s", step.mailbox, how, caller.name, caller.number)
            return _write("cp-voicemail", given, decision)
        case Play():
            return _write("cp-play", Given("s", SOUNDS[step.prompt]), decision)
        case Collect():
            again = SOUNDS[step.again] if step.again else ""
            how = f"{step.most}~{step.seconds}~{again}"
            said = "&".join(SOUNDS[it] for it in (step.told, step.prompt) if it)
            return _write("cp-collect", Given("s", said, how), decision)
        case OpenMailbox():
            return _write("cp-mailbox", Given("s", step.mailbox), decision)
        case Authorise():
            return _write("cp-authorise", Given("s"), decision)
        case PickUp():
            return _write("cp-pickup", Given("s", "&".join(step.lines)), decision)
        case LastCaller():
            return _write("cp-last", Given("s", step.line), decision)
        case Flip():
            return _write("cp-flip", Given("s", step.key, step.value), decision)
        case LogOut():
            return _write("cp-logout", Given("s", step.handset, step.line), decision)
        case LogIn():
            raise ValueError("an engine logs nobody in")
        case _ as never:
            assert_never(never)


def _write_ring(tenant: str, step: Ring, decision: Decision) -> Written:
    dialled = _dialled(tenant, step)
    if step.screen:
        kind = "screen"
    elif dialled.idle:
        kind = "idle"
    else:
        kind = "line" if step.line else "s"
    given = Given(
        kind,
        dialled.what,
        str(step.seconds),
        step.caller.name,
        decision.caller.number,
        # Those of all legs that carry none of their own are the same.
        next(filter(None, map(_shown, step.legs)), ""),
        called_group(tenant, step.line) if step.line else "",
        str(step.paths),
        dialled.idle,
        dialled.later,
    )
    return _write(RING_CONTEXT, given, decision)


def _dialled(tenant: str, step: Ring) -> Dialled:
    if not step.terms:
        return Dialled("&".join([leg(tenant, one) for one in step.legs]))
    legs = ((leg(tenant, one), step.terms_of(one), _shown(one)) for one in step.legs)
    return written(legs, step.seconds)


def _shown(one: Leg) -> str:
    return one.cli if isinstance(one, TrunkLeg) else ""


def write_point(decision: Decision) -> str:
    """Where the call stands at `decision`, in the order of POINT."""
    return _point(decision)


def _write(context: str, given: Given, decision: Decision) -> Written:
    return Written(context, given.kind, f"0,{packed_fields(given, ',')},{_point(decision)}")


def _point(decision: Decision) -> str:
    """In the order of POINT."""
    point, caller = decision.point, decision.caller
    active = point.active
    fields = (
        point.flow,
        point.routine,
        str(point.node),
        join_args(point.args),
        join_seen(point.seen),
        point.cli,
        caller.number,
        caller.name,
        active.prefix,
        str(active.seconds or ""),
        str(active.paths or ""),
        ON if active.trusted else "",
        join_args(point.order),
    )
    return packed_fields(fields, "|")

"""What passes between the dialplan and the driver as text: questions in, steps out (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never

from controlplane.calls.call import Call, Decision, FromHandset, FromTrunk, Point
from controlplane.live.driver import Ended, Entered, Question
from controlplane.live.errors import ProtocolError
from controlplane.render.freeswitch.escape import packed, unpacked, word
from controlplane.render.freeswitch.names import CALLS
from controlplane.render.freeswitch.record import (
    ASK,
    ASKED,
    ASKED_AFTER,
    NEXT,
    hangup_extension,
    join_args,
    join_seen,
    split_args,
    split_seen,
)
from controlplane.routing.steps import (
    CallerId,
    Hangup,
    Outcome,
    PhoneLeg,
    Play,
    Ring,
    TrunkLeg,
    Voicemail,
)

_CHANNEL = re.compile(r"[0-9a-fA-F-]{36}")
_UNSET = "_undef_"


def read_question(text: str) -> Question:
    """What the variable `cp_asked` asks. Raises ProtocolError where it is not as we wrote it."""
    fields = text.split("|", len(ASKED_AFTER))[1:]
    match fields:
        case ["enter", tenant, "handset", handset, called]:
            return Entered(tenant, Call(called, FromHandset(handset)))
        case ["enter", tenant, "trunk", trunk, called, number, name]:
            caller = CallerId(_text(number), _text(name))
            return Entered(tenant, Call(called, FromTrunk(trunk, caller)))
        case [outcome, tenant, *point] if len(fields) == len(ASKED_AFTER):
            return _ended(outcome, tenant, point)
        case _:
            raise ProtocolError("the dialplan asks in a way we do not know")


def asking_channel(text: str) -> str:
    """The channel, of a question of any kind. Raises ProtocolError where there is none."""
    channel = text.partition("|")[0]
    if not _CHANNEL.fullmatch(channel):
        raise ProtocolError("a question comes from no channel of ours")
    return channel


def _ended(outcome: str, tenant: str, fields: Sequence[str]) -> Ended:
    flow, routine, node, seen, cli, number, name, args = fields
    if not (node.isascii() and node.isdecimal()) or outcome not in set(Outcome):
        raise ProtocolError("the outcome of a step is not as we wrote it")
    point = Point(flow, routine, int(node), split_args(args), split_seen(seen), cli)
    return Ended(tenant, CallerId(_text(number), _text(name)), point, Outcome(outcome))


def _text(field: str) -> str:
    return "" if field == _UNSET else unpacked(field)


def write_step(decision: Decision) -> dict[str, str]:
    """The channel variables: where the call goes next, and what is read there."""
    step, point = decision.step, decision.point
    cli, what = point.cli, {"cp_what": "", "cp_out": "", "cp_how": "", "cp_shown": ""}
    match step:
        case Hangup():
            # The point is for the call's history: the dialplan goes on from it no more.
            what = _next(hangup_extension(step.cause))
        case Ring():
            handsets = [one.handset for one in step.legs if isinstance(one, PhoneLeg)]
            outside = [one for one in step.legs if isinstance(one, TrunkLeg)]
            # What the legs show outside is what the call shows from now on.
            cli = next((one.cli for one in outside), cli)
            what["cp_what"] = "&".join(map(word, handsets))
            what["cp_out"] = "&".join(word(f"{one.trunk}/{one.number}") for one in outside)
            what |= {"cp_how": str(step.seconds), "cp_shown": packed(step.caller.name)}
            what |= _next("ring")
        case Voicemail():
            what |= {"cp_what": word(step.mailbox), "cp_how": step.greeting.value}
            what |= _next("voicemail")
        case Play():
            what["cp_what"] = step.prompt.value
            what |= _next("play")
        case _ as never:
            assert_never(never)
    return {**what, **_point(decision, word(cli)), ASK: "yes"}


def _next(extension: str) -> dict[str, str]:
    return {NEXT: f"{extension} XML {CALLS}", ASKED: ""}


def _point(decision: Decision, cli: str) -> dict[str, str]:
    point, caller = decision.point, decision.caller
    return {
        "cp_flow": word(point.flow),
        "cp_routine": word(point.routine),
        "cp_node": str(point.node),
        "cp_args": join_args(map(word, point.args)),
        "cp_seen": join_seen(map(word, point.seen)),
        "cp_cli": cli,
        # It stands in the address of the caller, where a plus is to be one.
        "cp_number": packed(caller.number).replace("%2B", "+"),
        "cp_name": packed(caller.name),
    }

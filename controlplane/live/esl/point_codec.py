"""What passes between the dialplan and the driver as text: questions in, steps out (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never

from controlplane.calls.call import Active, Call, Decision, FromHandset, FromTrunk, Point
from controlplane.live.driver import Ended, Entered, Question
from controlplane.live.errors import ProtocolError
from controlplane.render.freeswitch.escape import packed, unpacked, word
from controlplane.render.freeswitch.names import CALLS
from controlplane.render.freeswitch.record import (
    ASK,
    ASKED,
    ASKED_AFTER,
    DIGITS,
    NEXT,
    STEP,
    hangup_extension,
    join_args,
    join_seen,
    on_terms,
    split_args,
    split_seen,
)
from controlplane.routing.state import ON
from controlplane.routing.steps import (
    PLAIN,
    TOLD,
    Authorise,
    CallerId,
    Collect,
    Flip,
    Hangup,
    LastCaller,
    Leg,
    LogIn,
    LogOut,
    OpenMailbox,
    Outcome,
    PhoneLeg,
    PickUp,
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
    flow, routine, node, seen, cli, number, name, *active, order, digits, args = fields
    if not _is_number(node) or outcome not in TOLD:
        raise ProtocolError("the outcome of a step is not as we wrote it")
    point = Point(
        flow,
        routine,
        int(node),
        split_args(args),
        split_seen(seen),
        cli,
        _active(*active),
        split_seen(order),
    )
    return Ended(tenant, CallerId(_text(number), _text(name)), point, Outcome(outcome), digits)


def _active(prefix: str, seconds: str, paths: str, trusted: str) -> Active:
    for number in (seconds, paths):
        if number and not _is_number(number):
            raise ProtocolError("the answering rule of a call is not as we wrote it")
    slashed = prefix.replace(".", "/", 3)
    return Active(slashed, int(seconds or 0), int(paths or 0), trusted == ON)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _text(field: str) -> str:
    return "" if field == _UNSET else unpacked(field)


def write_step(decision: Decision) -> dict[str, str]:
    """The channel variables: where the call goes next, and what is read there."""
    step, what = decision.step, dict.fromkeys(STEP, "")
    match step:
        case Hangup():
            # The point is for the call's history: the dialplan goes on from it no more.
            what = _next(hangup_extension(step.cause))
        case Ring():
            what |= _ring(step, decision.point.cli) | _next("ring")
        case Voicemail():
            what |= {"cp_what": word(step.mailbox), "cp_how": step.greeting.value}
            what |= _next("voicemail")
        case Play():
            what["cp_what"] = step.prompt.value
            what |= _next("play")
        case Collect():
            again = step.again.value if step.again else ""
            what["cp_what"] = step.prompt.value
            what["cp_how"] = f"{step.most}:{step.seconds}:{again}"
            what["cp_shown"] = step.told.value if step.told else ""
            what |= _next("collect")
        case OpenMailbox():
            what |= {"cp_what": word(step.mailbox)} | _next("mailbox")
        case Authorise():
            what |= _next("authorise")
        case PickUp():
            what |= {"cp_what": "&".join(map(word, step.lines))} | _next("pickup")
        case LastCaller():
            what |= {"cp_what": word(step.line)} | _next("last-caller")
        case Flip():
            key, new = (word(it).replace("/", ".") for it in (step.key, step.value))
            what |= {"cp_what": key, "cp_how": new} | _next("flip")
        case LogOut():
            what |= {"cp_what": word(step.handset), "cp_how": word(step.line)} | _next("logout")
        case LogIn():
            raise ValueError("an engine logs nobody in")
        case _ as never:
            assert_never(never)
    return {**what, **_point(decision), ASK: "yes"}


def _ring(step: Ring, cli: str) -> dict[str, str]:
    phones: list[str] = []
    outside: list[str] = []
    others: list[str] = []
    for leg in step.legs:
        terms, target = step.terms_of(leg), _target(leg)
        shown = leg.cli if isinstance(leg, TrunkLeg) else ""
        if terms != PLAIN or (isinstance(leg, TrunkLeg) and shown != cli):
            others.append(
                on_terms(terms.delay, terms.confirm, terms.idle_only, word(shown), target)
            )
        else:
            (phones if isinstance(leg, PhoneLeg) else outside).append(target)
    return {
        "cp_what": "&".join(phones),
        "cp_out": "&".join(outside),
        "cp_terms": "&".join(others),
        "cp_how": str(step.seconds),
        "cp_shown": packed(step.caller.name),
        "cp_line": word(step.line),
        "cp_screen": ON if step.screen else "",
    }


def _target(leg: Leg) -> str:
    return word(leg.handset if isinstance(leg, PhoneLeg) else f"{leg.trunk}/{leg.number}")


def _next(extension: str) -> dict[str, str]:
    return {NEXT: f"{extension} XML {CALLS}", ASKED: "", DIGITS: ""}


def _point(decision: Decision) -> dict[str, str]:
    point, caller, active = decision.point, decision.caller, decision.point.active
    return {
        "cp_flow": word(point.flow),
        "cp_routine": word(point.routine),
        "cp_node": str(point.node),
        "cp_args": join_args(map(word, point.args)),
        "cp_seen": join_seen(map(word, point.seen)),
        "cp_cli": word(point.cli),
        # It stands in the address of the caller, where a plus is to be one.
        "cp_number": packed(caller.number).replace("%2B", "+"),
        "cp_name": packed(caller.name),
        "cp_active": word(active.prefix).replace("/", "."),
        "cp_seconds": str(active.seconds or ""),
        "cp_paths": str(active.paths or ""),
        "cp_trusted": ON if active.trusted else "",
        "cp_order": "&".join(map(word, point.order)),
    }

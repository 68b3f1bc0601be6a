"""What passes between the dialplan and the driver as text: questions in, steps out (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import assert_never

from controlplane.calls.call import Call, Decision, FromHandset, FromTrunk, Point
from controlplane.live.driver import Ended, Entered, Question
from controlplane.live.errors import ProtocolError
from controlplane.render.freeswitch.escape import packed, unpacked, word
from controlplane.render.freeswitch.names import CALLS, tenant_context
from controlplane.render.freeswitch.record import (
    ASK,
    ASKED_AFTER,
    ASKED_HANDSET,
    ASKED_TRUNK,
    POINT,
    STEP,
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
_NO_NAME = ("", "_undef_")


@dataclass(frozen=True, slots=True)
class Place:
    """An extension of the dialplan that a call can be sent to."""

    extension: str
    context: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The channel that asks, what it asks, and where it goes on if nobody decides."""

    channel: str
    question: Question
    alone: Place


def read_asked(text: str) -> Asked:
    """The value of the channel variable that the dialplan sets before it asks.

    Raises ProtocolError where the dialplan that runs is none of ours.
    """
    channel, *fields = text.split("|", 2 + len(ASKED_AFTER) - 1)
    if not _CHANNEL.fullmatch(channel):
        raise ProtocolError("a question comes from no channel")
    match fields:
        case ["enter", tenant, "handset", handset, called] if len(fields) == len(ASKED_HANDSET):
            question: Question = Entered(tenant, Call(called, FromHandset(handset)))
            return Asked(channel, question, Place("handset", tenant_context(tenant)))
        case ["enter", tenant, "trunk", trunk, called, number, display, name]:
            caller = CallerId(unpacked(number), _caller_name(display, name))
            question = Entered(tenant, Call(called, FromTrunk(trunk, caller)))
            return Asked(channel, question, Place("trunk", tenant_context(tenant)))
        case [outcome, tenant, *point] if outcome in set(Outcome):
            return Asked(channel, _ended(outcome, tenant, point), Place("alone", CALLS))
        case _:
            raise ProtocolError("the dialplan asks in a way we do not know")

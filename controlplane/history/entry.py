"""Entry: a line of a spool as a row of the call log, by what is known of its tenant (pure)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from controlplane.history.legs import Leg, Outside, Phone, Stage, answered_by, stages
from controlplane.history.recordings import names_of
from controlplane.routing.features import code_at, flipped_at
from controlplane.routing.plan import Plan
from controlplane.routing.spool import Mark, SpoolLine
from controlplane.routing.state import WITHHELD, State, serves_key
from controlplane.routing.steps import Cause
from controlplane.store.call_log import CallOutcome, CallRow, Decided, Direction, Role

Known = Mapping[str, tuple[Plan, State]]
"""Plan and state by tenant. A call of a tenant that is gone is kept with what its line tells."""

_OUTCOMES: Mapping[int, CallOutcome] = {
    Cause.BUSY: CallOutcome.BUSY,
    Cause.NO_ANSWER: CallOutcome.NO_ANSWER,
    Cause.ABSENT: CallOutcome.OFFLINE,
    Cause.UNALLOCATED: CallOutcome.UNKNOWN,
    Cause.REJECTED: CallOutcome.BARRED,
    # Nobody answered, and no message was left: whoever was let in has done what they came for.
    Cause.NORMAL: CallOutcome.SERVED,
}
_RELEASE = "release"
"""The step of a call that we released; FreeSWITCH names the cause behind it."""

_OPENED = "mailbox"
"""The step of a caller who hears the messages of a mailbox."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def entry(engine: str, line: SpoolLine, known: Known) -> CallRow:
    plan, state = known.get(line["tenant"], (None, {}))
    rang, peer = stages(line), answered_by(line)
    caller_line = _caller_line(line, state)
    released = _released(line)
    path = _path(line, plan)
    outcome = _outcome(line, peer, released, path)
    talking = (line["line"] or _serves(peer, state) or None) if peer else None
    codes = [name for place in _seen(line) if (name := code_at(place))]
    return CallRow(
        engine=engine,
        call=line["call"],
        tenant=line["tenant"],
        direction=_direction(line, plan, rang),
        began=_moment(line.began),
        answered=None if line.answered is None else _moment(line.answered),
        ended=_moment(line.ended),
        number=caller_line or _free(line, line["number"] or line["sent"]),
        name=_free(line, line["name"]),
        line=caller_line,
        handset=line["handset"] or None,
        trunk=line["trunk"] or None,
        dialled=line["dialled"],
        called=_called(line["dialled"], plan),
        path=path,
        rang=tuple(_shown(stage, state) for stage in rang),
        reached=path[-1] if path else None,
        answered_by=_name(peer) if peer else None,
        answered_line=talking,
        outcome=outcome,
        cause=_cause(line, released),
        decided=_decided(line),
        mailbox=line["mailbox"] or None,
        code=codes[-1] if codes else None,
        recording=" ".join(names_of(line["tenant"], line["recording"])) or None,
        recording_fault=None,
        places=frozenset(_places(caller_line, path, rang, state, talking)),
    )


def _moment(microseconds: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def _free(line: SpoolLine, packed: str) -> str:
    """Free text; what could not be unpacked or shown is left out."""
    text = unquote(packed, errors="ignore")
    if line.mark is Mark.MICROSECONDS:
        # FreeSWITCH holds names as the inside of a quoted string of SIP.
        text = re.sub(r"\\(.)", r"\1", text)
    return _CONTROL.sub("", text)


def _caller_line(line: SpoolLine, state: State) -> str | None:
    if not line["handset"]:
        return None
    number = _free(line, line["number"])
    if number == WITHHELD:
        return None
    return number or state.get(serves_key(line["handset"])) or None


def _released(line: SpoolLine) -> int | None:
    """The cause where we released the call."""
    step, _, cause = line["step"].partition("-")
    if step != _RELEASE:
        return None
    return _q850(cause) or _q850(line["cause"])


def _q850(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return number if 0 < number < 127 else None


def _cause(line: SpoolLine, released: int | None) -> int | None:
    """Of a call that was answered or released; who leaves gives no reason."""
    if released is not None or line["peer"] or line["mailbox"]:
        return released or _q850(line["cause"])
    return None


def _outcome(
    line: SpoolLine, peer: Leg | None, released: int | None, path: tuple[str, ...]
) -> CallOutcome:
    if peer is not None:
        return CallOutcome.ANSWERED
    if path and flipped_at(path[-1]):
        return CallOutcome.FLIPPED
    if line["mailbox"]:
        return CallOutcome.VOICEMAIL
    if line["step"] == _OPENED:
        return CallOutcome.SERVED
    if not line["step"].startswith(_RELEASE):
        return CallOutcome.GONE
    return _OUTCOMES.get(released or 0, CallOutcome.FAILED)


def _decided(line: SpoolLine) -> Decided:
    if line["lost"]:
        return Decided.BOTH
    if line["asked"]:
        return Decided.LIVE
    return Decided.STATIC if line["routine"] or line["step"] else Decided.NOBODY


def _direction(line: SpoolLine, plan: Plan | None, rang: tuple[Stage, ...]) -> Direction:
    if not line["handset"]:
        return Direction.IN
    dialled = line["dialled"]
    if plan is None:
        outward = any(isinstance(leg, Outside) for stage in rang for leg in stage.legs)
        return Direction.OUT if outward else Direction.INTERNAL
    if dialled in plan.emergency_numbers:
        return Direction.EMERGENCY
    e164 = None if dialled in plan.extensions else plan.rules.to_e164(dialled)
    return Direction.OUT if e164 and e164 not in plan.numbers else Direction.INTERNAL


def _called(dialled: str, plan: Plan | None) -> str:
    if plan is None or dialled in plan.extensions or dialled in plan.emergency_numbers:
        return dialled
    return plan.rules.to_e164(dialled) or dialled


def _seen(line: SpoolLine) -> tuple[str, ...]:
    return tuple(place for place in line["seen"].split("&") if place)


def _path(line: SpoolLine, plan: Plan | None) -> tuple[str, ...]:
    """Where the call was, or else where it was to go, by the number it was for."""
    seen = tuple(place for place in _seen(line) if code_at(place) is None)
    if seen or plan is None:
        return seen
    called = _called(line["dialled"], plan)
    to = plan.extensions.get(called) if line["handset"] else None
    to = to or plan.numbers.get(called)
    return (to,) if to and called not in plan.emergency_numbers else ()


def _serves(leg: Leg | None, state: State) -> str | None:
    return state.get(serves_key(leg.handset)) if isinstance(leg, Phone) else None


def _name(leg: Leg) -> str:
    return leg.handset if isinstance(leg, Phone) else leg.number or leg.trunk


def _shown(stage: Stage, state: State) -> dict[str, Any]:
    return {"outcome": stage.outcome, "legs": [_leg(leg, state) for leg in stage.legs]}


def _leg(leg: Leg, state: State) -> dict[str, str]:
    if isinstance(leg, Outside):
        return {"number": leg.number, "trunk": leg.trunk}
    serves = _serves(leg, state)
    return {"handset": leg.handset} | ({"line": serves} if serves else {})


def _places(
    caller: str | None,
    path: tuple[str, ...],
    rang: tuple[Stage, ...],
    state: State,
    talking: str | None,
) -> Iterator[tuple[str, Role]]:
    if caller:
        yield f"line/{caller}", Role.FROM
    for place in path:
        yield place, Role.TO
    for stage in rang:
        for leg in stage.legs:
            if line := _serves(leg, state):
                yield f"line/{line}", Role.RANG
    if talking:
        yield f"line/{talking}", Role.ANSWERED

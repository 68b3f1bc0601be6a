"""What the messages of a call say happened: seen from the called phone, and from the caller."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.phones.trace import Message, Trace

_ADDRESS = re.compile(
    r'^\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^<"]*?))\s*'
    r"<?(?P<scheme>sips?|tel):(?P<user>[^@>;]*)(?:@(?P<host>[^>;]*))?"
)
_Q850 = re.compile(r"Q\.850\s*;.*?cause\s*=\s*(\d+)", re.IGNORECASE)

EndedBy = Literal["phone", "engine", "nobody"]


@dataclass(frozen=True)
class Identity:
    """A name and number out of From or P-Asserted-Identity; both empty if there is none."""

    display: str = ""
    number: str = ""


@dataclass(frozen=True)
class Observation:
    """One call as the called phone or carrier saw it.

    `called` is the user part of the Request-URI: a phone's account, or the number given to a
    carrier. `at` and `answered_at` are seconds since the epoch. `status` is the final status the
    phone sent (200, 486, 487 ...), None while there is none. `cause` is the Q.850 cause in the
    engine's BYE or CANCEL. `ended_by` "phone" means it refused or hung up, "engine" a CANCEL or
    BYE came.
    """

    called: str
    at: float
    caller: Identity
    asserted: Identity
    privacy: str
    rang: bool
    answered: bool
    answered_at: float | None
    status: int | None
    cause: int | None
    ended_by: EndedBy
    call_id: str
    invite: Message


@dataclass(frozen=True)
class CallResult:
    """One call as the caller saw it.

    `provisional` are the 18x codes in the order they came; `status` the final one (487 after an
    own CANCEL), None if none came. `ring_ms` is the time from the INVITE the engine accepted (the
    one with credentials) to the first 18x, `final_ms` the same to the final response, in
    milliseconds. `seconds` is the time from the answer to the first BYE. `digits` says how many
    SIP INFO digits the engine took.
    """

    provisional: tuple[int, ...]
    status: int | None
    cause: int | None
    answered: bool
    ring_ms: float | None
    final_ms: float | None
    seconds: float | None
    ended_by: EndedBy
    digits: int
    connected: Identity
    call_id: str
    messages: tuple[Message, ...]


def identity(header: str) -> Identity:
    """The name and number of a From, To or P-Asserted-Identity value."""
    found = _ADDRESS.match(header)
    if found is None:
        return Identity()
    quoted = found["quoted"]
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else found["token"].strip()
    return Identity(name, found["user"])


def cause_of(messages: Iterable[Message]) -> int | None:
    """The first Q.850 cause among their Reason headers."""
    for message in messages:
        for name, value in message.headers:
            found = _Q850.search(value) if name == "reason" else None
            if found is not None:
                return int(found[1])
    return None


def _first(messages: Iterable[Message], *, sent: bool, method: str) -> Message | None:
    return next((m for m in messages if m.sent is sent and m.method == method), None)


def _final(messages: Sequence[Message], *, sent: bool) -> Message | None:
    return next(
        (
            m
            for m in messages
            if m.sent is sent
            and m.status is not None
            and m.status >= 200
            and m.answers == "INVITE"
            and not (m.status in (401, 407) and _retried(messages, m))
        ),
        None,
    )


def _retried(messages: Sequence[Message], challenge: Message) -> bool:
    """Whether a later INVITE has the credentials that were asked for."""
    asked = _number(challenge)
    others = (m for m in messages if m.method == "INVITE" and m.sent is not challenge.sent)
    return any(_number(m) > asked for m in others)


def _number(message: Message) -> int:
    """Of its CSeq."""
    number = message.header("cseq").split(" ")[0]
    return int(number) if number.isdecimal() else 0


def observe(messages: Sequence[Message]) -> Observation | None:
    """The call those messages (all of one Call-ID, on the called side) make; None if no call."""
    invite = _first(messages, sent=False, method="INVITE")
    if invite is None:
        return None
    final = _final(messages, sent=True)
    ack = _first(messages, sent=False, method="ACK")
    bye_in = _first(messages, sent=False, method="BYE")
    bye_out = _first(messages, sent=True, method="BYE")
    cancel = _first(messages, sent=False, method="CANCEL")
    status = final.status if final else None
    answered = status == 200 and ack is not None
    ended: EndedBy = "nobody"
    if cancel is not None or (bye_in and (bye_out is None or bye_in.at < bye_out.at)):
        ended = "engine"
    elif bye_out is not None or (status is not None and status >= 300):
        ended = "phone"
    return Observation(
        called=identity(invite.uri).number,
        at=invite.at,
        caller=identity(invite.header("from")),
        asserted=identity(invite.header("p-asserted-identity")),
        privacy=invite.header("privacy"),
        rang=any(m.sent and m.status == 180 for m in messages),
        answered=answered,
        answered_at=final.at if final and answered else None,
        status=status,
        cause=cause_of(m for m in (cancel, bye_in) if m is not None),
        ended_by=ended,
        call_id=invite.call_id,
        invite=invite,
    )


class Calls:
    """All calls in a called side's trace, which grows; each is looked at again if it goes on."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._count = 0
        self._messages: dict[str, list[Message]] = {}
        self._seen: dict[str, Observation | None] = {}

    def seen(self) -> list[Observation]:
        """In the order they came."""
        new = self._trace.after(self._count)
        self._count += len(new)
        for message in new:
            self._messages.setdefault(message.call_id, []).append(message)
        for call in dict.fromkeys(message.call_id for message in new):
            self._seen[call] = observe(self._messages[call])
        return [one for one in self._seen.values() if one is not None]


def call_result(messages: Sequence[Message]) -> CallResult:
    """The call those messages (one caller's whole trace) make."""
    final = _final(messages, sent=False)
    invites = [
        m
        for m in messages
        if m.sent and m.method == "INVITE" and (final is None or m.at <= final.at)
    ]
    # The first copy of the last INVITE: a retransmission does not restart the clock.
    last = next((m for m in invites if m.header("cseq") == invites[-1].header("cseq")), None)
    ringing = [m for m in messages if not m.sent and m.status and 180 <= m.status < 190]
    byes = [m for m in messages if m.method == "BYE"]
    cancelled = _first(messages, sent=True, method="CANCEL") is not None
    answered = final is not None and final.status == 200
    ended: EndedBy = "nobody"
    if byes:
        ended = "phone" if byes[0].sent else "engine"
    elif cancelled:
        ended = "phone"
    elif final is not None and not answered:
        ended = "engine"
    shown = next((m for m in (final, *reversed(ringing)) if m and _asserted(m)), None)
    return CallResult(
        provisional=tuple(m.status for m in ringing if m.status),
        status=final.status if final else None,
        cause=cause_of(m for m in messages if not m.sent),
        answered=answered,
        ring_ms=(ringing[0].at - last.at) * 1000 if ringing and last else None,
        final_ms=(final.at - last.at) * 1000 if final and last else None,
        seconds=byes[0].at - final.at if answered and final and byes else None,
        ended_by=ended,
        digits=sum(1 for m in messages if not m.sent and m.status == 200 and m.answers == "INFO"),
        connected=identity(_asserted(shown)) if shown else Identity(),
        call_id=last.call_id if last else "",
        messages=tuple(messages),
    )


def _asserted(message: Message) -> str:
    return message.header("p-asserted-identity") or message.header("remote-party-id")

"""State: what people flip all day, as keys the engine and the driver hold alike.

An absent key is off or empty. A change of state is one write in the engine's own store:
nothing is rendered or reloaded. Which keys there are is said by the functions here; what the
keys of a phone system hold, by routing/stored.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from controlplane.model.destination import Destination, Kind
from controlplane.model.destination import parse as parse_destination
from controlplane.routing.nodes import Occasion

State = Mapping[str, str]

ON = "1"
IN = "in"
OUT = "out"
WITHHELD = "anonymous"
TIMEZONE = "timezone"
ANONYMOUS = "anonymous"
"""The base that lists every caller without a number."""


class Verdict(StrEnum):
    """What a base of callers says of those it lists."""

    ALLOW = "allow"
    FAST_BUSY = "fast-busy"
    MESSAGE = "message"


def phones_key(line: str) -> str:
    """The names of the handsets that serve the line, joined by `&`. The one where it is logged in
    comes first."""
    return f"line/{line}/phones"


def name_key(line: str) -> str:
    """The display name others see."""
    return f"line/{line}/name"


def cli_key(line: str) -> str:
    """The number shown outside: E.164, or `anonymous`."""
    return f"line/{line}/cli"


def code_key(digest: str) -> str:
    """The name of the authorisation code with this digest, see `code_digest`."""
    return f"code/{digest}"


def code_digest(tenant: str, code: str) -> str:
    """As both engines reckon it too. It keeps a code from being read, not from being guessed by
    who has the store: engines have no slower one."""
    return hashlib.md5(f"{tenant}.{code}".encode(), usedforsecurity=False).hexdigest()


def record_line_key(line: str) -> str:
    """ON where calls to and from the line are recorded."""
    return f"line/{line}/record"


def record_handset_key(handset: str) -> str:
    """ON where calls to and from the handset are recorded, whatever line it serves."""
    return f"handset/{handset}/record"


def zone_key(line: str) -> str:
    """The line's time zone, where it is not that of the tenant."""
    return f"line/{line}/zone"


def answering_key(line: str) -> str:
    """Call paths and the answering rules in order, joined by `&`; a rule is
    `<name>:<time frame>:<seconds>`. The last one is the default rule, of neither name nor frame."""
    return f"line/{line}/answering"


def guard_key(line: str) -> str:
    """Where to look a caller up, joined by `&`: `<base>:<verdict>`. Absent: nowhere."""
    return f"line/{line}/guard"


def lengths_key(base: str) -> str:
    """The lengths of the beginnings listed under a base, longest first, joined by `&`."""
    return f"{base}/lengths"


def listed_key(base: str, caller: str) -> str:
    """ON for a number, or for a beginning as `+4477*`."""
    return f"{base}/is/{caller}"


def prefix_of(line: str, rule: str) -> str:
    """What the keys of an answering rule begin with; the default rule has no name."""
    return f"line/{line}/rule/{rule}" if rule else f"line/{line}"


def dnd_key(prefix: str) -> str:
    return f"{prefix}/dnd"


def forward_key(prefix: str, occasion: Occasion) -> str:
    """Destinations joined by `&`."""
    return f"{prefix}/forward/{occasion}"


def screen_key(prefix: str) -> str:
    return f"{prefix}/screen"


def coded_key(line: str) -> str:
    """ON where calls out ask for an authorisation code: the line cannot be forwarded then."""
    return f"line/{line}/coded"


def no_waiting_key(line: str) -> str:
    """ON where a second call is busy: only then can the line be forwarded when busy."""
    return f"line/{line}/no-waiting"


def not_own_key(prefix: str) -> str:
    """ON where the line's own phones do not ring."""
    return f"{prefix}/not-own"


def also_key(prefix: str) -> str:
    """Who else rings, joined by `&`: `<destination>:<delay in seconds>:<1 to confirm, or 0>`."""
    return f"{prefix}/also"


def serves_key(handset: str) -> str:
    """The extension of the line that the handset answers and calls for."""
    return f"handset/{handset}/line"


def own_line_key(handset: str) -> str:
    """The extension of the line that owns the handset, whoever is logged in there."""
    return f"handset/{handset}/own"


def emergency_key(handset: str) -> str:
    """The caller ID of emergency calls from a handset of which no place is known: that of the line
    that is logged in there. It wins over what is fixed to the handset."""
    return f"handset/{handset}/emergency"


def prefix_key(group: str) -> str:
    """What stands, and a space, before the name of who calls the group."""
    return f"group/{group}/prefix"


def operator_key(mailbox: str) -> str:
    """The destination of a caller who presses 0 instead of leaving a message."""
    return f"mailbox/{mailbox}/operator"


def members_key(group: str) -> str:
    """The extensions of the members, in order, joined by `&`."""
    return f"group/{group}/members"


def member_key(line: str, destination: str) -> str:
    """Whether a member of the group `destination` (`group/sales`) is logged in there: IN or OUT;
    absent for who is no member."""
    return f"line/{line}/{destination}"


def turn_key(group: str) -> str:
    """How often the group was called in turn: a number the engine counts."""
    return f"group/{group}/turn"


class RuleRef(NamedTuple):
    """A rule of a line, as `answering_key` lists it. No `frame`: it always holds."""

    name: str
    frame: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Also:
    to: Destination
    delay: int
    confirm: bool


def split(state: State, key: str) -> tuple[str, ...]:
    text = state.get(key, "")
    return tuple(text.split("&")) if text else ()


def phones_of(state: State, line: str) -> tuple[str, ...]:
    return split(state, phones_key(line))


def forward_of(state: State, prefix: str, occasion: Occasion) -> tuple[Destination, ...]:
    return tuple(map(parse_destination, split(state, forward_key(prefix, occasion))))


def answering_of(state: State, line: str) -> tuple[int, Iterator[RuleRef]]:
    """Call paths, and the rules of a line; KeyError for a line that is none."""
    paths, rules = _answering(state[answering_key(line)])
    return paths, iter(rules)


@lru_cache(maxsize=10_000)
def _answering(text: str) -> tuple[int, tuple[RuleRef, ...]]:
    """Calls wait for it, and most lines are answered as many others are."""
    paths, *rules = text.split("&")
    return int(paths), tuple(map(_rule, rules))


def _rule(text: str) -> RuleRef:
    name, frame, seconds = text.split(":")
    return RuleRef(name, frame, int(seconds))


def also_of(state: State, prefix: str) -> Iterator[Also]:
    for text in split(state, also_key(prefix)):
        to, delay, confirm = text.rsplit(":", 2)
        yield Also(parse_destination(to), int(delay), confirm == ON)


def verdict_on(state: State, line: str, caller: str) -> str:
    """The verdict of the first base that lists the caller, "" where none does."""
    for text in split(state, guard_key(line)):
        base, _, verdict = text.rpartition(":")
        if is_listed(state, base, caller):
            return verdict
    return ""


def is_listed(state: State, base: str, caller: str) -> bool:
    if base == ANONYMOUS:
        return not any(map(str.isdigit, caller))
    if listed_key(base, caller) in state:
        return True
    beginnings = (caller[: int(length)] for length in split(state, lengths_key(base)))
    return any(listed_key(base, f"{it}*") in state for it in beginnings)


def flow_of(destination: Destination) -> tuple[str, str]:
    """The flow a destination means, and the argument it takes ("" for none)."""
    match destination.kind:
        case Kind.LINE | Kind.GROUP:
            return str(destination), ""
        case Kind.MAILBOX | Kind.HANDSET | Kind.EXTERNAL:
            return destination.kind.value, destination.key

"""Legs as either engine writes them in its spool (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from controlplane.render.asterisk.record import NEVER
from controlplane.routing.spool import Mark, SpoolLine


@dataclass(frozen=True, slots=True)
class Phone:
    handset: str


@dataclass(frozen=True, slots=True)
class Outside:
    """`trunk` or `number` is empty where the engine does not tell it."""

    trunk: str
    number: str


Leg = Phone | Outside


@dataclass(frozen=True, slots=True)
class Stage:
    """Legs that rang together; `outcome` is empty where they still rang when the call ended."""

    outcome: str
    legs: tuple[Leg, ...]


def stages(line: SpoolLine) -> tuple[Stage, ...]:
    """In their order. Steps and legs that ring nobody are left out."""
    found = [stage for stage in _ended(line) if stage.outcome in _RINGING and stage.legs]
    last = Stage("", tuple(_legs(line, line["what"].split("&"), _lasted(line))))
    if _rings(line) and last.legs and not (found and found[-1].legs == last.legs):
        found.append(last)
    return tuple(found)


_RINGING = ("busy", "no-answer", "offline")


def _ended(line: SpoolLine) -> Iterator[Stage]:
    for one in line["rang"].split("&"):
        outcome, _, names = one.partition("!")
        # Such a step waits for all legs that are to ring in it.
        yield Stage(outcome, tuple(_legs(line, names.split("!"), NEVER)))


def _rings(line: SpoolLine) -> bool:
    """Whether `what` are legs that rang at the end."""
    if line["peer"]:
        return True
    if line.mark is Mark.MILLISECONDS:
        return line["step"] == "ring"
    return not line["step"] and not line["mailbox"]


def _lasted(line: SpoolLine) -> float:
    """The delays that were over when the last step ended, in seconds."""
    if line.rang_since is None:
        return NEVER
    ended = line.answered or line.ended
    if line.mark is Mark.MILLISECONDS:
        return (ended - line.rang_since) / _SECOND
    # FreeSWITCH counts the seconds of its clock, and waits for one more than the delay.
    return max(0, ended // _SECOND - line.rang_since // _SECOND - 1)


_SECOND = 1_000_000


def _legs(line: SpoolLine, names: list[str], lasted: float) -> Iterator[Leg]:
    """Those whose delay is over within `lasted` seconds."""
    for delay, name in _delayed(names):
        if delay < NEVER and delay <= lasted:
            yield _leg(line, name)


def _delayed(names: list[str]) -> Iterator[tuple[int, str]]:
    """Legs with their delays. A Local leg of Asterisk stands for one of those behind it, which are
    as `5/0/0/<number shown>/PJSIP/acme.A1`; on FreeSWITCH such a leg is `5:A1`."""
    later = [name for name in names if name[:1].isdecimal() and name.count("/") >= _BEFORE_LEG]
    for name in dict.fromkeys(names):
        if found := _LOCAL.fullmatch(name):
            yield from _of_later(later, int(found[1]))
        elif found := _WAITS.fullmatch(name):
            yield int(found[1]), found[2]
        elif name and name not in later:
            yield 0, name


_LOCAL = re.compile(r"(?:Local/)?([0-9]+)@cp-later(?:/n|-.*)")
_WAITS = re.compile(r"([0-9]{1,4}):(.+)")
_BEFORE_LEG = 4


def _of_later(later: list[str], place: int) -> Iterator[tuple[int, str]]:
    if 0 < place <= len(later):
        wait, *_, leg = later[place - 1].split("/", _BEFORE_LEG)
        yield int(wait) if wait.isdecimal() else 0, leg


def _leg(line: SpoolLine, name: str) -> Leg:
    """Asterisk: `PJSIP/acme.A1`, `PJSIP/+44…@trunk.acme.up`; FreeSWITCH: `A1`, `up/+44…`."""
    if line.mark is Mark.MILLISECONDS:
        number, at, account = name.removeprefix("PJSIP/").partition("@")
        if at:
            return Outside(account.removeprefix(f"trunk.{line['tenant']}."), number)
        return Phone(number.removeprefix(f"{line['tenant']}."))
    trunk, slash, number = name.partition("/")
    return Outside(trunk, number) if slash else Phone(name)


def answered_by(line: SpoolLine) -> Leg | None:
    """Asterisk: `acme.A1`, `trunk.acme.uplink`; FreeSWITCH: `acme.A1%cp.phones`, `+44…`."""
    peer, tenant = line["peer"].partition("%")[0], line["tenant"]
    if not peer:
        return None
    if _LOCAL.fullmatch(peer):
        legs = _delayed([peer, *line["what"].split("&")])
        return next((_leg(line, name) for _, name in legs), None)
    if peer.startswith(f"{tenant}."):
        return Phone(peer.removeprefix(f"{tenant}."))
    if peer.startswith(f"trunk.{tenant}."):
        trunk = peer.removeprefix(f"trunk.{tenant}.")
        return next((leg for leg in _outside(line) if leg.trunk == trunk), Outside(trunk, ""))
    return next((leg for leg in _outside(line) if leg.number == peer), Outside("", peer))


def _outside(line: SpoolLine) -> Iterator[Outside]:
    for leg in _legs(line, line["what"].split("&"), NEVER):
        if isinstance(leg, Outside):
            yield leg

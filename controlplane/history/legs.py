"""Legs as either engine writes them in its spool (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
    """In their order. Steps that ring nobody are left out."""
    found = [stage for stage in _ended(line) if stage.outcome in _RINGING]
    last = Stage("", tuple(_legs(line, line["what"].split("&"))))
    if _rings(line) and last.legs and not (found and found[-1].legs == last.legs):
        found.append(last)
    return tuple(found)


_RINGING = ("busy", "no-answer", "offline")


def _ended(line: SpoolLine) -> Iterator[Stage]:
    for one in line["rang"].split("&"):
        outcome, _, names = one.partition("!")
        yield Stage(outcome, tuple(_legs(line, names.split("!"))))


def _rings(line: SpoolLine) -> bool:
    """Whether `what` are legs that rang at the end."""
    if line["peer"]:
        return True
    if line.mark is Mark.MILLISECONDS:
        return line["step"] == "ring"
    return not line["step"] and not line["mailbox"]


def _legs(line: SpoolLine, names: list[str]) -> Iterator[Leg]:
    later = [name for name in names if name[:1].isdecimal() and name.count("/") >= _BEFORE_LEG]
    for name in dict.fromkeys(names):
        if found := _LOCAL.fullmatch(name):
            yield from _of_later(line, later, int(found[1]))
        elif name and name not in later:
            yield _leg(line, name)


_LOCAL = re.compile(r"(?:Local/)?([0-9]+)@cp-later(?:/n|-.*)")
_BEFORE_LEG = 4


def _of_later(line: SpoolLine, later: list[str], place: int) -> Iterator[Leg]:
    """What a Local leg of Asterisk rang: `5/0/0/<number shown>/PJSIP/acme.A1`."""
    if 0 < place <= len(later):
        yield _leg(line, later[place - 1].split("/", _BEFORE_LEG)[-1])


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
    if found := _LOCAL.fullmatch(peer):
        return next(_legs(line, [found[0], *line["what"].split("&")]), None)
    if peer.startswith(f"{tenant}."):
        return Phone(peer.removeprefix(f"{tenant}."))
    if peer.startswith(f"trunk.{tenant}."):
        trunk = peer.removeprefix(f"trunk.{tenant}.")
        return next((leg for leg in _outside(line) if leg.trunk == trunk), Outside(trunk, ""))
    return next((leg for leg in _outside(line) if leg.number == peer), Outside("", peer))


def _outside(line: SpoolLine) -> Iterator[Outside]:
    for leg in _legs(line, line["what"].split("&")):
        if isinstance(leg, Outside):
            yield leg

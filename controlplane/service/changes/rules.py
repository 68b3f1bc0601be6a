"""Answering rules of a line: in their order, the active one marked; added, moved, deleted.

Each change is one of the line, of its rules in order: who changed the line meanwhile is never
overwritten, and of two people who reorder at once the second is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from controlplane.calls.rules import DISABLED, pick
from controlplane.diagnostics import fault
from controlplane.model.answering import DEFAULT_RULE, Answering
from controlplane.model.change import Document
from controlplane.model.documents import document, from_documents
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.frames import zone
from controlplane.routing.identity import zone_of_line
from controlplane.routing.stored import state_of
from controlplane.service.calls.asking import moment
from controlplane.service.changes.setting import Edit, Put, item_at, with_edit
from controlplane.store.store import Store

OWN = (*Answering.model_fields, "ring")
"""What the default rule is made of: these settings of the line itself."""

_OUTSIDE = ("name", "when", "enabled")
_NEEDED = ("settings", "sites", "users", "time_frames")


class Where(StrEnum):
    """Where among the rules; `before` and `after` that of another."""

    FIRST = "first"
    LAST = "last"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Place:
    where: Where
    rule: str = ""


LAST = Place(Where.LAST)


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule as it stands: `settings` beside its name and when it holds; of the default rule
    those of the line. `reason`: why it is active, or is not."""

    name: str
    when: str
    enabled: bool
    active: bool
    reason: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """Those of a line in order, the default rule last. `revision`: the store's when they were
    read. `at`: in the time zone by which they hold. `overruled`: the line is not to be
    disturbed, whatever rule is active."""

    address: str
    revision: int
    at: dt.datetime
    timezone: str
    overruled: bool
    rules: tuple[Standing, ...]


def address_of(line: str) -> str:
    """`acme/101`, `acme/lines/101` or `acme/lines/101/rules` as the address of a line."""
    match line.strip("/").split("/"):
        case [tenant, extension] | [tenant, "lines", extension] | [
            tenant, "lines", extension, "rules"
        ]:  # fmt: skip
            return f"{tenant}/lines/{extension}"
    raise fault("is no line", line, "write TENANT/EXTENSION, as acme/101")


def standing(store: Store, line: str, at: str, now: dt.datetime) -> Rules:
    """`at`: a time by the clock of the line's user; now where it is empty. Raises Faults."""
    address = address_of(line)
    tenant, _, extension = address.split("/")
    snapshot = store.load(tenant)
    if address not in snapshot.documents:
        raise fault("there is no such line", address, f"`ctl get {tenant}/lines` lists them")
    system = _of_line(tenant, extension, snapshot.documents)
    zone_name = zone_of_line(system, extension)
    there = moment(at, zone_name, now)
    picked = pick(compile_plan(system), state_of(system), extension, there.astimezone(dt.UTC))
    said = {note.address.rpartition("/")[2]: note.text for note in picked.notes}
    own = system.lines[extension]
    rules = []
    for rule in own.rules:
        settings = {k: v for k, v in document(rule).items() if k not in _OUTSIDE}
        reason = said.get(rule.name, DISABLED)
        active = rule.enabled and rule.name == picked.name
        rules.append(Standing(rule.name, rule.when, rule.enabled, active, reason, settings))
    settings = {name: value for name, value in document(own).items() if name in OWN}
    settings.setdefault("ring", own.ring)
    reason = "not active: a rule before it is" if picked.name else "active, as no other rule is"
    rules.append(Standing(DEFAULT_RULE, "always", True, not picked.name, reason, settings))
    here = there.astimezone(zone(zone_name))
    overruled = own.do_not_disturb
    return Rules(address, snapshot.revision, here, zone_name, overruled, tuple(rules))


def _of_line(tenant: str, extension: str, documents: Mapping[str, Document]) -> PhoneSystem:
    """As much of the tenant as its rules are judged by: thousands of others tell nothing."""
    line = f"{tenant}/lines/{extension}"
    needed = [it for it in documents if it == line or it.split("/")[1] in _NEEDED]
    return from_documents(tenant, {address: documents[address] for address in needed})


def found(line: Document, name: str, address: str) -> int:
    """The index of a rule, by its name. Raises Faults where it is the default one, or none."""
    if name == DEFAULT_RULE:
        raise fault("the default rule always holds and comes last", address, "name another rule")
    return item_at(line.get("rules", []), name, address)


def adding(
    name: str, when: str, enabled: bool, edits: Mapping[str, Edit], to: Place, address: str
) -> Callable[[Document], Document]:
    """The line with one more rule."""

    def added(line: Document) -> Document:
        rules = line.get("rules", [])
        if name in {DEFAULT_RULE, *(it["name"] for it in rules)}:
            raise fault(f"there is a rule {name!r} already", address, "give it another name")
        rule: Document = {"name": name, "when": when} | ({} if enabled else {"enabled": False})
        for path, edit in edits.items():
            rule = with_edit(rule, path.split("/"), edit, f"{address}/{name}/{path}")
        return {**line, "rules": _placed(rules, rule, to, address)}

    return added


def editing(name: str, edits: Mapping[str, Edit], address: str) -> Callable[[Document], Document]:
    """The line with settings of one rule changed; the settings of the default one are its own."""

    def edited(line: Document) -> Document:
        base = []
        if name != DEFAULT_RULE:
            base = ["rules", str(found(line, name, address))]
        elif wrong := next((it for it in edits if it.split("/")[0] in ("rules", *_OUTSIDE)), ""):
            what = "the default rule always holds, is enabled and comes last"
            raise fault(what, f"{address}/{wrong}", "leave this setting out")
        for path, edit in edits.items():
            line = with_edit(line, [*base, *path.split("/")], edit, f"{address}/{name}/{path}")
        return line

    return edited


def enabling(name: str, enabled: bool, address: str) -> Callable[[Document], Document]:
    if name == DEFAULT_RULE:
        raise fault("the default rule is always enabled", address, "name another rule")
    return editing(name, {"enabled": Put(enabled)}, address)


def moving(name: str, to: Place, address: str) -> Callable[[Document], Document]:
    """The line with one rule elsewhere, the others in their order."""

    def moved(line: Document) -> Document:
        rules = list(line.get("rules", []))
        rule = rules.pop(found(line, name, address))
        if to.rule == name:
            raise fault(f"rule {name!r} cannot go {to.where} itself", address, "name another rule")
        return {**line, "rules": _placed(rules, rule, to, address)}

    return moved


def reordering(names: Sequence[str], address: str) -> Callable[[Document], Document]:
    """The line with all of its rules in this order, at once. The default one may be named, as the
    last. Raises Faults where one is missing, named twice, or not there."""
    wanted = [*names]
    if wanted and wanted[-1] == DEFAULT_RULE:
        wanted.pop()

    def reordered(line: Document) -> Document:
        rules = line.get("rules", [])
        order = [found(line, name, address) for name in wanted]
        if sorted(order) != list(range(len(rules))):
            mend = f"name each once: {', '.join(rule['name'] for rule in rules)}"
            raise fault("this is no order of all the rules", address, mend)
        return {**line, "rules": [rules[index] for index in order]}

    return reordered


def deleting(name: str, address: str) -> Callable[[Document], Document]:
    if name == DEFAULT_RULE:
        mend = "change its settings instead: they are those of the line"
        raise fault("the default rule cannot be deleted", address, mend)

    def deleted(line: Document) -> Document:
        rules = list(line.get("rules", []))
        del rules[found(line, name, address)]
        return {**line, "rules": rules}

    return deleted


def _placed(rules: list[Document], rule: Document, to: Place, address: str) -> list[Document]:
    match to.where:
        case Where.FIRST:
            index = 0
        case Where.LAST:
            index = len(rules)
        case Where.BEFORE if to.rule == DEFAULT_RULE:
            index = len(rules)
        case Where.BEFORE:
            index = found({"rules": rules}, to.rule, address)
        case Where.AFTER:
            index = found({"rules": rules}, to.rule, address) + 1
    return [*rules[:index], rule, *rules[index:]]

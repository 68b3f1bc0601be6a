"""Answering: rules and lists of a line, their time frames, whom they forward to and ring."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.answering import DEFAULT_RULE, Answering
from controlplane.model.checks.context import Context
from controlplane.model.destination import Destination, Kind
from controlplane.model.line import Line

OCCASIONS = ("always", "busy", "unanswered", "offline")
_LIST = "list/"
_ALONE = {Kind.GROUP: "a hunt group", Kind.MAILBOX: "a mailbox"}


def faults(context: Context) -> Iterator[Diagnostic]:
    for extension, line in context.system.lines.items():
        if line.model_fields_set.isdisjoint(_LOOKED_AT):
            continue
        yield from _answering(context, extension, line, f"lines/{extension}", line)
        yield from _rules(context, extension, line)
        for name in ("allowed", "blocked"):
            yield from _callers(context, f"lines/{extension}/{name}", getattr(line, name))


_LOOKED_AT = {"rules", "forward", "also_ring", "ring_own", "allowed", "blocked"}


def _rules(context: Context, extension: str, line: Line) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, rule in enumerate(line.rules):
        place = f"lines/{extension}/rules/{index}"
        if rule.name in seen:
            yield context.fault(
                f"{place}/name",
                f"line {extension} has another rule {rule.name!r}",
                "give each rule of a line a name of its own",
            )
        seen.add(rule.name)
        if rule.name == DEFAULT_RULE:
            yield context.fault(
                f"{place}/name",
                f"{DEFAULT_RULE!r} is what the settings of line {extension} itself are called",
                "give the rule another name",
            )
        if not context.exists("time_frames", rule.when):
            mend = context.suggestions.mend(
                rule.when, context.system.time_frames, "add it under time_frames, or name another"
            )
            yield context.fault(f"{place}/when", f"there is no time frame {rule.when!r}", mend)
        yield from _answering(context, extension, line, place, rule)


def _answering(
    context: Context, extension: str, line: Line, place: str, rule: Answering
) -> Iterator[Diagnostic]:
    """What holds for every rule, the default one included."""
    forward, itself = rule.forward, Destination(Kind.LINE, extension)
    if forward.busy and line.call_waiting:
        yield context.fault(
            f"{place}/forward/busy",
            f"line {extension} has both a forward when busy and call waiting",
            "set call_waiting: no, or remove forward.busy",
        )
    for occasion in OCCASIONS:
        targets: tuple[Destination, ...] = getattr(forward, occasion)
        where = f"{place}/forward/{occasion}"
        if targets and line.authorisation_code:
            yield context.fault(
                where,
                f"line {extension} cannot forward while its authorisation code is on",
                "set authorisation_code: no, or remove the forward",
            )
        for index, target in enumerate(targets):
            if target == itself:
                yield context.fault(
                    f"{where}/{index}",
                    f"line {extension} forwards to itself",
                    "choose another target",
                )
            if len(targets) > 1 and target.kind in _ALONE:
                yield _cannot_ring(context, f"{where}/{index}", target)
    for index, also in enumerate(rule.also_ring):
        where = f"{place}/also_ring/{index}/to"
        if also.to == itself:
            yield context.fault(
                where, f"line {extension} rings itself besides", "remove it, or set ring_own: yes"
            )
        elif also.to.kind in _ALONE:
            yield _cannot_ring(context, where, also.to)
    if not rule.ring_own and not rule.also_ring:
        yield context.fault(
            f"{place}/ring_own",
            f"line {extension} would ring nobody",
            "set ring_own: yes, or name somebody under also_ring",
        )


def _cannot_ring(context: Context, place: str, target: Destination) -> Diagnostic:
    return context.fault(
        place,
        f"{target} is {_ALONE[target.kind]}, which does not ring beside others",
        "make it the only target, or name lines, handsets and outside numbers",
    )


def _callers(context: Context, place: str, callers: tuple[str, ...]) -> Iterator[Diagnostic]:
    for index, caller in enumerate(callers):
        name = caller.removeprefix(_LIST)
        if name != caller and not context.exists("number_lists", name):
            mend = context.suggestions.mend(
                name, context.system.number_lists, "add it under number_lists, or name another"
            )
            yield context.fault(f"{place}/{index}", f"there is no number list {name!r}", mend)

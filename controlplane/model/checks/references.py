"""References: every user, site, line, destination that is named exists."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.answering import Answering
from controlplane.model.checks.answering import OCCASIONS
from controlplane.model.checks.context import Context
from controlplane.model.destination import Destination, Kind

_SINGULAR = {
    "users": "user",
    "sites": "site",
    "lines": "line",
    "groups": "group",
    "handsets": "handset",
}
_COLLECTION = {Kind.LINE: "lines", Kind.HANDSET: "handsets", Kind.GROUP: "groups"}


def faults(context: Context) -> Iterator[Diagnostic]:
    # Of tens of thousands of references nearly all are right: those that are not are sought
    # out first, and what to say about them is put together only then.
    lines, sites = context.system.lines, context.system.sites
    for name, user in context.system.users.items():
        if user.site not in sites:
            yield from _named(context, f"users/{name}/site", "sites", user.site)
    yield from _lines(context)
    for e164, number in context.system.numbers.items():
        if number.site not in sites:
            yield from _named(context, f"numbers/{e164}/site", "sites", number.site)
        if number.to is not None and not _is_line(context, number.to):
            yield from _destination(context, f"numbers/{e164}/to", number.to)
    for name, group in context.system.groups.items():
        for index, member in enumerate(group.members):
            yield from _named(context, f"groups/{name}/members/{index}", "lines", member)
        if group.overflow is not None:
            yield from _destination(context, f"groups/{name}/overflow", group.overflow)
    for key, box in context.system.mailboxes.items():
        if box.operator is not None:
            yield from _destination(context, f"mailboxes/{key}/operator", box.operator)
    for name, handset in context.system.handsets.items():
        if handset.site not in sites:
            yield from _named(context, f"handsets/{name}/site", "sites", handset.site)
        if handset.line not in lines:
            yield from _named(context, f"handsets/{name}/line", "lines", handset.line)
        if handset.login not in lines:
            yield from _named(context, f"handsets/{name}/login", "lines", handset.login)


def _lines(context: Context) -> Iterator[Diagnostic]:
    users, sites = context.system.users, context.system.sites
    for extension, line in context.system.lines.items():
        if line.user not in users:
            yield from _named(context, f"lines/{extension}/user", "users", line.user)
        if line.site not in sites:
            yield from _named(context, f"lines/{extension}/site", "sites", line.site)
        if line.voicemail is not None and line.voicemail.operator is not None:
            place = f"lines/{extension}/voicemail/operator"
            yield from _destination(context, place, line.voicemail.operator)
        if line.model_fields_set.isdisjoint(("forward", "also_ring", "rules")):
            continue
        yield from _answering(context, f"lines/{extension}", line)
        for index, rule in enumerate(line.rules):
            yield from _answering(context, f"lines/{extension}/rules/{index}", rule)


def _answering(context: Context, place: str, rule: Answering) -> Iterator[Diagnostic]:
    for occasion in OCCASIONS:
        for index, target in enumerate(getattr(rule.forward, occasion)):
            if not _is_line(context, target):
                yield from _destination(context, f"{place}/forward/{occasion}/{index}", target)
    for index, also in enumerate(rule.also_ring):
        if not _is_line(context, also.to):
            yield from _destination(context, f"{place}/also_ring/{index}/to", also.to)


def _named(context: Context, place: str, collection: str, key: str | None) -> Iterator[Diagnostic]:
    if key is None or context.exists(collection, key):
        return
    what = _SINGULAR[collection]
    known = getattr(context.system, collection)
    otherwise = f"add it under {collection}, or name another"
    if collection == "lines" and (owner := _owner(context, key)):
        mend = f"{key} is {owner}, and only a line fits here"
    else:
        mend = context.suggestions.mend(key, known, otherwise)
    yield context.fault(place, f"there is no {what} {key!r}", mend)


def _owner(context: Context, extension: str) -> str | None:
    """The group or mailbox that has this extension."""
    if extension in context.system.mailboxes:
        return f"mailbox/{extension}"
    groups = context.system.groups.items()
    return next((f"group/{name}" for name, g in groups if g.extension == extension), None)


def _is_line(context: Context, target: Destination) -> bool:
    """The usual target, and there."""
    return target.kind is Kind.LINE and target.key in context.system.lines


def _destination(context: Context, place: str, target: Destination) -> Iterator[Diagnostic]:
    match target.kind:
        case Kind.EXTERNAL:
            return
        case Kind.MAILBOX:
            yield from _mailbox(context, place, target.key)
        case Kind.LINE if target.key not in context.system.lines and (
            owner := _owner(context, target.key)
        ):
            yield context.fault(place, f"there is no line {target.key!r}", f"write {owner}")
        case _:
            yield from _named(context, place, _COLLECTION[target.kind], target.key)


def _mailbox(context: Context, place: str, key: str) -> Iterator[Diagnostic]:
    system = context.system
    if context.exists("mailboxes", key) or context.is_faulty("lines", key):
        shared = system.mailboxes.get(key)
        if shared is not None and not shared.enabled:
            yield context.fault(place, f"mailbox {key} is off", f"set mailboxes/{key}/enabled: yes")
        return
    line = system.lines.get(key)
    if line is None:
        known = [*system.mailboxes, *(e for e, other in system.lines.items() if other.mailbox)]
        otherwise = "set voicemail: on for that line, or add it under mailboxes"
        mend = context.suggestions.mend(key, known, otherwise)
        yield context.fault(place, f"there is no mailbox {key!r}", mend)
    elif line.mailbox is None:
        yield context.fault(
            place, f"line {key} has no voicemail", f"set voicemail: on under lines/{key}"
        )

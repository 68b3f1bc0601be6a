"""What the keys of the state hold for a phone system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controlplane.model.boxes import mailboxes
from controlplane.model.line import Line, Refusal
from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.actions import do_not_disturb, forwards, ringing, screening
from controlplane.routing.identity import (
    guessed_emergency_number,
    presented_number,
    zone_of_line,
)
from controlplane.routing.state import (
    ANONYMOUS,
    IN,
    ON,
    OUT,
    TIMEZONE,
    WITHHELD,
    Verdict,
    answering_key,
    cli_key,
    code_digest,
    code_key,
    coded_key,
    emergency_key,
    guard_key,
    lengths_key,
    listed_key,
    member_key,
    members_key,
    name_key,
    no_waiting_key,
    operator_key,
    own_line_key,
    phones_key,
    prefix_key,
    prefix_of,
    record_handset_key,
    record_line_key,
    serves_key,
    zone_key,
)

Pairs = Iterator[tuple[str, str]]

ACTIONS = (do_not_disturb, screening, forwards, ringing)

_LIST = "list/"


_REFUSALS = {Refusal.FAST_BUSY: Verdict.FAST_BUSY, Refusal.MESSAGE: Verdict.MESSAGE}


def state_of(system: PhoneSystem) -> dict[str, str]:
    """The state that the model of a tenant asks for."""
    state = {TIMEZONE: system.settings.timezone}
    for name, code in system.settings.authorisation_codes.items():
        state[code_key(code_digest(system.tenant, code))] = name
    state.update(_bindings(system))
    state.update(pair for extension in system.lines for pair in _line(system, extension))
    for name, numbers in system.number_lists.items():
        state.update(_listed(f"{_LIST}{name}", numbers.numbers))
    for key, group in system.groups.items():
        if group.caller_name_prefix:
            state[prefix_key(key)] = group.caller_name_prefix
        if group.members:
            state[members_key(key)] = "&".join(group.members)
        for member in group.members:
            out = member in group.logged_out
            state[member_key(member, f"group/{key}")] = OUT if out else IN
    for extension, box in mailboxes(system):
        if box.operator is not None:
            state[operator_key(extension)] = str(box.operator)
    return state


def _bindings(system: PhoneSystem) -> Pairs:
    phones: dict[str, list[str]] = {}
    for name in sorted(system.handsets, key=lambda it: (system.handsets[it].login is None, it)):
        handset = system.handsets[name]
        if handset.record_calls:
            yield record_handset_key(name), ON
        if handset.line:
            yield own_line_key(name), handset.line
        if number := guessed_emergency_number(system, name):
            yield emergency_key(name), number
        if line := handset.serves:
            phones.setdefault(line, []).append(name)
            yield serves_key(name), line
    for line, names in phones.items():
        yield phones_key(line), "&".join(names)


def _line(system: PhoneSystem, extension: str) -> Pairs:
    line = system.lines[extension]
    yield name_key(extension), display_name(system, extension)
    if line.hide_caller_id:
        yield cli_key(extension), WITHHELD
    elif number := presented_number(system, extension):
        yield cli_key(extension), number
    if (zone := zone_of_line(system, extension)) != system.settings.timezone:
        yield zone_key(extension), zone
    yield answering_key(extension), _answering(line)
    if line.record_calls:
        yield record_line_key(extension), ON
    # Of ten thousand lines most do nothing but ring.
    if line.model_fields_set.isdisjoint(_RARE):
        return
    if line.authorisation_code:
        yield coded_key(extension), ON
    if not line.call_waiting:
        yield no_waiting_key(extension), ON
    yield from _guard(extension, line)
    for name, rule in (("", line), *((it.name, it) for it in line.rules if it.enabled)):
        prefix = prefix_of(extension, name)
        for action in ACTIONS:
            yield from action.stored(prefix, rule)


_RARE = {
    *("rules", "allowed", "blocked", "block_anonymous"),
    *("do_not_disturb", "screening", "forward", "ring_own", "also_ring"),
    *("authorisation_code", "call_waiting"),
}


def _answering(line: Line) -> str:
    paths = line.call_paths if line.call_waiting else 1
    rules = (f"{it.name}:{it.when}:{it.ring or line.ring}" for it in line.rules if it.enabled)
    return "&".join((str(paths), *rules, f"::{line.ring}"))


def _guard(extension: str, line: Line) -> Pairs:
    """Who is allowed anywhere is not blocked; an own list comes before those of the tenant."""
    blocked = _REFUSALS[line.blocked_hear]
    bases: list[str] = []
    for name, verdict, callers in (
        ("allowed", Verdict.ALLOW, line.allowed),
        ("blocked", blocked, line.blocked),
    ):
        lists = [it for it in callers if it.startswith(_LIST)]
        own = [it for it in callers if not it.startswith(_LIST)]
        if own:
            base = f"line/{extension}/{name}"
            bases.append(f"{base}:{verdict}")
            yield from _listed(base, own)
        bases += [f"{it}:{verdict}" for it in lists]
    if line.block_anonymous:
        bases.append(f"{ANONYMOUS}:{blocked}")
    if bases:
        yield guard_key(extension), "&".join(bases)


def _listed(base: str, callers: Sequence[str]) -> Pairs:
    lengths = {len(it) - 1 for it in callers if it.endswith("*")}
    if lengths:
        yield lengths_key(base), "&".join(map(str, sorted(lengths, reverse=True)))
    for caller in callers:
        yield listed_key(base, caller), ON

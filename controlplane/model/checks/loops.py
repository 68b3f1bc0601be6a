"""Loops: forwards and overflows that pass a call round and never let it end.

A line that always forwards passes the call on, a group passes on what nobody answered to its
overflow, and a public number of the tenant leads back in. Where no way on ever stops, that is
a loop; one branch that ends is enough. A line that names itself is left to the line's checks.
"""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.context import Context
from controlplane.model.destination import Destination, Kind
from controlplane.model.phone_system import PhoneSystem

Passing = dict[Destination, tuple[Destination, ...]]
"""What passes calls on without end of its own -> where to."""


def faults(context: Context) -> Iterator[Diagnostic]:
    passing = _passing(context.system)
    endless = _endless(passing)
    reported: set[Destination] = set()
    for start in endless:
        chain: list[Destination] = []
        at = start
        while at not in chain and at not in reported:
            chain.append(at)
            at = next(target for target in passing[at] if target in endless)
        if at in chain:
            circle = chain[chain.index(at) :]
            if len(circle) > 1 or not _names_itself(context.system, at):
                yield _fault(context, circle)
        reported.update(chain)


def _names_itself(system: PhoneSystem, at: Destination) -> bool:
    return at.kind is Kind.LINE and at in system.lines[at.key].forward.always


def _passing(system: PhoneSystem) -> Passing:
    passing: Passing = {}
    for extension, line in system.lines.items():
        if line.forward.always:
            targets = tuple(_inside(system, target) for target in line.forward.always)
            passing[Destination(Kind.LINE, extension)] = targets
    for name, group in system.groups.items():
        if group.overflow is not None:
            passing[Destination(Kind.GROUP, name)] = (_inside(system, group.overflow),)
    return passing


def _inside(system: PhoneSystem, target: Destination) -> Destination:
    """Where a call to one of the tenant's own numbers really goes."""
    if target.kind is Kind.EXTERNAL:
        number = system.numbers.get(target.key)
        if number is not None and number.reachable and number.to is not None:
            return number.to if number.to.kind is not Kind.EXTERNAL else target
    return target


def _endless(passing: Passing) -> dict[Destination, None]:
    """The destinations from which no way on ends, in the order they were written."""
    sources: dict[Destination, list[Destination]] = {}
    for source, targets in passing.items():
        for target in targets:
            sources.setdefault(target, []).append(source)
    ending = [target for target in sources if target not in passing]
    ends = set(ending)
    while ending:
        for source in sources.get(ending.pop(), ()):
            if source not in ends:
                ends.add(source)
                ending.append(source)
    return {source: None for source in passing if source not in ends}


def _fault(context: Context, circle: list[Destination]) -> Diagnostic:
    first = circle[0]
    is_line = first.kind is Kind.LINE
    place = f"lines/{first.key}/forward/always" if is_line else f"groups/{first.key}/overflow"
    if len(circle) == 1:
        message = f"{first} {'always forwards' if is_line else 'overflows'} to itself"
    else:
        message = f"calls go round for ever: {' > '.join(map(str, [*circle, first]))}"
    return context.fault(place, message, "let one of them lead somewhere else")

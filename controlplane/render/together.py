"""Together: the handsets that one call may ring at the same time, by who asks for it (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from controlplane.model.answering import Answering
from controlplane.model.destination import Destination, Kind
from controlplane.model.group import Strategy
from controlplane.model.phone_system import PhoneSystem

_MANY = {"forward", "also_ring", "rules"}


def rung_together(system: PhoneSystem) -> Iterator[tuple[str, frozenset[str]]]:
    """Addresses of lines and groups that ring more than one destination, and all the handsets."""
    phones: dict[str, list[str]] = {}
    for name, handset in system.handsets.items():
        if handset.serves:
            phones.setdefault(handset.serves, []).append(name)
    for extension, own in phones.items():
        if len(own) > 1:
            yield f"{system.tenant}/lines/{extension}", frozenset(own)
    for extension, line in system.lines.items():
        if line.model_fields_set.isdisjoint(_MANY):
            continue
        for place, rule in (("", line), *((f"/rules/{n}", it) for n, it in enumerate(line.rules))):
            for setting, targets in _settings(extension, rule):
                address = f"{system.tenant}/lines/{extension}{place}/{setting}"
                yield address, frozenset(_handsets(targets, phones))
    for key, group in system.groups.items():
        if group.strategy is Strategy.RING_ALL:
            lines = [Destination(Kind.LINE, member) for member in group.members]
            yield f"{system.tenant}/groups/{key}/members", frozenset(_handsets(lines, phones))


def _settings(extension: str, rule: Answering) -> Iterator[tuple[str, Sequence[Destination]]]:
    forward = rule.forward
    if rule.also_ring:
        yield "also_ring", [Destination(Kind.LINE, extension), *(it.to for it in rule.also_ring)]
    for occasion, targets in (
        ("always", forward.always),
        ("busy", forward.busy),
        ("unanswered", forward.unanswered),
        ("offline", forward.offline),
    ):
        if len(targets) > 1:
            yield f"forward/{occasion}", targets


def _handsets(targets: Iterable[Destination], phones: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for target in targets:
        if target.kind is Kind.HANDSET:
            yield target.key
        elif target.kind is Kind.LINE:
            yield from phones.get(target.key, ())
